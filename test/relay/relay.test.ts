import { afterEach, describe, expect, it } from 'vitest'
import { WireStatus } from '../../src/errors.ts'
import { Pattern } from '../../src/pattern/pattern.ts'
import { decodeRequest, ROUTE_PROTOCOL } from '../../src/protocol/route-codec.ts'
import type { RouteMessage } from '../../src/protocol/route-messages.ts'
import type { Libp2pNode } from '../../src/transport/node.ts'
import { control, opened, plan } from '../protocol/messages.ts'
import { ask, eventually, hopOf, ManualScheduler, Network, type Peer } from './harness.ts'
import { expectSegments, segment, segments } from './segments.ts'

const network = new Network()
afterEach(() => network.stop())

describe('a route through one relay', () => {
  it('passes the request on without the hop taken, and says its own limits before the answer', async () => {
    const source = await network.source()
    const { node } = await network.relay({ limits: { maxRateBytesPerSecond: 5e6, maxSessions: 9 } })
    const orders = control({
      patterns: [{ version: 1, from: 0, pattern: Pattern.parse('AAB') }],
      horizon: 40
    })
    const wishes = { control: orders, firstSeq: 4, testBytes: 100 }
    const client = await ask(await network.node(false), node, [hopOf(source.node)], {}, wishes)
    const far = await source.opened()
    const asked = await far.first('open')
    expect(asked.hops).toEqual([])
    const request = decodeRequest(asked.request)
    expect(request).toMatchObject({ name: 'films/a.mkv', firstSeq: 4, testBytes: 100 })
    expect(request.control.patterns[0]?.pattern.toString()).toBe('AAB')
    const { record } = await client.first('opened')
    expect([...record]).toEqual([1, 2, 3])
    expect(client.received.map(({ kind }) => kind)).toEqual(['relay', 'opened'])
    expect(client.received[0]).toMatchObject({
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
    const { client, far, relay } = await network.openRoute()
    await far.sendAll(segments(300, 65_536))
    await client.until(() => client.segmentCount === 300)
    expectSegments(client, 300, 65_536)
    client.send({ kind: 'control', ...control({ done: 300 }) })
    await client.framed.close()
    expect(await client.closed).toBeUndefined()
    expect(await far.closed).toBeUndefined()
    expect(far.received.at(-1)).toMatchObject({ kind: 'control', done: 300 })
    await eventually(() => relay.stats.sessions === 0)
    expect(relay.stats.bytesForwarded).toBeGreaterThan(300 * 65_536)
    expect(network.ended()).toMatchObject([{ reason: undefined, sessions: 0 }])
  })

  it('holds the source back while the client does not read, in bounded memory, and loses nothing', async () => {
    const { client, far, relay } = await network.openRoute({ bufferBytes: 256 * 1024 })
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
    await client.until(() => client.segmentCount === sent)
    expectSegments(client, sent, 65_536)
    expect(relay.stats.queuedBytes).toBe(0)
  })

  it('holds the client back while the source does not read, in bounded memory, and loses nothing', async () => {
    const { client, far, relay } = await network.openRoute({ controlQueueBytes: 128 * 1024 })
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
    const { client, far, relay } = await network.openRoute()
    const patterns = [{ version: 1, from: 0, pattern: Pattern.parse('AB') }]
    client.send({ kind: 'plan', ...plan({ patterns }) })
    await far.first('plan')
    client.send({ kind: 'plan', ...plan({ patterns: [{ ...patterns[0]!, from: 2 }] }) })
    await far.until(() => far.received.filter(({ kind }) => kind === 'plan').length === 2)
    for (const seq of [0, 2, 4]) far.send(segment(seq))
    await client.until(() => client.segmentCount === 3)
    expect(relay.sessions).toMatchObject([
      { route: 'A', pattern: 'AB', segments: { scheduled: 2, repairs: 0, unscheduled: 1 } }
    ])
  })

  it('drops the waiting segments that a copy takes away, and tells the client how much', async () => {
    const scheduler = new ManualScheduler()
    const { client, far, relay } = await network.openRoute({ maxRateBytesPerSecond: 20_000 }, scheduler)
    await far.sendAll(segments(12, 10_000))
    await eventually(() => relay.stats.queuedBytes > 110_000)
    const drops = [{ id: 1, ranges: [{ from: 4, to: 9 }] }]
    client.send({ kind: 'plan', ...plan({ drops }) })
    expect((await far.first('plan')).drops).toMatchObject(drops)
    scheduler.advance(10_000)
    expect(await client.first('dropped')).toMatchObject({ bytes: 50_000, ranges: [{ from: 4, to: 9 }] })
    expect(relay.sessions).toMatchObject([{ droppedBytes: 50_000, queuedBytes: 0 }])
    await client.until(() => client.segmentCount === 7)
    const arrived = client.received.flatMap(message => (message.kind === 'segment' ? [message.seq] : []))
    expect(arrived).toEqual([0, 1, 2, 3, 9, 10, 11])
  })

  it('passes an answer on while a segment waits until the rate has room for it', async () => {
    const scheduler = new ManualScheduler()
    const { client, far, relay } = await network.openRoute({ maxRateBytesPerSecond: 20_000 }, scheduler)
    await far.sendAll(segments(1, 10_000))
    await eventually(() => relay.stats.queuedBytes > 10_000)
    scheduler.advance(100)
    far.send({ kind: 'testReply', nonce: 7, padding: new Uint8Array(0) })
    expect(await client.first('testReply')).toMatchObject({ nonce: 7 })
    expect(client.received.map(({ kind }) => kind)).not.toContain('segment')
    scheduler.advance(500)
    await client.first('segment')
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
      peer.send(opened())
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
  it('tells the client when what the farther relay got at once had waited for a lost packet', async () => {
    const scheduler = new ManualScheduler()
    const source = await network.source()
    const { node } = await network.relay({ scheduler })
    // Its time stands still: however busy the machine is, it sees no pause.
    const first = await network.relay({ scheduler: new ManualScheduler() })
    const client = await ask(await network.node(false), first.node, [hopOf(node), hopOf(source.node)])
    const far = await source.opened()
    let sent = 0
    const come = async (segments: number, afterMs: number) => {
      scheduler.advance(afterMs)
      for (let i = 0; i < segments; i++) {
        const message = segment(sent++, 65_536)
        far.send({ ...message, sentAtUs: sent * 13_000 } as RouteMessage)
      }
      await client.until(() => client.segmentCount === sent)
    }
    for (let i = 0; i < 20; i++) await come(1, 13)
    await come(5, 65)
    await come(1, 13)
    expect(await client.first('held')).toEqual({ kind: 'held', waitMs: 65 })
    expect(client.received.filter(({ kind }) => kind === 'held')).toHaveLength(1)
  })

  it('carries everything, and tells the limits of both, the nearest last', async () => {
    const source = await network.source()
    const second = await network.relay()
    const first = await network.relay()
    const hops = [hopOf(second.node), hopOf(source.node)]
    const client = await ask(await network.node(false), first.node, hops)
    const far = await source.opened()
    await client.first('opened')
    expect(client.received).toMatchObject([
      { kind: 'relay', peerId: second.node.peerId.toString() },
      { kind: 'relay', peerId: first.node.peerId.toString() },
      { kind: 'opened' }
    ])
    await far.sendAll(segments(100, 16_384))
    await client.until(() => client.segmentCount === 100)
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

describe('a client that leaves', () => {
  it('takes its route to the source with it', async () => {
    const { client, far, relay } = await network.openRoute()
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
    expect(network.ended()).toHaveLength(1)
  })
})

describe('stopping a relay', () => {
  it('refuses new routes, lets those that run come to their end, and stops then', async () => {
    const { client, far, relay, node, source } = await network.openRoute()
    const stopped = relay.stop()
    const late = await ask(await network.node(false), node, [hopOf(source.node)])
    expect((await late.first('status')).status).toBe(WireStatus.draining)
    far.send(segment(7))
    expect(await client.first('segment')).toMatchObject({ seq: 7 })
    await client.framed.close()
    await stopped
    expect(relay.stats.sessions).toBe(0)
    expect((node as Libp2pNode).getProtocols()).not.toContain(ROUTE_PROTOCOL)
  })

  it('ends the routes that take too long with a status', async () => {
    const { client, far, relay } = await network.openRoute({ drainMs: 1 })
    await relay.stop()
    expect((await client.first('status')).status).toBe(WireStatus.draining)
    expect(await client.closed).toBeUndefined()
    expect(await far.closed).toBeInstanceOf(Error)
    expect(relay.stats.sessions).toBe(0)
  })
})
