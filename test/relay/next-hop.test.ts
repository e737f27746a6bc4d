import { afterEach, describe, expect, it } from 'vitest'
import { WireStatus } from '../../src/errors.ts'
import { ask, eventually, hopOf, ManualScheduler, Network } from './harness.ts'
import { expectSegments, segments } from './segments.ts'

const network = new Network()
afterEach(() => network.stop())

describe('a next hop that fails', () => {
  it('is named when nothing listens there', async () => {
    const { node } = await network.relay()
    const gone = await network.node()
    const hop = hopOf(gone)
    await gone.stop()
    const client = await ask(await network.node(false), node, [hop])
    const status = await client.first('status')
    expect(status.status).toBe(WireStatus.nextHopUnreachable)
    expect(status.message).toContain(hop.peerId)
    expect(await client.closed).toBeUndefined()
  })

  it('is unreachable when it does not speak the protocol', async () => {
    const { node } = await network.relay()
    const stranger = await network.node()
    const client = await ask(await network.node(false), node, [hopOf(stranger)])
    expect((await client.first('status')).status).toBe(WireStatus.nextHopUnreachable)
  })

  it('is unreachable when it never answers', async () => {
    const scheduler = new ManualScheduler()
    const source = await network.source()
    const { node } = await network.relay({ scheduler })
    const client = await ask(await network.node(false), node, [hopOf(source.node)])
    const far = await source.next()
    await far.first('open')
    scheduler.advance(21_000)
    const status = await client.first('status')
    expect(status.status).toBe(WireStatus.nextHopUnreachable)
    expect(status.message).toContain('no answer')
    expect(await far.closed).toBeInstanceOf(Error)
  })

  it.each([
    ['no peer id', { peerId: 'nonsense', addresses: [] }],
    [
      'no address',
      { peerId: '12D3KooWEyoppNCUx8Yx66oV9fJnriXwCcXwDDUA2kj6vnc6iDEp', addresses: ['nonsense'] }
    ]
  ])('is the fault of the client when its name is %s', async (_, hop) => {
    const { node } = await network.relay()
    const client = await ask(await network.node(false), node, [hop])
    expect((await client.first('status')).status).toBe(WireStatus.invalidRequest)
  })

  it('is the fault of the client when the path ends at the relay or comes back to it', async () => {
    const { node } = await network.relay()
    const user = await network.node(false)
    for (const hops of [[], [hopOf(node)]]) {
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
