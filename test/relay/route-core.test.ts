import { describe, expect, it } from 'vitest'
import { WireStatus } from '../../src/errors.ts'
import { decodeRouteMessage, encodeRouteFrame, encodeRouteMessage } from '../../src/protocol/route-codec.ts'
import { KINDS } from '../../src/protocol/route-kinds.ts'
import type { Hop, RouteMessage } from '../../src/protocol/route-messages.ts'
import type { Refusal } from '../../src/relay/admission.ts'
import { RouteRefusedError } from '../../src/relay/errors.ts'
import { RELAY_LIMITS, type RelayLimits } from '../../src/relay/limits.ts'
import type { RouteAction } from '../../src/relay/route-action.ts'
import { RouteCore } from '../../src/relay/route-core.ts'
import { open, opened, plan, relay } from '../protocol/messages.ts'
import { segment } from './segments.ts'

const HOPS: Hop[] = [
  { peerId: 'next', addresses: ['/ip4/192.0.2.1/tcp/1'] },
  { peerId: 'source', addresses: [] }
]
const OPENED = opened()
const END: RouteMessage = { kind: 'status', status: WireStatus.contentChanged, message: 'new', peerId: '' }

function frameOf(message: RouteMessage): Uint8Array {
  return Uint8Array.from(Buffer.concat(encodeRouteMessage(message)))
}

/** A route and what its relay would do for it. */
function routeWith({ limits = {}, refusal }: { limits?: Partial<RelayLimits>; refusal?: Refusal } = {}) {
  const host = {
    peerId: 'relay',
    limits: { ...RELAY_LIMITS, ...limits },
    nextHopOf: ([hop]: readonly Hop[]) => hop!,
    admit: () => refusal,
    passing: () => {},
    spend: () => true,
    opened: () => {},
    waited: () => {},
    describe: () => {
      const { kind: _, setUpMs: __, ...word } = relay('relay')
      return word
    }
  }
  const core = new RouteCore(host, 0)
  const actions = () => {
    const taken: RouteAction[] = []
    for (let action = core.nextAction(); action; action = core.nextAction()) taken.push(action)
    return taken
  }
  return {
    core,
    actions,
    kinds: () => actions().map(({ kind }) => kind),
    client: (message: RouteMessage, nowMs = 0) => core.fromClient(frameOf(message), nowMs),
    next: (message: RouteMessage, nowMs = 0) => core.fromNext(frameOf(message), nowMs),
    /** Gives the route turns until nothing waits; what the client got. */
    drain: (nowMs = 0) => {
      while (core.headBytes !== undefined) core.sendNext(nowMs, 0)
      return actions().flatMap(action =>
        action.kind === 'sendToClient' ? [decodeRouteMessage(action.frame)!] : []
      )
    }
  }
}

function activeRoute(limits: Partial<RelayLimits> = {}) {
  const route = routeWith({ limits })
  route.client({ kind: 'open', ...open(HOPS) })
  route.core.nextReached(30)
  route.next(OPENED, 40)
  route.drain(40)
  return route
}

describe('a route that is asked for', () => {
  it('is admitted, and then dialled with what is left of the path', () => {
    const { core, client, actions } = routeWith()
    client({ kind: 'open', ...open(HOPS) })
    const [admitted, dial] = actions()
    expect(admitted).toEqual({ kind: 'reportAdmitted' })
    expect(dial).toMatchObject({ kind: 'dialNext', hop: HOPS[0] })
    const opening = decodeRouteMessage((dial as RouteAction & { kind: 'dialNext' }).opening)
    expect(opening).toMatchObject({ kind: 'open', hops: [HOPS[1]] })
    expect(core.phase).toBe('opening')
  })

  it('is refused with a status, and closed', () => {
    const refusal = { status: WireStatus.refusedSessions, message: 'full' }
    const { core, client, actions } = routeWith({ refusal })
    client({ kind: 'open', ...open(HOPS) })
    const [told, status, close] = actions()
    expect(told).toEqual({ kind: 'reportRefused', refusal })
    expect(decodeRouteMessage((status as RouteAction & { kind: 'sendToClient' }).frame)).toMatchObject(
      refusal
    )
    expect(close).toEqual({ kind: 'closeClient' })
    expect(core.phase).toBe('closing')
  })

  it('says before the answer how long reaching the next hop took', () => {
    const { core, client, next, drain } = routeWith()
    client({ kind: 'open', ...open(HOPS) }, 100)
    core.nextReached(130)
    next(OPENED, 160)
    expect(drain()).toEqual([relay('relay', 30), OPENED])
    expect(core.phase).toBe('active')
  })

  it('is given up when its answer does not come in the time of its hops', () => {
    const { core, client, drain, kinds } = routeWith({ limits: { nextHopTimeoutMs: 1_000 } })
    client({ kind: 'open', ...open(HOPS) }, 50)
    kinds()
    expect(core.deadlineMs(0)).toBe(3_050)
    core.timePassed(3_049, 0)
    expect(core.phase).toBe('opening')
    core.timePassed(3_050, 0)
    expect(core.phase).toBe('failing')
    expect(drain(3_050)).toMatchObject([{ kind: 'status', status: WireStatus.nextHopUnreachable }])
    expect(core.phase).toBe('closing')
  })
})

describe('a route that is open', () => {
  it('forwards orders and segments, and drops what a copy takes away', () => {
    const { client, next, drain, kinds } = activeRoute()
    next(segment(1))
    next(segment(2))
    const ranges = [{ from: 1, to: 2 }]
    client({ kind: 'plan', ...plan({ drops: [{ id: 1, ranges }] }) })
    expect(kinds()).toEqual(['sendToNext'])
    expect(drain()).toMatchObject([
      { kind: 'dropped', ranges },
      { kind: 'segment', seq: 2 }
    ])
  })

  it('passes end kinds on unread, those from 0x80 on before the segments that wait', () => {
    const { core, next, actions } = activeRoute()
    const frames = [Uint8Array.of(0x55, 1), Uint8Array.of(0xaa, 2), Uint8Array.of(KINDS.control, 255)]
    for (const frame of frames) core.fromClient(frame, 50)
    expect(actions()).toEqual(frames.map(frame => ({ kind: 'sendToNext', frame })))
    next(segment(1))
    for (const frame of frames) core.fromNext(frame, 60)
    while (core.headBytes !== undefined) core.sendNext(70, 0)
    const sent = actions().flatMap(action => (action.kind === 'sendToClient' ? action.frame[0] : []))
    expect(sent).toEqual([0xaa, KINDS.control, KINDS.segment, 0x55])
  })

  it('drops a hop kind that it does not know and may skip, and ends the route at any other', () => {
    const { core, actions } = activeRoute()
    core.fromClient(Uint8Array.of(0x3f, 1), 50)
    core.fromNext(Uint8Array.of(0x3f, 1), 50)
    expect(actions()).toEqual([])
    expect(core.headBytes).toBeUndefined()
    core.fromNext(Uint8Array.of(0x1f, 1), 60)
    expect(core.reason?.code).toBe('ERR_NEXT_HOP_LOST')
  })

  it('does not want to read the next hop from a full buffer on until half of it is out', () => {
    const { core, next } = activeRoute({ bufferBytes: 4_000 })
    for (let seq = 0; core.readsNext; seq++) next(segment(seq, 1_000))
    expect(core.stats!.queuedBytes).toBeGreaterThanOrEqual(4_000)
    core.sendNext(0, 0)
    expect(core.readsNext).toBe(false)
    while (!core.readsNext) core.sendNext(0, 0)
    expect(core.stats!.queuedBytes).toBeLessThanOrEqual(2_000)
    expect(core.stats!.queuedBytes).toBeGreaterThan(0)
  })

  it('does not want to read the client while enough waits for the next hop, unless the route fails', () => {
    const { core } = activeRoute()
    core.nextFull()
    expect(core.readsClient).toBe(false)
    core.nextHasRoom()
    expect(core.readsClient).toBe(true)
    core.nextFull()
    core.nextLost(new Error('gone'), 50)
    expect(core.readsClient).toBe(true)
  })

  it('reads a client that sends more frames than any needs slower, until the route is over', () => {
    const { core } = activeRoute()
    const test = encodeRouteFrame({ kind: 'test', nonce: 1, replyBytes: 0 })
    let taken = 0
    for (; core.readsClient; taken++) core.fromClient(test, 100)
    expect(taken).toBeGreaterThan(500)
    expect(taken).toBeLessThan(2_000)
    const againAtMs = core.deadlineMs(0)
    core.timePassed(againAtMs - 1, 0)
    expect(core.readsClient).toBe(false)
    core.timePassed(againAtMs, 0)
    expect(core.readsClient).toBe(true)
    core.fromClient(test, againAtMs)
    expect(core.readsClient).toBe(false)
    core.nextLost(new Error('gone'), againAtMs)
    expect(core.readsClient).toBe(true)
  })

  it.each<[string, RouteMessage]>([
    ['a second opened', OPENED],
    ['a plan', { kind: 'plan', ...plan() }],
    ['a relay after the route was open', relay('another')]
  ])('fails when the next hop sends %s', (_, message) => {
    const { core, next, drain, actions } = activeRoute()
    actions()
    next(message)
    expect(core.nextAction()).toMatchObject({ kind: 'abortNext' })
    expect(drain()).toMatchObject([{ kind: 'status', status: WireStatus.nextHopLost }])
  })

  it('fails when the client sends what only a source may, and delivers nothing more', () => {
    const { core, client, next, drain } = activeRoute()
    next(segment(1))
    client(segment(2))
    next(segment(3))
    expect(drain()).toMatchObject([{ kind: 'status', status: WireStatus.unexpectedMessage }])
    expect(core.reason?.code).toBe('ERR_UNEXPECTED_MESSAGE')
  })
})

describe('the end of a route', () => {
  it('is in order when the client ends it', () => {
    const { core, next, kinds } = activeRoute()
    next(segment(1))
    core.clientEnded(50)
    expect(kinds()).toEqual(['endNext'])
    core.nextEnded(50)
    expect(kinds()).toContain('closeClient')
    core.clientClosed(undefined)
    expect(kinds()).toEqual([])
    expect(core.reason).toBeUndefined()
    expect(core.deadlineMs(0)).toBe(Number.POSITIVE_INFINITY)
  })

  it('drops what waits and what still comes once the client has ended it', () => {
    const { core, next, drain } = activeRoute({ bufferBytes: 40_000 })
    for (let seq = 1; seq < 4; seq++) next(segment(seq, 16_384))
    expect(core.readsNext).toBe(false)
    core.clientEnded(50)
    expect(core.readsNext).toBe(true)
    next(segment(4))
    next(segment(5))
    expect(drain(60)).toEqual([])
    expect(core.queuedBytes).toBe(0)
  })

  it('is told by the status of the source, behind which the next hop may break', () => {
    const { core, next, drain } = activeRoute()
    next(segment(1))
    next(END)
    core.nextLost(new Error('reset'), 50)
    expect(drain()).toMatchObject([{ kind: 'status', message: 'new' }, { kind: 'segment' }])
    expect(core.phase).toBe('closing')
    expect(core.reason?.wireStatus).toBe(WireStatus.contentChanged)
  })

  it('is a loss when the next hop ends without a word', () => {
    const { core, kinds } = activeRoute()
    kinds()
    core.nextEnded(50)
    expect(kinds()).toEqual(['abortNext'])
    expect(core.reason?.code).toBe('ERR_NEXT_HOP_LOST')
  })

  it('breaks the next hop when the client has gone', () => {
    const { core, kinds } = activeRoute()
    core.clientClosed(new Error('gone'))
    expect(kinds()).toEqual(['abortNext'])
    expect(core.phase).toBe('closed')
  })

  it('comes when nothing moves: first by a status, then by force', () => {
    const { core, drain, kinds } = activeRoute()
    expect(core.deadlineMs(0)).toBe(40 + RELAY_LIMITS.idleTimeoutMs)
    core.timePassed(core.deadlineMs(0), 0)
    expect(kinds()).toEqual(['abortNext'])
    const endedAtMs = 40 + RELAY_LIMITS.idleTimeoutMs
    expect(drain(endedAtMs)).toMatchObject([{ kind: 'status', status: WireStatus.timeout }])
    expect(core.deadlineMs(0)).toBe(endedAtMs + RELAY_LIMITS.lingerMs)
    core.timePassed(core.deadlineMs(0), 0)
    expect(kinds()).toEqual(['abortClient'])
  })

  it('waits longer for a client that still has to take something', () => {
    const { core } = activeRoute()
    core.clientEnded(100)
    expect(core.deadlineMs(0)).toBe(100 + RELAY_LIMITS.lingerMs)
    expect(core.deadlineMs(1)).toBe(40 + RELAY_LIMITS.slowClientMs)
  })

  it('comes by force when the client takes next to nothing of what it is sent', () => {
    const { core, next, kinds } = activeRoute({ slowClientMs: 10_000 })
    for (let seq = 0; seq < 8; seq++) next(segment(seq, 16_384), 1_000)
    core.sendNext(1_000, 0)
    kinds()
    // Everything but its reading goes on, and it takes a byte now and then.
    core.fromClient(Uint8Array.of(KINDS.control), 9_000)
    core.clientDrained(10_000)
    kinds()
    expect(core.deadlineMs(16_000)).toBe(11_000)
    core.timePassed(11_000, 16_000)
    expect(kinds()).toEqual(['abortClient'])
    expect(core.reason?.code).toBe('ERR_SLOW_CLIENT')
  })

  it('does not come for a client that has taken enough, or all there was', () => {
    const { core, next } = activeRoute({ slowClientMs: 10_000 })
    for (let seq = 0; seq < 8; seq++) next(segment(seq, 32_768), 1_000)
    for (let sent = 0; sent < 4; sent++) core.sendNext(1_000, 32_768 * sent)
    core.timePassed(11_000, 32_768)
    expect(core.phase).toBe('active')
    expect(core.deadlineMs(32_768)).toBe(21_000)
    core.timePassed(21_000, 0)
    core.sendNext(30_000, 0)
    expect(core.deadlineMs(32_768)).toBe(40_000)
  })

  it('drops what waits when a limit of the relay cuts it short, and says when to come back', () => {
    const { core, next, drain, kinds } = activeRoute()
    next(segment(1))
    const refusal = { status: WireStatus.allowanceUsed, message: 'enough for today', retryAfterMs: 3_000 }
    core.cutShort(new RouteRefusedError(refusal), 50)
    expect(kinds()).toEqual(['abortNext'])
    expect(drain()).toEqual([{ kind: 'status', peerId: 'relay', ...refusal }])
    core.cutShort(new RouteRefusedError(refusal), 60)
    expect(kinds()).toEqual(['abortClient'])
  })

  it('is not put off by a client that talks on behind it', () => {
    const { core, next } = activeRoute()
    next(segment(1), 40)
    core.nextLost(new Error('gone'), 50)
    core.fromClient(Uint8Array.of(KINDS.control), 1_000)
    expect(core.deadlineMs(0)).toBe(40 + RELAY_LIMITS.idleTimeoutMs)
  })
})
