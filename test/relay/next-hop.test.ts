import { once } from 'node:events'
import { type AddressInfo, createServer } from 'node:net'
import { afterEach, describe, expect, it } from 'vitest'
import { WireStatus } from '../../src/errors.ts'
import type { Hop } from '../../src/protocol/route-messages.ts'
import { RELAY_LIMITS } from '../../src/relay/limits.ts'
import { NextHop } from '../../src/relay/next-hop.ts'
import type { OverlayNode } from '../../src/transport/node.ts'
import { ask, eventually, hopOf, ManualScheduler, Network } from './harness.ts'
import { expectSegments, segments } from './segments.ts'

const STRANGER = '12D3KooWEyoppNCUx8Yx66oV9fJnriXwCcXwDDUA2kj6vnc6iDEp'

const network = new Network()
afterEach(() => network.stop())

/** What a client is told, whatever a relay has found. */
const unreachable = ({ peerId }: Hop) => ({
  status: WireStatus.nextHopUnreachable,
  message: `The next hop ${peerId} cannot be reached`
})

describe('a next hop', () => {
  it('is named when nothing listens there', async () => {
    const { node } = await network.relay()
    const gone = await network.node()
    const hop = hopOf(gone)
    await gone.stop()
    const client = await ask(await network.node(false), node, [hop])
    expect(await client.first('status')).toMatchObject(unreachable(hop))
    expect(await client.closed).toBeUndefined()
  })

  it('is unreachable when it does not speak the protocol', async () => {
    const { node } = await network.relay()
    const stranger = await network.node()
    const client = await ask(await network.node(false), node, [hopOf(stranger)])
    expect(await client.first('status')).toMatchObject(unreachable(hopOf(stranger)))
  })

  it('is unreachable when it never answers', async () => {
    const scheduler = new ManualScheduler()
    const source = await network.source()
    const { node } = await network.relay({ scheduler })
    const client = await ask(await network.node(false), node, [hopOf(source.node)])
    const far = await source.next()
    await far.first('open')
    scheduler.advance(21_000)
    expect(await client.first('status')).toMatchObject(unreachable(hopOf(source.node)))
    expect(await far.closed).toBeInstanceOf(Error)
  })

  it('is unreachable when another node answers in its place, or something else', async () => {
    const { node } = await network.relay()
    const other = await network.source()
    const elsewhere = createServer(socket => socket.on('error', () => {}).end('220 mail.example.org\r\n'))
    await once(elsewhere.listen(0, '127.0.0.1'), 'listening')
    const { port } = elsewhere.address() as AddressInfo
    const [address] = other.node.getMultiaddrs()
    for (const at of [String(address!.decapsulate('/p2p')), `/ip4/127.0.0.1/tcp/${port}`]) {
      const hop = { peerId: STRANGER, addresses: [at] }
      const client = await ask(await network.node(false), node, [hop])
      expect(await client.first('status')).toMatchObject(unreachable(hop))
    }
    elsewhere.close()
  })

  it.each<[string, string[] | undefined, string]>([
    ['is not named', undefined, 'neither a director nor the operator has named it'],
    ['is named without an address', [], 'none of its addresses may be dialled']
  ])('is no less unreachable when it %s, and is not dialled', async (_, addresses, reason) => {
    const source = await network.source()
    const limits = { nextHops: 'known' as const }
    const { node } = await network.relay({ limits, addressesOf: () => addresses })
    const client = await ask(await network.node(false), node, [hopOf(source.node)])
    expect(await client.first('status')).toMatchObject(unreachable(hopOf(source.node)))
    await eventually(() => network.ended().length === 1)
    expect(network.ended()).toMatchObject([{ reason: { message: expect.stringContaining(reason) } }])
    expect(source.node.getConnections()).toEqual([])
  })

  it('is no less unreachable over a connection that stands when it may not be used', async () => {
    const source = await network.source()
    const { node } = await network.relay({ limits: { nextHops: 'known' } })
    await source.node.dial(node.getMultiaddrs())
    const client = await ask(await network.node(false), node, [hopOf(source.node)])
    expect(await client.first('status')).toMatchObject(unreachable(hopOf(source.node)))
  })

  it('is reached over a connection that stands, whatever addresses are named', async () => {
    const source = await network.source()
    const limits = { nextHops: 'known' as const }
    const { node } = await network.relay({ limits, addressesOf: () => [] })
    await source.node.dial(node.getMultiaddrs())
    const hop = { ...hopOf(source.node), addresses: ['/ip4/10.0.0.1/tcp/1'] }
    const client = await ask(await network.node(false), node, [hop])
    await source.opened()
    await client.first('opened')
  })

  it('is dialled at the addresses that a director gives', async () => {
    const source = await network.source()
    const { peerId, addresses } = hopOf(source.node)
    const addressesOf = (asked: string) => (asked === peerId ? addresses : undefined)
    const { node } = await network.relay({ limits: { nextHops: 'known' }, addressesOf })
    const client = await ask(await network.node(false), node, [{ peerId, addresses: [] }])
    await source.opened()
    await client.first('opened')
  })

  it('is waited for with no more tiny frames than with large ones', () => {
    const next = new NextHop({
      node: {} as OverlayNode,
      peerId: STRANGER,
      addresses: [],
      limits: { ...RELAY_LIMITS, controlQueueBytes: 6_500 },
      scheduler: new ManualScheduler(),
      handlers: { onFrame() {}, onEnd() {}, onLost() {}, onRoom() {} }
    })
    const chunk = new Uint8Array(65_536)
    for (let i = 0; i < 100; i++) {
      expect(next.full).toBe(false)
      next.send(chunk.subarray(i, i + 1))
    }
    expect(next.full).toBe(true)
    expect(next.queuedBytes).toBe(100)
  })

  it.each([
    ['no peer id', { peerId: 'nonsense', addresses: [] }],
    ['no address', { peerId: STRANGER, addresses: ['nonsense'] }]
  ])('is the fault of the client when its name is %s', async (_, hop) => {
    const { node } = await network.relay()
    const client = await ask(await network.node(false), node, [hop])
    expect((await client.first('status')).status).toBe(WireStatus.invalidRequest)
  })

  it('is the fault of the client when the path ends at the relay, or comes back to it or to another', async () => {
    const { node } = await network.relay()
    const user = await network.node(false)
    const [a, b] = [hopOf(await network.node()), hopOf(await network.node())]
    for (const hops of [[], [hopOf(node)], [a, hopOf(node)], [a, b, a]]) {
      const client = await ask(user, node, hops)
      expect((await client.first('status')).status).toBe(WireStatus.invalidRequest)
    }
  })

  it('is told at once when it is lost half-way, and what waits is still delivered', async () => {
    const scheduler = new ManualScheduler()
    const { client, far, relay } = await network.openRoute({ maxRateBytesPerSecond: 20_000 }, scheduler)
    await far.sendAll(segments(10, 10_000))
    await eventually(() => relay.stats.queuedBytes > 90_000)
    far.framed.abort(new Error('power cut'))
    await eventually(() => {
      scheduler.advance(10)
      return relay.stats.queuedBytes === 0
    })
    // From here on time stands still: how long the client may take to end its side is not the point.
    await client.closed
    const kinds = client.received.map(({ kind }) => kind)
    expect(await client.first('status')).toMatchObject({ status: WireStatus.nextHopLost })
    expect(kinds.lastIndexOf('segment')).toBeGreaterThan(kinds.indexOf('status'))
    expectSegments(client, 10, 10_000)
    expect(await client.closed).toBeUndefined()
    await eventually(() => network.ended().length === 1)
    expect(network.ended()).toMatchObject([{ reason: { code: 'ERR_NEXT_HOP_LOST' } }])
  })

  it('is lost when its whole node stops', async () => {
    const { client, source } = await network.openRoute()
    await source.node.stop()
    expect((await client.first('status')).status).toBe(WireStatus.nextHopLost)
  })

  it('is lost when it ends the route without a word', async () => {
    const { client, far } = await network.openRoute()
    await far.framed.close()
    expect((await client.first('status')).status).toBe(WireStatus.nextHopLost)
  })

  it('passes on why a source ends a route, and ends', async () => {
    const { client, far } = await network.openRoute()
    far.send({ kind: 'status', status: WireStatus.contentChanged, message: 'it changed', peerId: '' })
    await far.framed.close()
    expect(await client.first('status')).toMatchObject({
      status: WireStatus.contentChanged,
      message: 'it changed'
    })
    expect(await client.closed).toBeUndefined()
    await eventually(() => network.ended().length === 1)
    expect(network.ended()).toMatchObject([{ reason: { wireStatus: WireStatus.contentChanged } }])
  })
})
