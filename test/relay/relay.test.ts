import { afterEach, describe, expect, it } from 'vitest'
import { WireStatus } from '../../src/errors.ts'
import { type Scheduler, systemScheduler } from '../../src/overlay/scheduler.ts'
import { Pattern } from '../../src/pattern/pattern.ts'
import type { RouteMessage } from '../../src/protocol/route-codec.ts'
import type { RelayLimits } from '../../src/relay/limits.ts'
import { ask, dial, eventually, hopOf, ManualScheduler, Network, type Peer } from './harness.ts'
import { control, open } from './open.ts'

const network = new Network()
afterEach(() => network.stop())

function segment(seq: number, payloadBytes = 1_000): RouteMessage {
  const payload = new Uint8Array(payloadBytes)
  for (let i = 0; i < payloadBytes; i++) payload[i] = (seq * 31 + i * 7) & 0xff
  return { kind: 'segment', seq, sentAtUs: seq * 10, repair: false, payload }
}

function* segments(count: number, payloadBytes: number): Generator<RouteMessage> {
  for (let seq = 0; seq < count; seq++) yield segment(seq, payloadBytes)
}

/** A route through one relay with its source's answer on the way. */
async function openRoute(limits: Partial<RelayLimits> = {}, scheduler: Scheduler = systemScheduler) {
  const source = await network.source()
  const { relay, node } = await network.relay({ limits, scheduler })
  const client = await ask(await network.node(false), node, [hopOf(source.node)])
  const far = await source.opened()
  await client.first('opened')
  return { source, relay, node, client, far }
}

function ended() {
  return network.events.filter(event => event.kind === 'routeEnded')
}

/** Every segment in order, byte for byte. */
function expectSegments(peer: Peer, count: number, payloadBytes: number): void {
  const got = peer.received.filter(message => message.kind === 'segment')
  expect(got.map(({ seq }) => seq)).toEqual(Array.from({ length: count }, (_, seq) => seq))
  const same = got.every(message => {
    const sent = segment(message.seq, payloadBytes)
    return sent.kind === 'segment' && Buffer.compare(sent.payload, message.payload) === 0
  })
  expect(same).toBe(true)
}

describe('a route through one relay', () => {
  it('passes the request on without the hop taken, and adds its own limits to the answer', async () => {
    const source = await network.source()
    const { node } = await network.relay({ limits: { maxRateBytesPerSecond: 5e6, maxSessions: 9 } })
    const orders = control({
      patterns: [{ version: 1, from: 0, pattern: Pattern.parse('AAB') }],
      horizon: 40
    })
    const wishes = { control: orders, firstSeq: 4, testBytes: 100 }
    const client = await ask(await network.node(false), node, [hopOf(source.node)], wishes)
    const far = await source.opened()
    const request = await far.first('open')
    expect(request).toMatchObject({ name: 'films/a.mkv', hops: [], firstSeq: 4, testBytes: 100 })
    expect(request.control.patterns[0]?.pattern.toString()).toBe('AAB')
    const opened = await client.first('opened')
    expect([...opened.record]).toEqual([1, 2, 3])
    expect(opened.limits).toHaveLength(1)
    expect(opened.limits[0]).toMatchObject({
      peerId: node.peerId.toString(),
      maxRateBytesPerSecond: 5e6,
      bufferBytes: 1024 * 1024,
      sessions: 1,
      maxSessions: 9
    })
  })

  it('sends what arrives before the source is reached right behind the request, in order', async () => {
    const source = await network.source()
    const { node } = await network.relay()
    const client = await ask(await network.node(false), node, [hopOf(source.node)])
    for (let nonce = 1; nonce <= 20; nonce++) client.send({ kind: 'test', nonce, replyBytes: 8 })
    const far = await source.next()
    await far.until(() => far.received.length === 21)
    expect(far.received.map(message => (message.kind === 'test' ? message.nonce : message.kind))).toEqual([
      'open',
      ...Array.from({ length: 20 }, (_, i) => i + 1)
    ])
  })

  it('carries segments byte for byte, and ends on both sides when the client is done', async () => {
    const { client, far, relay } = await openRoute()
    await far.sendAll(segments(300, 65_536))
    await client.until(() => client.received.length === 301)
    expectSegments(client, 300, 65_536)
    client.send({ kind: 'control', ...control({ done: 300 }) })
    await client.framed.close()
    expect(await client.closed).toBeUndefined()
    expect(await far.closed).toBeUndefined()
    expect(far.received.at(-1)).toMatchObject({ kind: 'control', done: 300 })
    await eventually(() => relay.stats.sessions === 0)
    expect(relay.stats.bytesForwarded).toBeGreaterThan(300 * 65_536)
    expect(ended()).toMatchObject([{ reason: undefined, sessions: 0 }])
  })

  it('holds the source back while the client does not read, in bounded memory, and loses nothing', async () => {
    const { client, far, relay } = await openRoute({ bufferBytes: 256 * 1024 })
    client.framed.pause()
    let sent = 0
    while (relay.stats.queuedBytes < 256 * 1024) {
      if (!far.send(segment(sent++, 65_536))) await new Promise(resolve => setImmediate(resolve))
    }
    while (far.framed.writable) {
      far.send(segment(sent++, 65_536))
      await new Promise(resolve => setImmediate(resolve))
    }
    expect(relay.stats.queuedBytes).toBeLessThan(256 * 1024 + 70_000)
    client.framed.resume()
    await client.until(() => client.received.length === sent + 1)
    expectSegments(client, sent, 65_536)
    expect(relay.stats.queuedBytes).toBe(0)
  })

  it('holds the client back while the source does not read, in bounded memory, and loses nothing', async () => {
    const { client, far, relay } = await openRoute({ controlQueueBytes: 128 * 1024 })
    far.framed.pause()
    const ranges = Array.from({ length: 4_000 }, (_, i) => ({ from: 2e6 + 2 * i, to: 2e6 + 2 * i + 1 }))
    const reassignments = [{ id: 1, fromRoute: 0, toRoute: 1, copy: false, ranges }]
    let sent = 0
    const flood = async (full: () => boolean) => {
      while (!full()) {
        if (client.framed.writable)
          client.send({ kind: 'control', ...control({ reassignments, done: sent++ }) })
        else await new Promise(resolve => setImmediate(resolve))
      }
    }
    const waiting = () => relay.sessions[0]!.queuedUpBytes
    await flood(() => waiting() >= 128 * 1024)
    await flood(() => !client.framed.writable)
    expect(waiting()).toBeLessThan(128 * 1024 + 50_000)
    far.framed.resume()
    await far.until(() => far.received.length === sent + 1)
    const got = far.received.flatMap(message => (message.kind === 'control' ? [message.done] : []))
    expect(got).toEqual(Array.from({ length: sent }, (_, done) => done))
    expect(waiting()).toBe(0)
  })

  it('counts segments by the patterns that pass by', async () => {
    const { client, far, relay } = await openRoute()
    const patterns = [{ version: 1, from: 0, pattern: Pattern.parse('AB') }]
    client.send({ kind: 'control', ...control({ patterns }) })
    await far.first('control')
    far.send({ kind: 'report', patterns: [{ version: 1, from: 2 }], reassigned: [] })
    for (const seq of [0, 2, 4]) far.send(segment(seq))
    await client.until(() => client.received.filter(({ kind }) => kind === 'segment').length === 3)
    expect(relay.sessions).toMatchObject([
      { route: 'A', pattern: 'AB', segments: { scheduled: 2, repairs: 0, unscheduled: 1 } }
    ])
  })

  it('drops the waiting segments that a reassignment takes away, and tells the client how much', async () => {
    const scheduler = new ManualScheduler()
    const { client, far, relay } = await openRoute({ maxRateBytesPerSecond: 20_000 }, scheduler)
    await far.sendAll(segments(12, 10_000))
    await eventually(() => relay.stats.queuedBytes > 110_000)
    const taken = { id: 1, fromRoute: 0, toRoute: 1, copy: true, ranges: [{ from: 4, to: 9 }] }
    client.send({ kind: 'control', ...control({ reassignments: [taken] }) })
    expect((await far.first('control')).reassignments).toMatchObject([taken])
    scheduler.advance(10_000)
    expect(await client.first('dropped')).toMatchObject({ bytes: 50_000, ranges: [{ from: 4, to: 9 }] })
    expect(relay.sessions).toMatchObject([{ droppedBytes: 50_000, queuedBytes: 0 }])
    await client.until(() => client.received.length === 9)
    const arrived = client.received.flatMap(message => (message.kind === 'segment' ? [message.seq] : []))
    expect(arrived).toEqual([0, 1, 2, 3, 9, 10, 11])
  })

  it('shares its rate evenly between routes and stays within it', async () => {
    const rate = 1_000_000
    const scheduler = new ManualScheduler()
    const source = await network.source()
    const { node, relay } = await network.relay({ scheduler, limits: { maxRateBytesPerSecond: rate } })
    const user = await network.node(false)
    const far: Peer[] = []
    for (const route of [0, 1]) {
      await ask(user, node, [hopOf(source.node)], { route })
      far.push(await source.next())
    }
    for (const peer of far) {
      peer.send({ kind: 'opened', record: Uint8Array.of(1), limits: [] })
      for (const message of segments(40, 10_000)) peer.send(message)
    }
    const waiting = () =>
      relay.sessions.reduce((sum, { bytesDown, queuedBytes }) => sum + bytesDown + queuedBytes, 0)
    await eventually(() => waiting() >= 2 * 40 * 10_000)
    for (let i = 0; i < 10; i++) {
      scheduler.advance(10)
      await new Promise(resolve => setImmediate(resolve))
    }
    const [a, b] = relay.sessions.map(({ bytesDown }) => bytesDown)
    expect(a! + b!).toBeGreaterThanOrEqual(rate * 0.1)
    expect(a! + b!).toBeLessThanOrEqual(rate * (0.1 + 0.02) + 11_000)
    // What was sent before the second route came counts for the first: the burst.
    expect(Math.abs(a! - b!)).toBeLessThanOrEqual(rate * 0.02 + 22_000)
  })
})

describe('a route through two relays', () => {
  it('carries everything, and tells the limits of both, the nearest last', async () => {
    const source = await network.source()
    const second = await network.relay()
    const first = await network.relay()
    const hops = [hopOf(second.node), hopOf(source.node)]
    const client = await ask(await network.node(false), first.node, hops)
    const far = await source.opened()
    const { limits } = await client.first('opened')
    expect(limits.map(({ peerId }) => peerId)).toEqual([
      second.node.peerId.toString(),
      first.node.peerId.toString()
    ])
    await far.sendAll(segments(100, 16_384))
    await client.until(() => client.received.length === 101)
    expectSegments(client, 100, 16_384)
    client.send({ kind: 'test', nonce: 3, replyBytes: 0 })
    expect(await far.first('test')).toMatchObject({ nonce: 3 })
    far.send({ kind: 'testReply', nonce: 3, padding: new Uint8Array(9) })
    expect(await client.first('testReply')).toMatchObject({ nonce: 3 })
    await client.framed.close()
    expect(await far.closed).toBeUndefined()
    expect(await client.closed).toBeUndefined()
  })

  it('uses one connection to the next hop for all routes', async () => {
    const source = await network.source()
    const { node } = await network.relay()
    const user = await network.node(false)
    for (const route of [0, 1, 2]) {
      await ask(user, node, [hopOf(source.node)], { route })
      await source.opened()
    }
    expect(source.connections.size).toBe(1)
  })

  it('passes on what a farther relay refuses with', async () => {
    const source = await network.source()
    const second = await network.relay({ limits: { maxSessions: 0 } })
    const first = await network.relay()
    const client = await ask(await network.node(false), first.node, [hopOf(second.node), hopOf(source.node)])
    const status = await client.first('status')
    expect(status.status).toBe(WireStatus.refusedSessions)
    expect(status.peerId).toBe(second.node.peerId.toString())
    expect(await client.closed).toBeUndefined()
  })
})

describe('a relay that refuses', () => {
  async function refusalWith(limits: Partial<RelayLimits>, routes: number) {
    const source = await network.source()
    const { node, relay } = await network.relay({ limits })
    const user = await network.node(false)
    for (let route = 0; route < routes; route++) {
      await (await ask(user, node, [hopOf(source.node)], { route })).first('opened').catch(() => {})
      await source.opened()
    }
    const refused = await ask(user, node, [hopOf(source.node)], { route: routes })
    const { status } = await refused.first('status')
    expect(await refused.closed).toBeUndefined()
    expect(relay.stats).toMatchObject({ sessions: routes, refused: 1 })
    return status
  }

  it.each([
    ['sessions', { maxSessions: 0 }, WireStatus.refusedSessions],
    ['sessions of a peer', { maxSessionsPerPeer: 0 }, WireStatus.refusedPeerSessions],
    ['rate', { maxRateBytesPerSecond: 1_000 }, WireStatus.refusedRate]
  ])('says that it has no more %s, and closes', async (_, limits, expected) => {
    expect(await refusalWith(limits, 0)).toBe(expected)
  })

  it('follows limits that are changed while it runs, and keeps the routes that it has', async () => {
    const scheduler = new ManualScheduler()
    const { client, far, relay, node, source } = await openRoute({ maxRateBytesPerSecond: 20_000 }, scheduler)
    await far.sendAll(segments(10, 10_000))
    await eventually(() => relay.stats.queuedBytes > 90_000)
    relay.setLimits({ maxSessions: 1 })
    await client.until(() => client.received.length === 11)
    expect(relay.limits.maxRateBytesPerSecond).toBeUndefined()
    const refused = await ask(await network.node(false), node, [hopOf(source.node)])
    expect((await refused.first('status')).status).toBe(WireStatus.refusedSessions)
  })

  it('applies the policy of its operator', async () => {
    const source = await network.source()
    const policy = () => ({ status: WireStatus.refusedSessions, message: 'members only' })
    const { node } = await network.relay({ policy })
    const client = await ask(await network.node(false), node, [hopOf(source.node)])
    expect(await client.first('status')).toMatchObject({ message: 'members only' })
    expect(network.events).toMatchObject([{ kind: 'routeRefused', message: 'members only' }])
  })

  it('resets streams beyond those that may wait for an answer', async () => {
    const { node } = await network.relay({ limits: { maxPendingStreams: 0 } })
    const client = await ask(await network.node(false), node, [])
    await client.closed
    expect(client.received).toEqual([])
  })

  it('takes new routes again when one has ended', async () => {
    const { client, node, source, relay } = await openRoute({ maxSessions: 1 })
    await client.framed.close()
    await client.closed
    await eventually(() => relay.stats.sessions === 0)
    const again = await ask(await network.node(false), node, [hopOf(source.node)])
    await source.opened()
    await again.first('opened')
  })
})

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
    const { client, far, relay } = await openRoute({ maxRateBytesPerSecond: 20_000 }, scheduler)
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
    await eventually(() => ended().length === 1)
    expect(ended()).toMatchObject([{ reason: { code: 'ERR_NEXT_HOP_LOST' } }])
  })

  it('is lost when its whole node stops', async () => {
    const { client, source } = await openRoute()
    await source.node.stop()
    expect((await client.first('status')).status).toBe(WireStatus.nextHopLost)
  })

  it('is lost when it ends the route without a word', async () => {
    const { client, far } = await openRoute()
    await far.framed.close()
    expect((await client.first('status')).status).toBe(WireStatus.nextHopLost)
  })

  it('passes on why a source ends a route, and ends', async () => {
    const { client, far } = await openRoute()
    far.send({ kind: 'status', status: WireStatus.contentChanged, message: 'it changed', peerId: '' })
    await far.framed.close()
    expect(await client.first('status')).toMatchObject({
      status: WireStatus.contentChanged,
      message: 'it changed'
    })
    expect(await client.closed).toBeUndefined()
    await eventually(() => ended().length === 1)
    expect(ended()).toMatchObject([{ reason: { wireStatus: WireStatus.contentChanged } }])
  })
})

describe('a client that leaves', () => {
  it('takes its route to the source with it', async () => {
    const { client, far, relay } = await openRoute()
    client.framed.abort(new Error('gone'))
    expect(await far.closed).toBeInstanceOf(Error)
    await eventually(() => relay.stats.sessions === 0)
  })

  it('leaves nothing behind when it goes while the source is being reached', async () => {
    const source = await network.source()
    const { node, relay } = await network.relay()
    const client = await ask(await network.node(false), node, [hopOf(source.node)])
    await eventually(() => relay.stats.sessions === 1)
    client.framed.abort(new Error('gone'))
    await eventually(() => relay.stats.sessions === 0)
    expect(ended()).toHaveLength(1)
  })
})

describe('bad frames', () => {
  /** A second route through the same relay, to see that nothing else suffers. */
  async function withBystander() {
    const route = await openRoute()
    const bystander = await ask(await network.node(false), route.node, [hopOf(route.source.node)], {
      route: 1
    })
    const farBystander = await route.source.opened()
    await bystander.first('opened')
    return {
      ...route,
      expectUnharmed: async () => {
        farBystander.send(segment(1))
        expect(await bystander.first('segment')).toMatchObject({ seq: 1 })
        await eventually(() => route.relay.stats.sessions === 1)
      }
    }
  }

  it.each<[string, (client: Peer) => void, number]>([
    ['garbage', client => client.framed.send(new Uint8Array(50).fill(0xee)), WireStatus.malformed],
    ['an empty frame', client => client.framed.send(new Uint8Array(0)), WireStatus.malformed],
    ['a broken control', client => client.framed.send(Uint8Array.of(2, 255, 255)), WireStatus.malformed],
    ['a segment', client => client.send(segment(1)), WireStatus.unexpectedMessage],
    ['a second open', client => client.send({ kind: 'open', ...open([]) }), WireStatus.unexpectedMessage]
  ])('from a client (%s) end its route with a status', async (_, misbehave, expected) => {
    const { client, far, expectUnharmed } = await withBystander()
    misbehave(client)
    expect((await client.first('status')).status).toBe(expected)
    expect(await far.closed).toBeInstanceOf(Error)
    await client.closed
    await expectUnharmed()
  })

  it.each<[string, (stream: Peer) => void]>([
    ['too large', ({ stream }) => void stream.send(Uint8Array.of(0x7f, 0, 0, 0, 1))],
    [
      'cut off',
      ({ stream }) => {
        stream.send(Uint8Array.of(0, 0, 0, 9, 1))
        void stream.close()
      }
    ]
  ])('from a client (%s) end its route', async (_, misbehave) => {
    const { client, far, expectUnharmed } = await withBystander()
    misbehave(client)
    expect(await client.closed).toBeInstanceOf(Error)
    expect(await far.closed).toBeInstanceOf(Error)
    await expectUnharmed()
  })

  it.each<[string, (far: Peer) => void]>([
    ['garbage', far => far.framed.send(new Uint8Array(50).fill(0xee))],
    ['a segment without content', far => far.framed.send(new Uint8Array(10).fill(9))],
    ['a control', far => far.send({ kind: 'control', ...control() })],
    ['a second opened', far => far.send({ kind: 'opened', record: Uint8Array.of(1), limits: [] })],
    ['too large', ({ stream }) => void stream.send(Uint8Array.of(0x7f, 0, 0, 0, 1))],
    [
      'cut off',
      ({ stream }) => {
        stream.send(Uint8Array.of(0, 0, 0, 9, 1))
        void stream.close()
      }
    ]
  ])('from a source (%s) end the route with a status for the client', async (_, misbehave) => {
    const { client, far, expectUnharmed } = await withBystander()
    misbehave(far)
    expect((await client.first('status')).status).toBe(WireStatus.nextHopLost)
    expect(await far.closed).toBeInstanceOf(Error)
    expect(await client.closed).toBeUndefined()
    await expectUnharmed()
  })

  it('before a route was asked for are answered, and nothing is admitted', async () => {
    const { node, relay } = await network.relay()
    const client = await dial(await network.node(false), node)
    client.send({ kind: 'control', ...control() })
    expect((await client.first('status')).status).toBe(WireStatus.unexpectedMessage)
    expect(relay.stats.admitted).toBe(0)
  })
})

describe('time', () => {
  async function onVirtualTime() {
    const scheduler = new ManualScheduler()
    const source = await network.source()
    const { node, relay } = await network.relay({ scheduler })
    return { scheduler, source, node, relay, user: await network.node(false) }
  }

  it('ends a stream that asks for nothing', async () => {
    const { scheduler, node, user } = await onVirtualTime()
    const client = await dial(user, node)
    let closed = false
    void client.closed.then(() => {
      closed = true
    })
    await eventually(() => {
      scheduler.advance(1_000)
      return closed
    })
    expect(scheduler.nowMs()).toBeGreaterThanOrEqual(10_000)
  })

  it('ends a route on which nothing moves, and tells the client', async () => {
    const { scheduler, source, node, user } = await onVirtualTime()
    const client = await ask(user, node, [hopOf(source.node)])
    const far = await source.opened()
    await client.first('opened')
    scheduler.advance(119_000)
    far.send(segment(1))
    await client.first('segment')
    scheduler.advance(119_000)
    expect(client.received.at(-1)?.kind).toBe('segment')
    scheduler.advance(2_000)
    expect((await client.first('status')).status).toBe(WireStatus.timeout)
    expect(await far.closed).toBeInstanceOf(Error)
  })

  it('does not wait for ever for a refused client to close its side', async () => {
    const { scheduler, node, user } = await onVirtualTime()
    const client = await dial(user, node, { endWithPeer: false })
    client.send({ kind: 'open', ...open([]) })
    await client.until(() => client.ended)
    scheduler.advance(6_000)
    expect(await client.closed).toBeInstanceOf(Error)
  })
})

describe('stopping a relay', () => {
  it('refuses new routes, lets those that run come to their end, and stops then', async () => {
    const { client, far, relay, node, source } = await openRoute()
    const stopped = relay.stop()
    const late = await ask(await network.node(false), node, [hopOf(source.node)])
    expect((await late.first('status')).status).toBe(WireStatus.draining)
    far.send(segment(7))
    expect(await client.first('segment')).toMatchObject({ seq: 7 })
    await client.framed.close()
    await stopped
    expect(relay.stats.sessions).toBe(0)
    expect(node.getProtocols()).not.toContain('/anabranch/route/1.0.0')
  })

  it('ends the routes that take too long with a status', async () => {
    const { client, far, relay } = await openRoute({ drainMs: 1 })
    await relay.stop()
    expect((await client.first('status')).status).toBe(WireStatus.draining)
    expect(await client.closed).toBeUndefined()
    expect(await far.closed).toBeInstanceOf(Error)
    expect(relay.stats.sessions).toBe(0)
  })
})
