import type { Hop, HopLimits, Open } from '../protocol/route-codec.ts'
import type { Scheduler } from '../scheduler.ts'
import type { OverlayNode } from '../transport/node.ts'
import type { Refusal } from './admission.ts'
import type { RelayLimits } from './limits.ts'
import type { PatternCounts } from './pattern-history.ts'

/** What a session needs of its relay. */
export interface SessionHost<Session> {
  readonly node: OverlayNode
  readonly limits: RelayLimits
  readonly scheduler: Scheduler
  /** Takes the session in, or says why not. */
  admit(session: Session, open: Open): Refusal | undefined
  /** The addresses at which the session's next hop may be dialled. */
  dialable(session: Session, hop: Hop): string[]
  /** The session has been admitted and its `stats` can be read. */
  began(session: Session): void
  /** What the client is told of this relay. */
  describe(): Omit<HopLimits, 'setUpMs'>
  /** The session has a frame of that size to send and room for it; `sendNext` is called when it is its turn. */
  offer(session: Session, frameBytes: number): void
  withdraw(session: Session): void
  /** The session is over; called once. */
  closed(session: Session): void
}

/** What one route through the relay has done so far. */
export interface RelaySessionStats {
  /** Hex; the same for all routes of one fetch. */
  sessionId: string
  /** The route's letter in patterns. */
  route: string
  /** The node that dialled. */
  peerId: string
  nextHop: string
  /** The pattern ordered last; undefined before the first. */
  pattern: string | undefined
  segments: PatternCounts
  /** Frames sent towards the client, in bytes. */
  bytesDown: number
  /** Frames sent towards the source, in bytes. */
  bytesUp: number
  /** Payload bytes dropped because a reassignment took them away. */
  droppedBytes: number
  /** Frames that wait for the client, in bytes with what holding them costs. */
  queuedBytes: number
  /** Frames that wait for the next hop, in bytes. */
  queuedUpBytes: number
}
