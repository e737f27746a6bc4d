import { expect, it } from 'vitest'
import { WireStatus } from '../../src/errors.ts'
import { InvalidPassError } from '../../src/protocol/pass.ts'
import { decodeRouteMessage, encodeRouteMessage } from '../../src/protocol/route-codec.ts'
import type { RouteMessage } from '../../src/protocol/route-messages.ts'
import type { RelayLimits } from '../../src/relay/limits.ts'
import { RelayCore } from '../../src/relay/relay-core.ts'
import type { RouteCore } from '../../src/relay/route-core.ts'
import type { Asker } from '../../src/transport/share.ts'
import { open, opened } from '../protocol/messages.ts'
import { segment } from './segments.ts'

const ASKER: Asker = { peerId: 'client', address: '/ip4/192.0.2.9/tcp/1', host: undefined }

function coreWith(limits: Partial<RelayLimits> = {}, utcMs = () => 0): RelayCore {
  return new RelayCore({ peerId: 'relay', limits, nextHopOf: ([hop]) => hop!, utcMs })
}

function frameOf(message: RouteMessage): Uint8Array {
  return Uint8Array.from(Buffer.concat(encodeRouteMessage(message)))
}

/** A route with this many segments of 1,000 bytes waiting. */
function routeOf(core: RelayCore, segments: number, { nowMs = 0, asker = ASKER } = {}): RouteCore {
  const route = core.accept(asker, nowMs)!
  route.fromClient(frameOf({ kind: 'open', ...open([{ peerId: 'next', addresses: [] }]) }), nowMs)
  route.fromNext(frameOf(opened()), nowMs)
  for (let seq = 0; seq < segments; seq++) route.fromNext(frameOf(segment(seq, 1_000)), nowMs)
  core.offer(route, true, 0)
  return route
}

/** Lets all routes send for a second. */
function serveAll(core: RelayCore): void {
  for (let nowMs = 0; nowMs < 1_000; ) {
    const turn = core.next(nowMs)!
    if (turn.session === undefined) nowMs += turn.waitMs
    else {
      turn.session.sendNext(nowMs, 0)
      core.offer(turn.session, true, 0)
    }
  }
}

it('shares its rate evenly among the routes that have something to send', () => {
  const core = coreWith({ maxRateBytesPerSecond: 100_000 })
  const routes = [routeOf(core, 100), routeOf(core, 100)]
  serveAll(core)
  const [a, b] = routes.map(({ bytesDown }) => bytesDown)
  expect(a! + b!).toBeGreaterThan(98_000)
  expect(a! + b!).toBeLessThan(104_000)
  expect(Math.abs(a! - b!)).toBeLessThan(1_100)
})

it.each([
  ['all routes of a host the share of one', () => false, 1 / 4],
  ['each route of a node that is named a share of its own', () => true, 1]
])('gives %s', (_, isNamed, share) => {
  const limits = { maxRateBytesPerSecond: 100_000 }
  const core = new RelayCore({ peerId: 'relay', limits, nextHopOf: ([hop]) => hop!, utcMs: () => 0, isNamed })
  const [crowd, single] = ['8.0.0.1', '8.0.0.2'].map(host => ({ ...ASKER, peerId: host, host }))
  const routes = [crowd, crowd, crowd, crowd, single].map(asker => routeOf(core, 200, { asker: asker! }))
  serveAll(core)
  const [a, , , , alone] = routes.map(({ bytesDown }) => bytesDown)
  expect(a! / alone!).toBeCloseTo(share, 1)
})

it('gives no turn to a route whose client takes nothing', () => {
  const core = coreWith()
  const route = routeOf(core, 1)
  core.offer(route, false, 0)
  expect(core.next(0)).toBeUndefined()
})

it('lets no more streams wait for an answer than it may, and takes further ones once they are admitted', () => {
  const core = coreWith({ maxPendingStreams: 1 })
  const waiting = core.accept(ASKER, 0)
  expect(core.accept(ASKER, 0)).toBeUndefined()
  core.remove(waiting!)
  routeOf(core, 0)
  expect(core.accept(ASKER, 0)).toBeDefined()
})

it('ends a route whose pass allows no more bytes, and sends nothing but why', () => {
  let left = 2_500
  const takePass = () => (bytes: number) => {
    left -= bytes
    return left > 0
  }
  const core = new RelayCore({ peerId: 'relay', nextHopOf: ([hop]) => hop!, utcMs: () => 0, takePass })
  const route = routeOf(core, 10)
  while (route.headBytes !== undefined) route.sendNext(0, 0)
  const sent = []
  for (let action = route.nextAction(); action; action = route.nextAction())
    if (action.kind === 'sendToClient') sent.push(decodeRouteMessage(action.frame)!)
  expect(sent.map(({ kind }) => kind)).toEqual(['relay', 'opened', 'segment', 'segment', 'segment', 'status'])
  expect(sent.at(-1)).toMatchObject({ status: WireStatus.refusedPass })
})

it('admits no route whose pass does not hold, and says why', () => {
  const takePass = () => {
    throw new InvalidPassError('it has expired')
  }
  const core = new RelayCore({ peerId: 'relay', nextHopOf: ([hop]) => hop!, utcMs: () => 0, takePass })
  expect(routeOf(core, 0).reason).toMatchObject({
    wireStatus: WireStatus.refusedPass,
    message: 'The pass does not hold: it has expired'
  })
  expect([core.admitted.size, core.refusedCount]).toEqual([0, 1])
})

it('counts the bytes of routes that are over, and forgets the routes', () => {
  const core = coreWith({ maxSessions: 1 })
  const route = routeOf(core, 0)
  route.sendNext(0, 0)
  const { bytesDown } = route
  expect(core.remove(route)).toBe(true)
  expect(core.bytesForwarded).toBe(bytesDown)
  expect(core.admitted.size).toBe(0)
  routeOf(core, 0)
  expect(core.admittedCount).toBe(2)
})

/** Cuts the routes short that have to end. Returns what each was told, in their order. */
function cut(core: RelayCore): Array<{ route: RouteCore; code: string }> {
  const cuts = []
  for (let next = core.nextCut(); next; next = core.nextCut()) {
    next.route.cutShort(next.reason, 0)
    core.offer(next.route, true, 0)
    cuts.push({ route: next.route, code: next.reason.code })
  }
  return cuts
}

it('ends the routes whose data has waited for longest when too much waits, and only as many as it must', () => {
  const core = coreWith({ memoryBytes: 30_000 })
  const old = routeOf(core, 5, { nowMs: 100 })
  const older = routeOf(core, 12, { nowMs: 50 })
  const large = routeOf(core, 10, { nowMs: 200 })
  expect(cut(core)).toEqual([])
  const newcomer = routeOf(core, 10, { nowMs: 300 })
  expect(cut(core)).toEqual([{ route: older, code: 'ERR_RELAY_MEMORY' }])
  expect([old, large, newcomer].map(route => route.phase)).toEqual(['active', 'active', 'active'])
  expect(older.phase).toBe('failing')
})

it('counts what waits for next hops, and no longer what belonged to routes that are over', () => {
  const core = coreWith({ memoryBytes: 30_000 })
  const [first, second] = [routeOf(core, 0), routeOf(core, 10)]
  core.offer(first, true, 15_000)
  expect(cut(core)).toEqual([])
  core.remove(second)
  core.offer(first, true, 29_000)
  expect(cut(core)).toEqual([])
  core.offer(first, true, 31_000)
  expect(cut(core)).toMatchObject([{ route: first }])
})

it('ends all routes when it has forwarded what it may, and takes new ones when the day is over', () => {
  let utcMs = Date.UTC(2024, 1, 29, 23, 59)
  const core = coreWith({ maxBytesPerDay: 5_000 }, () => utcMs)
  const routes = [routeOf(core, 10), routeOf(core, 0)]
  while (core.spent === undefined) routes[0]!.sendNext(0, 0)
  expect(core.bytesForwarded).toBeGreaterThan(4_000)
  expect(core.bytesForwarded).toBeLessThan(7_000)
  expect(cut(core)).toEqual(routes.map(route => ({ route, code: 'ERR_ROUTE_REFUSED' })))
  routeOf(core, 0)
  expect(core.refusedCount).toBe(1)
  utcMs += 60_000
  routeOf(core, 0)
  expect(core.refusedCount).toBe(1)
  core.setLimits({ maxBytesPerMonth: 1 })
  expect(core.spent).toBeUndefined()
})
