import { afterEach, describe, expect, it } from 'vitest'
import { WireStatus } from '../../src/errors.ts'
import { KINDS } from '../../src/protocol/route-kinds.ts'
import type { RelayLimits } from '../../src/relay/limits.ts'
import { control, open, opened, plan } from '../protocol/messages.ts'
import { ask, dial, eventually, hopOf, ManualScheduler, Network, type Peer } from './harness.ts'
import { segment, segments } from './segments.ts'

const network = new Network()
afterEach(() => network.stop())

describe('a relay that refuses', () => {
  async function refusalWith(limits: Partial<RelayLimits>, routes: number) {
    const source = await network.source()
    const { node, relay } = await network.relay({ limits })
    const user = await network.node(false)
    for (let route = 0; route < routes; route++) {
      await ask(user, node, [hopOf(source.node)], { route })
      await source.opened()
    }
    const refused = await ask(user, node, [hopOf(source.node)], { route: routes })
    const { status } = await refused.first('status')
    expect(await refused.closed).toBeUndefined()
    expect(relay.stats).toMatchObject({ sessions: routes, refused: 1 })
    return status
  }

  it.each([
    ['sessions', { maxSessions: 0 }, 0, WireStatus.refusedSessions],
    ['sessions of a peer', { maxSessionsPerPeer: 0 }, 0, WireStatus.refusedPeerSessions],
    ['rate', { maxRateBytesPerSecond: 10_000 }, 1, WireStatus.refusedRate]
  ])('says that it has no more %s, and closes', async (_, limits, routes, expected) => {
    expect(await refusalWith(limits, routes)).toBe(expected)
  })

  it('says to a peer that it does not serve no more than that', async () => {
    const source = await network.source()
    const [friend, stranger] = [await network.node(false), await network.node(false)]
    const { node } = await network.relay({ limits: { allowedPeers: [friend.peerId.toString()] } })
    await ask(friend, node, [hopOf(source.node)])
    await source.opened()
    const refused = await ask(stranger, node, [hopOf(source.node)])
    expect((await refused.first('status')).status).toBe(WireStatus.notServed)
  })

  it('ends its routes when the bytes of the day are used up, says when it goes on, and goes on then', async () => {
    let utcMs = Date.UTC(2024, 0, 31, 22)
    const source = await network.source()
    const scheduler = new ManualScheduler()
    const limits = { maxBytesPerDay: 50_000 }
    const { node, relay } = await network.relay({ limits, scheduler, utcMs: () => utcMs })
    const user = await network.node(false)
    const [client, bystander] = [0, 1].map(route => ask(user, node, [hopOf(source.node)], { route }))
    const far = await source.opened()
    await source.opened()
    await (await client!).first('opened')
    await far.sendAll(segments(20, 10_000))
    const used = { status: WireStatus.allowanceUsed, retryAfterMs: 2 * 3_600_000 }
    expect(await (await client!).first('status')).toMatchObject(used)
    expect(await (await bystander!).first('status')).toMatchObject(used)
    expect((await client!).segmentCount).toBeLessThan(6)
    expect(await far.closed).toBeInstanceOf(Error)
    const refused = await ask(user, node, [hopOf(source.node)])
    expect(await refused.first('status')).toMatchObject(used)
    await eventually(() => relay.stats.sessions === 0)
    const told = () => network.events.map(({ kind }) => kind).filter(kind => kind.startsWith('allowance'))
    expect(told()).toEqual(['allowanceUsed'])
    utcMs += 2 * 3_600_000
    scheduler.advance(3_600_000)
    expect(told()).toEqual(['allowanceUsed', 'allowanceBack'])
    const again = await ask(user, node, [hopOf(source.node)])
    await source.opened()
    await again.first('opened')
  })

  it('has its allowance used up from before its start, and tells so when it has started', async () => {
    const scheduler = new ManualScheduler()
    const ledger = { add: () => {}, usedSince: () => 60_000 }
    await network.relay({ limits: { maxBytesPerDay: 50_000 }, scheduler, ledger })
    expect(network.events).toEqual([])
    scheduler.advance(1)
    expect(network.events).toMatchObject([{ kind: 'allowanceUsed', status: WireStatus.allowanceUsed }])
  })

  it('ends the route whose data has waited for longest when its memory is full, and no other', async () => {
    const source = await network.source()
    const limits = { memoryBytes: 600_000, maxRateBytesPerSecond: 20_000 }
    const scheduler = new ManualScheduler()
    const { node, relay } = await network.relay({ limits, scheduler })
    /** Lets a little time pass until `client` has got a message of that kind. */
    const got = (client: Peer, kind: string) =>
      eventually(() => {
        scheduler.advance(10)
        return client.received.some(message => message.kind === kind)
      })
    const clients: Peer[] = []
    for (let route = 0; route < 2; route++) {
      const client = await ask(await network.node(false), node, [hopOf(source.node)], { route })
      clients.push(client)
      const far = await source.opened()
      await got(client, 'opened')
      void far.sendAll(segments(40, 10_000))
      if (route === 0) await eventually(() => relay.stats.queuedBytes > 350_000)
    }
    await got(clients[0]!, 'status')
    expect((await clients[0]!.first('status')).status).toBe(WireStatus.outOfMemory)
    await eventually(() => relay.stats.sessions === 1)
    expect(network.ended()).toMatchObject([{ route: { route: 'A' }, reason: { code: 'ERR_RELAY_MEMORY' } }])
  })

  it('follows limits that are changed while it runs, and keeps the routes that it has', async () => {
    const scheduler = new ManualScheduler()
    const { client, far, relay, node, source } = await network.openRoute(
      { maxRateBytesPerSecond: 20_000 },
      scheduler
    )
    await far.sendAll(segments(10, 10_000))
    await eventually(() => relay.stats.queuedBytes > 90_000)
    relay.setLimits({ maxSessions: 1 })
    await client.until(() => client.segmentCount === 10)
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
    const { client, node, source, relay } = await network.openRoute({ maxSessions: 1 })
    await client.framed.close()
    await client.closed
    await eventually(() => relay.stats.sessions === 0)
    const again = await ask(await network.node(false), node, [hopOf(source.node)])
    await source.opened()
    await again.first('opened')
  })
})

/** What cannot be cut into frames, whoever sends it. */
const UNREADABLE: Array<[string, (sender: Peer) => void]> = [
  ['too large', ({ stream }) => void stream.send(Uint8Array.of(0x7f, 0, 0, 0, 1))],
  [
    'cut off',
    ({ stream }) => {
      stream.send(Uint8Array.of(0, 0, 0, 9, 1))
      void stream.close()
    }
  ]
]

describe('bad frames', () => {
  /** A second route through the same relay, to see that nothing else suffers. */
  async function withBystander() {
    const route = await network.openRoute()
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
    ['garbage', client => client.framed.send(new Uint8Array(50).fill(0x1f)), WireStatus.malformed],
    ['an empty frame', client => client.framed.send(new Uint8Array(0)), WireStatus.malformed],
    [
      'a broken plan',
      client => client.framed.send(Uint8Array.of(KINDS.plan, 255, 255)),
      WireStatus.malformed
    ],
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

  it.each(UNREADABLE)('from a client (%s) end its route', async (_, misbehave) => {
    const { client, far, expectUnharmed } = await withBystander()
    misbehave(client)
    expect(await client.closed).toBeInstanceOf(Error)
    expect(await far.closed).toBeInstanceOf(Error)
    await expectUnharmed()
  })

  it.each<[string, (far: Peer) => void]>([
    ['garbage', far => far.framed.send(new Uint8Array(50).fill(0x1f))],
    ['a segment without content', far => far.framed.send(new Uint8Array(10).fill(KINDS.segment))],
    ['a plan', far => far.send({ kind: 'plan', ...plan() })],
    ['a second opened', far => far.send(opened())],
    ...UNREADABLE
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

  it('breaks the route of a client that does not read, though it goes on to talk', async () => {
    const { scheduler, source, node, user, relay } = await onVirtualTime()
    const client = await ask(user, node, [hopOf(source.node)])
    const far = await source.opened()
    await client.first('opened')
    client.framed.pause()
    // More than all windows and buffers on the way take.
    void far.sendAll(segments(2_000, 32_768))
    await eventually(() => relay.stats.queuedBytes >= 1024 * 1024)
    for (let i = 0; i < 3; i++) {
      scheduler.advance(29_000)
      if (i < 2) expect(relay.stats.sessions).toBe(1)
      client.send({ kind: 'control', ...control() })
    }
    await eventually(() => relay.stats.sessions === 0)
    expect(network.ended()).toMatchObject([{ reason: { code: 'ERR_SLOW_CLIENT' } }])
    expect(await far.closed).toBeInstanceOf(Error)
  })
})
