import fc from 'fast-check'
import { Pattern } from '../../src/pattern/pattern.ts'
import { RangeSet } from '../../src/pattern/range-set.ts'
import { extentOf } from '../../src/protocol/extent.ts'
import { decodeRouteMessage, encodeRouteFrame } from '../../src/protocol/route-codec.ts'
import type { Control } from '../../src/protocol/route-messages.ts'
import { InvalidOrderError, SourceSession } from '../../src/source/source-session.ts'
import { control as order } from '../protocol/messages.ts'
import { wildNumbers, wildRanges } from './inputs.ts'
import { law, must, resultOf } from './law.ts'

const SEGMENT_BYTES = 100
const ROUTES = 52
const HASH_GROUP = 4

const routes = fc.oneof(fc.nat(3), fc.nat(ROUTES - 1))
const seqs = fc.oneof({ weight: 3, arbitrary: fc.nat(80) }, { weight: 1, arbitrary: wildNumbers })
const nearRanges = fc
  .uniqueArray(fc.nat(80), { maxLength: 12 })
  .map(numbers => [...new RangeSet(numbers.map(from => ({ from, to: from + 1 })))])
const ranges = fc.oneof(nearRanges, wildRanges)
const patterns = fc
  .array(fc.uniqueArray(routes, { minLength: 1, maxLength: 3 }), { minLength: 1, maxLength: 6 })
  .map(elements => new Pattern(elements))

const orders: fc.Arbitrary<Control> = fc
  .record(
    {
      patterns: fc.array(fc.record({ version: fc.nat(30), from: seqs, pattern: patterns }), { maxLength: 3 }),
      reassignments: fc.array(
        fc.record({ id: fc.nat(30), fromRoute: routes, toRoute: routes, copy: fc.boolean(), ranges }),
        { maxLength: 3 }
      ),
      credits: fc.array(fc.record({ route: routes, limitBytes: seqs }), { maxLength: 4 }),
      horizon: seqs,
      done: seqs,
      hashed: fc.array(seqs, { maxLength: 4 })
    },
    { requiredKeys: [] }
  )
  .map(order)

const steps = fc.oneof(
  { weight: 2, arbitrary: fc.record({ do: fc.constant('join' as const), route: routes }) },
  { weight: 1, arbitrary: fc.record({ do: fc.constant('leave' as const), route: routes }) },
  { weight: 5, arbitrary: fc.record({ do: fc.constant('order' as const), control: orders }) },
  { weight: 5, arbitrary: fc.record({ do: fc.constant('send' as const), route: routes, count: fc.nat(40) }) },
  { weight: 1, arbitrary: fc.record({ do: fc.constant('test' as const), route: routes, nonce: fc.nat(9) }) }
)
type Step = typeof steps extends fc.Arbitrary<infer T> ? T : never

/** What a client knows of one route, from what it has ordered and what has come. */
interface RouteAccount {
  creditBytes: number
  sentBytes: number
  lastScheduled: number
}

/** A session with an account of all that comes out of it. */
class WatchedSession {
  readonly #session: SourceSession
  readonly #end: number
  readonly #accounts = new Map<number, RouteAccount>()
  #horizon: number
  #done: number

  constructor(firstSeq: number, segments: number) {
    const extent = extentOf(
      { segmentBytes: SEGMENT_BYTES, sizeBytes: segments * SEGMENT_BYTES - 7 },
      firstSeq
    )
    this.#session = new SourceSession({ peerId: 'source', extent, hashGroupSegments: HASH_GROUP })
    this.#end = segments
    this.#horizon = firstSeq
    this.#done = firstSeq
  }

  /** Throws InvalidOrderError, by which a source ends the session. */
  run(step: Step): void {
    if (step.do === 'join') {
      if (this.#accounts.has(step.route)) return
      this.#session.addRoute(step.route)
      this.#accounts.set(step.route, { creditBytes: 0, sentBytes: 0, lastScheduled: -1 })
    } else if (step.do === 'leave') {
      this.#session.removeRoute(step.route)
      this.#accounts.delete(step.route)
    } else if (step.do === 'order') this.#order(step.control)
    else if (step.do === 'send') for (let i = 0; i < step.count && this.#send(step.route); i++) {}
    else {
      const padding = new Uint8Array(0)
      this.#session.queue(step.route, { kind: 'testReply', nonce: step.nonce, padding })
    }
  }

  #order(control: Control): void {
    this.#horizon = Math.max(this.#horizon, Math.min(control.horizon, this.#end))
    this.#done = Math.max(this.#done, Math.min(control.done, this.#end))
    for (const { route, limitBytes } of control.credits) {
      const account = this.#accounts.get(route)
      if (account) account.creditBytes = Math.max(account.creditBytes, limitBytes)
    }
    this.#session.apply(control)
    must(this.#session.done === this.#done, 'the source counts otherwise what the client has')
  }

  #send(route: number): boolean {
    const account = this.#accounts.get(route)
    const action = this.#session.next(route)
    if (!account || !action) return false
    if (action.kind === 'message') {
      const { message } = action
      decodeRouteMessage(encodeRouteFrame(message))
      if (message.kind === 'skipped') account.sentBytes += message.bytes
    } else if (action.kind === 'segment') {
      const { seq, repair } = action
      must(account.sentBytes < account.creditBytes, 'a segment went without credit')
      must(seq >= this.#done && seq < this.#horizon, `segment ${seq} went though it was not wanted`)
      must(repair || seq > account.lastScheduled, `segment ${seq} went a second time`)
      if (!repair) account.lastScheduled = seq
      account.sentBytes += this.#session.extent.lengthOf(seq)
    } else must(action.group * HASH_GROUP < this.#end, 'hashes of a group that does not exist')
    return true
  }
}

/** Whether the source takes a step, and does not end the session by it. */
function isTaken(step: () => void): boolean {
  return (
    resultOf(() => {
      step()
      return true
    }, [InvalidOrderError]) ?? false
  )
}

/** The laws of a source that a client gives any orders to. */
export const SOURCE_LAWS = [
  law(
    'source-session',
    1_500,
    fc.tuple(fc.nat(10), fc.constantFrom(11, 60, 2 ** 40), fc.array(steps, { maxLength: 40 })),
    ([firstSeq, segments, history]) => {
      const session = new WatchedSession(firstSeq, segments)
      for (const step of [{ do: 'join', route: 0 } as const, ...history])
        if (!isTaken(() => session.run(step))) return
    }
  )
]
