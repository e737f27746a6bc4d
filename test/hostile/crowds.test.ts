import { afterEach, describe, expect, it } from 'vitest'
import { encodeRouteFrame } from '../../src/protocol/route-codec.ts'
import { RELAY_LIMITS } from '../../src/relay/limits.ts'
import { RelayCore } from '../../src/relay/relay-core.ts'
import { admitStream } from '../../src/source/admission.ts'
import { SOURCE_LIMITS } from '../../src/source/limits.ts'
import { Source } from '../../src/source/source.ts'
import type { OverlayNode } from '../../src/transport/node.ts'
import { type Asker, askerAt, countAlike } from '../../src/transport/share.ts'
import { control, open } from '../protocol/messages.ts'
import { Peer } from '../relay/harness.ts'
import { dialRoute } from './hostile-relay.ts'
import { NAME, peerOf, Stage } from './stage.ts'

let stage: Stage | undefined
afterEach(async () => {
  await stage?.stop()
  stage = undefined
})

/** Opens so many streams, says `first` on each, and returns those that are not closed again. */
async function crowd(
  from: OverlayNode,
  to: OverlayNode,
  streams: number,
  first?: Uint8Array
): Promise<Peer[]> {
  const peers = await Promise.all(
    Array.from({ length: streams }, async () => {
      const peer = new Peer(await dialRoute(from, peerOf(to)), { endWithPeer: false })
      if (first) peer.framed.send(first)
      return peer
    })
  )
  return peers
}

/** The first message of a handshake that will never go on. */
async function firstPart(node: OverlayNode, sourceId: string, sessionId: Uint8Array) {
  return await new Promise<Uint8Array<ArrayBuffer>>(resolve => {
    node.services.handshakes.initiate(sourceId, sessionId, new Uint8Array(), bytes =>
      resolve(Uint8Array.from(bytes))
    )
  })
}

/** Askers that want one place after the other, in turn, until none of them gets another. Returns the places taken. */
function fill(askers: readonly Asker[], admits: (asker: Asker) => boolean): number {
  let taken = 0
  for (let before = -1; before < taken; ) {
    before = taken
    for (const asker of askers) if (admits(asker)) taken++
  }
  return taken
}

const identities = (count: number, host: string) =>
  Array.from({ length: count }, (_, i) => askerAt(`peer ${host} ${i}`, `/ip4/${host}/tcp/${1_000 + i}`))
const NEWCOMER = askerAt('newcomer', '/ip4/198.51.100.7/tcp/1')

describe('one identity that opens streams without end', () => {
  it.each(['silent', 'in a handshake'])('%s: the source serves others', async kind => {
    stage = await Stage.start()
    const node = await stage.startNode()
    const sessionId = new Uint8Array(16).fill(3)
    const handshake = await firstPart(node, stage.source.peerId, sessionId)
    const { request: _, ...asked } = open([], { sessionId, handshake, opening: 1 })
    const first = encodeRouteFrame({ kind: 'open', ...asked, request: new Uint8Array() })
    const peers = await crowd(node, stage.node, 300, kind === 'silent' ? undefined : first)
    const honest = (await stage.relay()).peer
    expect((await stage.fetch([honest])).isExact).toBe(true)
    const refused = peers.filter(({ received }) => received.some(({ kind }) => kind === 'status'))
    expect(refused.length).toBe(peers.length - SOURCE_LIMITS.maxPendingStreams / 2)
  })

  it('says nothing on any: a relay serves others', async () => {
    stage = await Stage.start()
    const relay = await stage.relay()
    await crowd(await stage.startNode(), relay.node, 400)
    expect((await stage.fetch([relay.peer])).isExact).toBe(true)
  })

  it('asks for routes to nowhere: a relay serves others', async () => {
    stage = await Stage.start()
    const relay = await stage.relay()
    const hop = { peerId: (await stage.startNode()).peerId.toString(), addresses: ['/ip4/127.0.0.1/tcp/1'] }
    const first = encodeRouteFrame({ kind: 'open', ...open([hop]) })
    await crowd(await stage.startNode(), relay.node, 400, first)
    expect((await stage.fetch([relay.peer])).isExact).toBe(true)
  })
})

describe('two hundred identities of one host', () => {
  const crowdOfHost = identities(200, '203.0.113.5')

  it('get no more than half of the pending streams of a relay', () => {
    const core = new RelayCore({
      peerId: 'relay',
      nextHopOf: () => ({ peerId: 'next', addresses: [] }),
      utcMs: () => 0
    })
    const taken = fill(crowdOfHost, asker => core.accept(asker, 0) !== undefined)
    expect(taken).toBe(RELAY_LIMITS.maxPendingStreams / 2)
    expect(core.accept(NEWCOMER, 0)).toBeDefined()
  })

  it.each([1, SOURCE_LIMITS.neighborShare])('get no more than their share of those of a source', weight => {
    const pending: Asker[] = []
    const admits = (asker: Asker) =>
      admitStream({ ...countAlike(asker, pending), isNeighbor: weight > 1 }, SOURCE_LIMITS) === undefined
    const taken = fill(crowdOfHost, asker => admits(asker) && pending.push(asker) > 0)
    expect(taken).toBe((SOURCE_LIMITS.maxPendingStreams * weight) / (weight + 1))
    expect(admits(NEWCOMER)).toBe(true)
  })
})

describe('a client that does not go when it is refused', () => {
  it('loses its place at the source at once, and is not heard any more', async () => {
    stage = await Stage.start()
    const node = await stage.startNode()
    const contents = stage.catalog
    const source = new Source({ node, contents, clear: true })
    await source.start()
    const first = encodeRouteFrame({
      kind: 'open',
      ...open([], {}, { name: NAME, rootHash: new Uint8Array() })
    })
    const [peer] = await crowd(await stage.startNode(), node, 1, first)
    await peer!.first('opened')
    expect(source.sessions).toBe(1)
    peer!.send({ kind: 'report', source: '', patterns: [], reassigned: [] })
    peer!.send({ kind: 'control', ...control({ horizon: 100, credits: [{ route: 0, limitBytes: 1e9 }] }) })
    expect(await peer!.first('status')).toMatchObject({ status: 200 })
    expect(source.sessions).toBe(0)
    expect(peer!.segmentCount).toBe(0)
  })
})
