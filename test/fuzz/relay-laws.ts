import fc from 'fast-check'
import { Pattern } from '../../src/pattern/pattern.ts'
import { toHex } from '../../src/protocol/bytes.ts'
import { decodeRouteMessage, encodeRouteFrame } from '../../src/protocol/route-codec.ts'
import { KINDS } from '../../src/protocol/route-kinds.ts'
import { nextHopOf } from '../../src/relay/path.ts'
import { PatternHistory } from '../../src/relay/pattern-history.ts'
import { RelayCore } from '../../src/relay/relay-core.ts'
import type { RouteCore } from '../../src/relay/route-core.ts'
import { askerAt } from '../../src/transport/share.ts'
import { open, opened, plan, relay } from '../protocol/messages.ts'
import { readVectors } from '../protocol/vectors.ts'
import { framesLike, wildNumbers, wildRanges, wildUint32s } from './inputs.ts'
import { law, must } from './law.ts'

const BUFFER_BYTES = 4_096
const MAX_SESSIONS = 3
const HOPS = [{ peerId: '12D3KooWDpJ7As7BWAwRMfu1VU2WCqNjvq387JEYKDBj4kx6nXTN', addresses: [] }]

const vectors = readVectors('route', []).map(({ frame }) => frame)
const segments = fc
  .record({
    seq: fc.nat(40),
    repair: fc.boolean(),
    more: fc.boolean(),
    bytes: fc.integer({ min: 1, max: 900 })
  })
  .map(({ bytes, ...rest }) =>
    encodeRouteFrame({ kind: 'segment', sentAtUs: 0, payload: new Uint8Array(bytes), ...rest })
  )
const plans = fc
  .record({
    patterns: fc.array(
      fc.record({
        version: wildUint32s.map(version => Math.max(1, version)),
        from: wildNumbers,
        pattern: fc.constantFrom('A', 'AB', '[AB]C').map(Pattern.parse)
      }),
      { maxLength: 3 }
    ),
    drops: fc.array(
      fc.record({
        id: fc.nat(40),
        ranges: fc.oneof(
          wildRanges,
          fc.nat(40).map(from => [{ from, to: from + 5 }])
        )
      }),
      { maxLength: 3 }
    ),
    done: wildNumbers
  })
  .map(orders => encodeRouteFrame({ kind: 'plan', ...orders }))
const frames = fc.oneof(
  { weight: 2, arbitrary: framesLike(vectors) },
  { weight: 3, arbitrary: segments },
  { weight: 2, arbitrary: plans },
  fc.constantFrom(
    ...[opened(), relay('r'), { kind: 'open', ...open(HOPS) } as const].map(encodeRouteFrame),
    Uint8Array.of(KINDS.hashes, 1),
    Uint8Array.of(KINDS.control, 2),
    Uint8Array.of(0x30)
  )
)

const events = fc.oneof(
  { weight: 6, arbitrary: fc.record({ do: fc.constant('next' as const), frame: frames }) },
  { weight: 3, arbitrary: fc.record({ do: fc.constant('client' as const), frame: frames }) },
  { weight: 3, arbitrary: fc.record({ do: fc.constant('turns' as const), count: fc.nat(8) }) },
  {
    weight: 2,
    arbitrary: fc.record({ do: fc.constant('wait' as const), ms: fc.oneof(fc.nat(200), fc.nat(2e5)) })
  },
  fc.record({
    do: fc.constantFrom(
      ...(['clientEnded', 'clientClosed', 'nextReached', 'nextFull', 'nextHasRoom'] as const),
      ...(['nextEnded', 'nextLost', 'accept'] as const)
    )
  })
)
const steps = fc.array(fc.record({ route: fc.nat(9), event: events }), { maxLength: 60 })
type Event = typeof events extends fc.Arbitrary<infer T> ? T : never

/** A relay of which clients and next hops say anything, with an account of all bytes that come and go. */
class WatchedRelay {
  #nowMs = 0
  readonly #core = new RelayCore({
    peerId: 'relay',
    limits: { bufferBytes: BUFFER_BYTES, maxSessions: MAX_SESSIONS, maxPendingStreams: 4 },
    nextHopOf: hops => nextHopOf(hops, 'relay'),
    utcMs: () => this.#nowMs
  })
  readonly #routes: RouteCore[] = []
  readonly #passedOn = new Set<string>()
  #framesIn = 0
  #actions = 0

  constructor() {
    for (let i = 0; i < 2; i++) {
      this.#accept()
      const route = this.#routes[i]!
      route.fromClient(encodeRouteFrame({ kind: 'open', ...open(HOPS, { plan: plan(), route: i }) }), 0)
      route.fromNext(encodeRouteFrame(opened()), 0)
    }
    must(this.#core.admitted.size === 2, 'a route that asks for nothing strange is refused')
  }

  run(at: number, event: Event): void {
    const route = this.#routes[at % this.#routes.length]!
    const before = route.queuedBytes
    switch (event.do) {
      case 'next':
        if (route.readsNext) this.#take(event.frame, frame => route.fromNext(frame, this.#nowMs))
        // One frame may come when the queue is nearly full, and what the relay itself says besides.
        must(
          route.queuedBytes <= Math.max(before, BUFFER_BYTES) + event.frame.length + 1_024,
          'a queue grows'
        )
        break
      case 'client':
        if (route.readsClient) this.#take(event.frame, frame => route.fromClient(frame, this.#nowMs))
        break
      case 'turns':
        for (let i = 0; i < event.count; i++) route.sendNext(this.#nowMs, 0)
        break
      case 'wait':
        this.#nowMs += event.ms
        route.timePassed(this.#nowMs, 0)
        break
      case 'clientEnded':
        route.clientEnded(this.#nowMs)
        break
      case 'clientClosed':
        route.clientClosed(undefined)
        this.#core.remove(route)
        break
      case 'nextReached':
        route.nextReached(this.#nowMs)
        break
      case 'nextLost':
        route.nextLost(new Error('it is lost'), this.#nowMs)
        break
      case 'nextEnded':
        route.nextEnded(this.#nowMs)
        break
      case 'accept':
        this.#accept()
        break
      default:
        route[event.do]()
    }
    this.#drain(route)
    must(this.#core.admitted.size <= MAX_SESSIONS, 'more routes were admitted than the limit')
    // Each event makes a few actions at most, however much a frame says.
    must(this.#actions <= 8 * (this.#framesIn + 80), 'more to do than was asked')
  }

  /** Whatever has happened, time ends every route, and nothing is left. */
  finish(): void {
    for (const route of this.#routes) {
      for (let turn = 0; turn < 300 && route.phase !== 'closed'; turn++) {
        route.sendNext(this.#nowMs, 0)
        const dueMs = route.deadlineMs(0)
        must(Number.isFinite(dueMs), 'a route waits for ever')
        this.#nowMs = Math.max(this.#nowMs, dueMs)
        route.timePassed(this.#nowMs, 0)
        this.#drain(route)
      }
      must(route.phase === 'closed' && route.queuedBytes === 0, `a route stays ${route.phase}`)
    }
  }

  #accept(): void {
    const route = this.#core.accept(
      askerAt(`client${this.#routes.length}`, '/ip4/10.0.0.1/tcp/1'),
      this.#nowMs
    )
    if (route) this.#routes.push(route)
  }

  #take(frame: Uint8Array, give: (frame: Uint8Array) => void): void {
    this.#framesIn++
    this.#passedOn.add(toHex(frame))
    give(frame.slice())
  }

  /** What this relay says itself can be read. What the next hop says is passed on as it is. */
  #check(frame: Uint8Array): void {
    if (!this.#passedOn.has(toHex(frame))) decodeRouteMessage(frame)
  }

  #drain(route: RouteCore): void {
    for (let action = route.nextAction(); action; action = route.nextAction()) {
      this.#actions++
      if (action.kind === 'sendToClient') this.#check(action.frame)
      if (action.kind === 'closeClient' || action.kind === 'abortClient') {
        route.clientClosed(undefined)
        this.#core.remove(route)
      }
    }
  }
}

const MAX_ELEMENTS = 40

/** The laws of a relay whose neighbours may say anything. */
export const RELAY_LAWS = [
  law('relay', 600, steps, history => {
    const relayed = new WatchedRelay()
    for (const { route, event } of history) relayed.run(route, event)
    relayed.finish()
  }),
  law(
    'pattern-history',
    600,
    fc.array(
      fc.record({
        changes: fc.array(
          fc.record({
            version: fc.oneof(fc.nat(200), wildUint32s),
            from: fc.oneof(fc.nat(300), wildNumbers),
            pattern: fc.integer({ min: 1, max: 60 }).map(length => Pattern.parse('AB'.repeat(length)))
          }),
          { maxLength: 64 }
        ),
        done: fc.oneof(fc.nat(100), wildNumbers)
      }),
      { maxLength: 12 }
    ),
    orders => {
      const history = new PatternHistory(0, MAX_ELEMENTS)
      let segmentCount = 0
      for (const { changes, done } of orders) {
        history.order(changes, done)
        const { entries } = history.schedule
        const newest = history.current?.places ?? 0
        must(history.schedule.places <= Math.max(MAX_ELEMENTS, newest), 'too many elements are remembered')
        must(entries.length <= 64, 'too many patterns are remembered')
        must(
          entries.every(({ from }, i) => i === 0 || entries[i - 1]!.from < from),
          'patterns out of order'
        )
        history.count(done, segmentCount++ % 2 === 0)
      }
      const { scheduled, repairs, unscheduled } = history.counts
      must(scheduled + repairs + unscheduled === segmentCount, 'a segment is not counted once')
    }
  )
]
