import type { Hop } from '../protocol/route-messages.ts'
import type { Refusal } from './admission.ts'
import type { PatternCounts } from './pattern-history.ts'

/** An action to be carried out for a route; actions are carried out in order. */
export type RouteAction =
  | { kind: 'sendToClient'; frame: Uint8Array }
  | { kind: 'sendToNext'; frame: Uint8Array }
  /** Reach the next hop and send it `opening`, before all else that goes there. */
  | { kind: 'dialNext'; hop: Hop; opening: Uint8Array }
  /** End this side of the next hop's stream once everything is out. */
  | { kind: 'endNext' }
  | { kind: 'abortNext'; reason: Error }
  /** End this side of the client's stream once everything is out. */
  | { kind: 'closeClient' }
  | { kind: 'abortClient'; reason: Error }
  /** Verify the receipt's signature, and tell by `receiptVerified` or `receiptRefused`. */
  | { kind: 'verifyReceipt'; signed: Uint8Array }
  | { kind: 'reportAdmitted' }
  | { kind: 'reportRefused'; refusal: Refusal }

/**
 * Where a route stands:
 * - `pending`: the client has not asked for a route yet.
 * - `opening`: the next hop has not answered yet.
 * - `active`: the next hop has answered `opened`.
 * - `dismissed`: the next hop has said by a `status` why it ends the route.
 * - `draining`: the next hop has ended; what waits for the client still goes out.
 * - `failing`: this relay has ended the route; the client gets the `status` and what waits, and is not heard any more.
 * - `closing`: everything is sent, and the client's stream is being closed.
 * - `closed`: the client's stream is gone.
 */
export type RoutePhase =
  | 'pending'
  | 'opening'
  | 'active'
  | 'dismissed'
  | 'draining'
  | 'failing'
  | 'closing'
  | 'closed'

/** The statistics of a route so far. */
export interface RouteCoreStats {
  /** Hex; the same for all routes of one fetch. */
  sessionId: string
  /** The route's letter in patterns. */
  route: string
  nextHop: string
  /** The pattern ordered last; undefined before the first. */
  pattern: string | undefined
  segments: PatternCounts
  /** Frames sent towards the client, in bytes. */
  bytesDown: number
  /** Payload bytes of segments that the client has signed for. */
  signedBytes: number
  /** Payload bytes dropped because a reassignment took them away. */
  droppedBytes: number
  /** Frames that wait for the client, in bytes with what holding them costs. */
  queuedBytes: number
}
