import fc from 'fast-check'
import { WrongPieceError } from '../../src/client/segment-pieces.ts'
import { Transfer } from '../../src/client/transfer.ts'
import { CorruptSegmentError, UnexpectedMessageError } from '../../src/client/transfer-errors.ts'
import { TICK_MS } from '../../src/planner/planner.ts'
import { createPlanner, POLICY_NAMES } from '../../src/planner/policies/index.ts'
import { extentOf } from '../../src/protocol/extent.ts'
import { decodeRouteMessage, encodeRouteFrame } from '../../src/protocol/route-codec.ts'
import type { Control, RouteMessage, SeqRange } from '../../src/protocol/route-messages.ts'
import { pathOver, SessionTrial } from '../client/session-fixture.ts'
import { opened, relay } from '../protocol/messages.ts'
import { wildNumbers, wildRanges, wildUint32s } from './inputs.ts'
import { law, must, resultOf } from './law.ts'

const SEGMENT_BYTES = 64
const SEGMENTS = 120
const MEMORY_SEGMENTS = 40
/** Every second route lies; route 0 does not. */
const ROUTES = 4

const seqs = fc.oneof(
  { weight: 4, arbitrary: fc.nat(SEGMENTS + 5) },
  { weight: 1, arbitrary: fc.maxSafeNat() }
)
const ranges: fc.Arbitrary<SeqRange[]> = fc.oneof(
  wildRanges,
  fc.constant([{ from: 0, to: Number.MAX_SAFE_INTEGER }] as SeqRange[]),
  fc.nat(SEGMENTS).map(from => [{ from, to: from + 7 }])
)
const payloads = fc.record({
  length: fc.integer({ min: 1, max: 2 * SEGMENT_BYTES }),
  isGenuine: fc.boolean()
})

/** What a relay that lies may send. */
const lies: fc.Arbitrary<RouteMessage> = fc.oneof(
  fc.record({
    kind: fc.constant('segment' as const),
    seq: seqs.map(seq => seq % 2 ** 48),
    sentAtUs: fc.oneof(fc.nat(1e6), fc.constantFrom(0, 2 ** 48 - 1)),
    repair: fc.boolean(),
    more: fc.boolean(),
    payload: payloads.map(({ length, isGenuine }) => new Uint8Array(length).fill(isGenuine ? 1 : 13))
  }),
  fc.record({ kind: fc.constant('dropped' as const), bytes: wildNumbers, ranges }),
  fc.record({ kind: fc.constant('skipped' as const), bytes: wildNumbers, ranges }),
  fc.record({ kind: fc.constant('parts' as const), ranges, coming: ranges }),
  fc.record({ kind: fc.constant('held' as const), waitMs: wildUint32s }),
  fc.record({
    kind: fc.constant('lengths' as const),
    from: wildNumbers,
    atByte: wildNumbers,
    lengths: fc.array(fc.nat({ max: 2 ** 24 - 1 }), { maxLength: 4 })
  }),
  fc.record({
    kind: fc.constant('report' as const),
    source: fc.constant('source'),
    patterns: fc.array(fc.record({ version: fc.nat(6), from: fc.oneof(seqs, wildNumbers) }), {
      maxLength: 3
    }),
    reassigned: fc.array(fc.record({ id: fc.nat(20), kept: ranges }), { maxLength: 3 })
  }),
  fc.record({ kind: fc.constant('hashes' as const), group: wildNumbers }).map(({ kind, group }) => {
    return { kind, group, leaves: new Uint8Array(64), proof: new Uint8Array(0) }
  }),
  fc.record({ kind: fc.constant('testReply' as const), nonce: fc.nat(9) }).map(({ kind, nonce }) => {
    return { kind, nonce, padding: new Uint8Array(8_192) }
  }),
  fc.constantFrom<RouteMessage>(
    { kind: 'test', nonce: 1, replyBytes: 9 },
    { kind: 'status', status: 300, message: '', peerId: '' }
  )
)

const events = fc.oneof(
  { weight: 6, arbitrary: fc.record({ lie: lies, route: fc.constantFrom(1, 3) }) },
  { weight: 2, arbitrary: fc.record({ tickMs: fc.oneof(fc.constant(20), fc.nat(2_000)) }) },
  { weight: 1, arbitrary: fc.record({ close: fc.nat(ROUTES - 1) }) },
  { weight: 1, arbitrary: fc.record({ open: fc.nat(ROUTES - 1) }) }
)
type Event = typeof events extends fc.Arbitrary<infer T> ? T : never

const ERRORS = [UnexpectedMessageError, CorruptSegmentError, WrongPieceError]

/** A transfer of which some relays lie, with the bounds that hold for it whatever they say. */
class LiedTo {
  readonly #transfer: Transfer
  readonly #open = new Set<number>()
  readonly #out: number[] = []
  #sent = 0
  #horizon = 0
  #nowMs = 0

  constructor(policy: string) {
    const extent = extentOf({ segmentBytes: SEGMENT_BYTES, sizeBytes: SEGMENTS * SEGMENT_BYTES })
    const planner = createPlanner(policy, { extent, memoryBytes: MEMORY_SEGMENTS * SEGMENT_BYTES })
    const check = {
      learn: () => true,
      knows: () => true,
      verify: (_: number, payload: Uint8Array) => payload.length === SEGMENT_BYTES && payload[0] === 1,
      forgetBelow: () => {}
    }
    this.#transfer = new Transfer({ extent, planner, check })
    for (let route = 0; route < ROUTES; route++) this.open(route)
  }

  run(event: Event): void {
    if ('lie' in event) this.#hear(event.route, event.lie)
    else if ('tickMs' in event) this.tick(event.tickMs)
    else if ('close' in event) this.close(event.close)
    else this.open(event.open)
  }

  open(route: number): void {
    if (this.#open.has(route)) return
    this.#transfer.addRoute(route, { source: { peerId: 'source' } }, this.#nowMs)
    this.#checkControl(this.#transfer.openingControl(route, this.#nowMs))
    this.#nowMs += 5
    this.#transfer.routeOpened(route, 5, this.#nowMs)
    this.#open.add(route)
  }

  close(route: number): void {
    if (this.#open.delete(route)) this.#transfer.routeClosed(route, 'it has ended', this.#nowMs)
  }

  tick(ms: number): void {
    this.#nowMs += ms
    const { plans, controls } = this.#transfer.tick(this.#nowMs)
    for (const { plan } of plans) decodeRouteMessage(encodeRouteFrame({ kind: 'plan', ...plan }))
    for (const { control } of controls) this.#checkControl(control)
  }

  /** The honest route brings all that is granted: then all there is has come, exactly once and in order. */
  finish(): void {
    for (const route of [1, 2, 3]) this.close(route)
    this.open(0)
    for (let turn = 0; turn < 5 * SEGMENTS && !this.#transfer.complete; turn++) {
      this.tick(20)
      for (; this.#sent < this.#horizon; this.#sent++) {
        const payload = new Uint8Array(SEGMENT_BYTES).fill(1)
        const sentAtUs = this.#nowMs * 1_000
        this.#hear(0, { kind: 'segment', seq: this.#sent, sentAtUs, repair: false, more: false, payload })
      }
    }
    must(this.#transfer.complete, 'the transfer stands still')
    must(this.#out.length === SEGMENTS, 'not each segment has come out once')
    must(
      this.#out.every(firstByte => firstByte === 1),
      'what is not genuine has come out'
    )
  }

  #hear(route: number, message: RouteMessage): void {
    if (!this.#open.has(route)) return
    const heard = decodeRouteMessage(encodeRouteFrame(message))!
    const ready = resultOf(() => this.#transfer.receive(route, heard, this.#nowMs), ERRORS)
    if (ready === undefined) this.close(route)
    for (const payload of ready ?? []) this.#out.push(payload[0]!)
    must(this.#transfer.heldBytes <= MEMORY_SEGMENTS * SEGMENT_BYTES, 'more is held than the memory allows')
    this.#transfer.consumed(this.#transfer.next, this.#nowMs)
  }

  #checkControl(control: Control): void {
    decodeRouteMessage(encodeRouteFrame({ kind: 'control', ...control }))
    this.#horizon = Math.max(this.#horizon, control.horizon)
    must(control.horizon <= this.#transfer.next + MEMORY_SEGMENTS, 'more is granted than the memory holds')
    must(
      control.credits.every(({ limitBytes }) => Number.isSafeInteger(limitBytes)),
      'a credit is no number'
    )
  }
}

const answers = fc.oneof(
  { weight: 5, arbitrary: lies },
  {
    weight: 1,
    arbitrary: fc.constantFrom<RouteMessage>(opened(), relay('r1'), relay('r2'), opened(new Uint8Array(0)))
  }
)
const sessionEvents = fc.array(
  fc.oneof(
    { weight: 5, arbitrary: fc.record({ route: fc.nat(3), message: answers }) },
    { weight: 2, arbitrary: fc.record({ forMs: fc.oneof(fc.nat(200), fc.nat(20_000)) }) },
    fc.record({ dialled: fc.nat(3) }),
    fc.record({ lost: fc.nat(3) }),
    fc.record({ refused: fc.nat(3) })
  ),
  { maxLength: 40 }
)

/** The session does a few things for each event at most, hands segments out in order, and ends once. */
const SESSION_LAW = law('client-session', 300, sessionEvents, history => {
  const trial = new SessionTrial()
  for (const path of ['r1', 'r2', 'r3']) trial.do(session => session.offer(pathOver(path)))
  trial.run(0)
  let segments = 0
  for (const event of history) {
    const startedAtMs = trial.nowMs
    if ('message' in event) trial.receive(event.route, event.message)
    else if ('forMs' in event) trial.run(trial.nowMs + event.forMs)
    else if ('dialled' in event) trial.do(session => session.dialled(event.dialled, trial.nowMs))
    else if ('lost' in event) trial.lose(event.lost, 'it is lost')
    else trial.do(session => session.recordRefused(event.refused, new Error('another'), trial.nowMs))
    const done = (['open', 'send', 'end', 'verify', 'tell'] as const).flatMap(type => trial.take(type))
    const ticks = 1 + (trial.nowMs - startedAtMs) / TICK_MS
    must(done.length <= 50 * ticks, 'more to do than was asked')
    for (const { payloads } of trial.take('output')) segments += payloads.length
    must(segments === trial.session.transfer.next, 'segments come out otherwise than they are counted')
  }
})

/** The laws of a client whose relays and source may say anything. */
export const CLIENT_LAWS = [
  SESSION_LAW,
  ...POLICY_NAMES.map(policy =>
    law(`transfer-${policy}`, 300, fc.array(events, { maxLength: 40 }), history => {
      const transfer = new LiedTo(policy)
      for (const event of history) transfer.run(event)
      transfer.finish()
    })
  )
]
