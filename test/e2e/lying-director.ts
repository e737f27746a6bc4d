import { generateKeyPair } from '@libp2p/crypto/keys'
import { peerIdFromPrivateKey } from '@libp2p/peer-id'
import { WireStatus } from '../../src/errors.ts'
import type { AnswerReply } from '../../src/protocol/director-messages.ts'
import { createNode } from '../../src/transport/node.ts'
import { contentOf } from '../director/cluster.ts'
import { fakeDirector } from '../discovery/fake-director.ts'

/**
 * A program: a director that answers every query with routes over nodes at the addresses that it is
 * given. Its first line of JSON says where it listens.
 */
const [listen, ...addresses] = process.argv.slice(process.argv.indexOf('--') + 2)
const newId = async () => peerIdFromPrivateKey(await generateKeyPair('Ed25519')).toString()
const key = await generateKeyPair('Ed25519')
const { record, recordBytes } = await contentOf('a', key)
const source = peerIdFromPrivateKey(key).toString()
const relays = await Promise.all(
  addresses.map(async address => ({
    peerId: await newId(),
    addresses: [address],
    labels: [],
    capabilities: []
  }))
)
const answer: AnswerReply = {
  kind: 'answer',
  status: WireStatus.ok,
  message: '',
  settling: false,
  holders: [{ peerId: source, addresses, record: recordBytes, capabilities: [] }],
  routes: [
    ...relays.map(relay => ({ relays: [relay], source, costMs: 1 })),
    { relays: [], source, costMs: 1 }
  ],
  gained: [],
  lost: []
}
const node = await createNode({ listen: [listen!] })
const director = await fakeDirector(
  node,
  Array.from({ length: 100 }, () => answer)
)
console.log(JSON.stringify({ event: 'listening', name: record.name, address: director.address }))
