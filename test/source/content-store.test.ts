import { randomBytes } from 'node:crypto'
import { afterEach, expect, it } from 'vitest'
import { WireStatus } from '../../src/errors.ts'
import { Pattern } from '../../src/pattern/pattern.ts'
import { verifyGroup } from '../../src/protocol/merkle.ts'
import type { RouteMessage } from '../../src/protocol/route-messages.ts'
import { Source } from '../../src/source/source.ts'
import { control } from '../protocol/messages.ts'
import { ask, eventually, Network, type Peer } from '../relay/harness.ts'
import { MemoryStore } from './memory-store.ts'

const SEGMENT_BYTES = 1_000
const SEGMENTS = 20

const network = new Network()
afterEach(() => network.stop())

async function start() {
  const bytes = randomBytes(SEGMENT_BYTES * SEGMENTS - 1)
  const store = new MemoryStore('films/a.mkv', bytes, SEGMENT_BYTES)
  const node = await network.node()
  await new Source({ node, contents: store, clear: true }).start()
  return { bytes, store, node, client: await network.node(false) }
}

function received<K extends RouteMessage['kind']>(peer: Peer, kind: K): (RouteMessage & { kind: K })[] {
  return peer.received.filter((message): message is RouteMessage & { kind: K } => message.kind === kind)
}

const EVERYTHING = control({
  patterns: [{ version: 1, from: 0, pattern: Pattern.parse('A') }],
  credits: [{ route: 0, limitBytes: SEGMENT_BYTES * SEGMENTS }],
  horizon: SEGMENTS
})

it('is all that a source needs: contents that lie in no directory are served, with their hashes', async () => {
  const { bytes, store, node, client } = await start()
  const rootHash = Uint8Array.from(store.item.record.rootHash)
  const peer = await ask(client, node, [], {}, { rootHash, control: EVERYTHING })
  const payload = () => Buffer.concat(received(peer, 'segment').map(segment => segment.payload))
  await peer.until(() => payload().byteLength === bytes.byteLength)
  expect(payload().equals(bytes)).toBe(true)
  const [{ group, leaves, proof }] = received(peer, 'hashes') as [RouteMessage & { kind: 'hashes' }]
  expect(verifyGroup({ rootHash, segmentCount: SEGMENTS, group, leaves, proof })).toBe(true)
  expect(store.openReaders).toBe(1)
  await peer.framed.close()
  await eventually(() => store.openReaders === 0)
})

it('serves the segments of a range, and their groups of hashes', async () => {
  const { bytes, store, node, client } = await start()
  const rootHash = Uint8Array.from(store.item.record.rootHash)
  const [firstSeq, endSeq] = [1, SEGMENTS - 1]
  const peer = await ask(client, node, [], {}, { rootHash, firstSeq, endSeq, control: EVERYTHING })
  await peer.until(() => received(peer, 'segment').some(({ seq, more }) => seq === endSeq - 1 && !more))
  // What comes behind the answer to a test came behind all segments that the source would send.
  peer.send({ kind: 'test', nonce: 1, replyBytes: 1 })
  await peer.first('testReply')
  const payload = Buffer.concat(received(peer, 'segment').map(segment => segment.payload))
  expect(payload.equals(bytes.subarray(SEGMENT_BYTES, endSeq * SEGMENT_BYTES))).toBe(true)
  expect(received(peer, 'hashes')).toHaveLength(1)
})

it('goes on over a route that is opened anew while the one before is still there', async () => {
  const { bytes, store, node, client } = await start()
  const rootHash = Uint8Array.from(store.item.record.rootHash)
  const before = await ask(client, node, [], {}, { rootHash })
  await before.first('opened')
  const after = await ask(client, node, [], {}, { rootHash, control: EVERYTHING })
  expect(await before.first('status')).toMatchObject({ status: WireStatus.taken })
  const payload = () => Buffer.concat(received(after, 'segment').map(segment => segment.payload))
  await after.until(() => payload().byteLength === bytes.byteLength)
  expect(store.openReaders).toBe(1)
  await after.framed.close()
  await eventually(() => store.openReaders === 0)
})

it('says which contents there are not', async () => {
  const { node, client } = await start()
  const peer = await ask(client, node, [], {}, { name: 'films/b.mkv', rootHash: new Uint8Array(0) })
  await peer.until(() => peer.received.length > 0)
  expect(peer.received).toMatchObject([{ kind: 'status', status: WireStatus.unknownContent }])
})
