import { expect, it } from 'vitest'
import { WireStatus } from '../../src/errors.ts'
import { InvalidPassError } from '../../src/protocol/pass.ts'
import { decodeRouteMessage, encodeRouteMessage } from '../../src/protocol/route-codec.ts'
import type { RouteMessage } from '../../src/protocol/route-messages.ts'
import type { RelayLimits } from '../../src/relay/limits.ts'
import { RelayCore } from '../../src/relay/relay-core.ts'
import type { RouteCore } from '../../src/relay/route-core.ts'
import { open, opened } from '../protocol/messages.ts'
import { segment } from './segments.ts'

const ASKER = { peerId: 'client', address: '/ip4/192.0.2.9/tcp/1', host: undefined }

function coreWith(limits: Partial<RelayLimits> = {}): RelayCore {
  return new RelayCore({ peerId: 'relay', limits, nextHopOf: ([hop]) => hop! })
}

function frameOf(message: RouteMessage): Uint8Array {
  return Uint8Array.from(Buffer.concat(encodeRouteMessage(message)))
}

/** A route with this many segments of 1,000 bytes waiting. */
function routeOf(core: RelayCore, segments: number): RouteCore {
  const route = core.accept(ASKER, 0)!
  route.fromClient(frameOf({ kind: 'open', ...open([{ peerId: 'next', addresses: [] }]) }), 0)
  route.fromNext(frameOf(opened()), 0)
  for (let seq = 0; seq < segments; seq++) route.fromNext(frameOf(segment(seq, 1_000)), 0)
  core.offer(route, true)
  return route
}

it('shares its rate evenly among the routes that have something to send', () => {
  const core = coreWith({ maxRateBytesPerSecond: 100_000 })
  const routes = [routeOf(core, 100), routeOf(core, 100)]
  for (let nowMs = 0; nowMs < 1_000; ) {
    const turn = core.next(nowMs)!
    if (turn.session === undefined) nowMs += turn.waitMs
    else {
      turn.session.sendNext(nowMs)
      core.offer(turn.session, true)
    }
  }
  const [a, b] = routes.map(({ bytesDown }) => bytesDown)
  expect(a! + b!).toBeGreaterThan(98_000)
  expect(a! + b!).toBeLessThan(104_000)
  expect(Math.abs(a! - b!)).toBeLessThan(1_100)
})

it('gives no turn to a route whose client takes nothing', () => {
  const core = coreWith()
  const route = routeOf(core, 1)
  core.offer(route, false)
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
  const core = new RelayCore({ peerId: 'relay', nextHopOf: ([hop]) => hop!, takePass })
  const route = routeOf(core, 10)
  while (route.headBytes !== undefined) route.sendNext(0)
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
  const core = new RelayCore({ peerId: 'relay', nextHopOf: ([hop]) => hop!, takePass })
  expect(routeOf(core, 0).reason).toMatchObject({
    wireStatus: WireStatus.refusedPass,
    message: 'The pass does not hold: it has expired'
  })
  expect([core.admitted.size, core.refusedCount]).toEqual([0, 1])
})

it('counts the bytes of routes that are over, and forgets the routes', () => {
  const core = coreWith({ maxSessions: 1 })
  const route = routeOf(core, 0)
  route.sendNext(0)
  const { bytesDown } = route
  expect(core.remove(route)).toBe(true)
  expect(core.bytesForwarded).toBe(bytesDown)
  expect(core.admitted.size).toBe(0)
  routeOf(core, 0)
  expect(core.admittedCount).toBe(2)
})
