import type { Pattern } from '../pattern/pattern.ts'
import type * as wire from './route.ts'

export type {
  Credit,
  Drop,
  Dropped,
  Ended,
  Hashes,
  Held,
  Hop,
  Opened,
  Parts,
  PatternApplied,
  Relay,
  Report,
  Secret,
  SeqRange,
  Skipped,
  Status,
  Test,
  TestReply
} from './route.ts'

/** From segment `from` on, `pattern` applies. Versions count up from 1 in a session. */
export interface PatternChange {
  version: number
  from: number
  pattern: Pattern
}

/**
 * The segments of `ranges` (from inclusive, to exclusive) that `fromRoute` carries go to `toRoute`: only those not sent
 * yet, or with `copy` also those already sent.
 */
export interface Reassignment {
  id: number
  fromRoute: number
  toRoute: number
  copy: boolean
  ranges: wire.SeqRange[]
}

/**
 * The client's standing orders to the source. Each is cumulative or numbered, so that the same orders may come over every
 * route, in any order, repeatedly: the first to arrive counts.
 */
export interface Control {
  patterns: PatternChange[]
  reassignments: Reassignment[]
  /** Bytes of segments that a route may have sent since it was opened. */
  credits: wire.Credit[]
  /** No segment at or above this may be sent yet. */
  horizon: number
  /** All segments below this are with the client. */
  done: number
  /** Groups at or above `done` whose hashes the client has: no route needs to bring them again. */
  hashed: number[]
}

/**
 * What the relays of one route need to know of the client's orders: the patterns, as ordered or as the source has applied
 * them, and which segments of this route they drop.
 */
export interface Plan {
  patterns: PatternChange[]
  drops: wire.Drop[]
  done: number
}

/** What a client asks a source for. No relay reads it. */
export interface Request {
  name: string
  /** The content's root, 32 bytes; none asks for the content that the source has under the name now. */
  rootHash: Uint8Array<ArrayBuffer>
  firstSeq: number
  /** The first segment that is not wanted any more; absent: all there are, or will be. */
  endSeq?: number
  /** Of a live content: to begin with what was made so many milliseconds before its edge, and not at `firstSeq`. */
  backMs?: number
  control: Control
  /** Padding that the source sends back behind its `opened`, for the first measurement of rate. */
  testBytes: number
  capabilities: string[]
  /** Whether the source is to tell which segments it has, also if these are not all that are asked for. */
  parts?: boolean
}

export interface Open {
  /** The rest of the path; the last hop is the source. Empty for the source itself. */
  hops: wire.Hop[]
  /** 16 bytes: the source joins routes with the same id to one session. In a sealed one they follow from its secret. */
  sessionId: Uint8Array<ArrayBuffer>
  route: number
  plan: Plan
  capabilities: string[]
  /** A director's pass for the client, for relays that want one; see pass.ts. */
  pass?: Uint8Array<ArrayBuffer>
  /** In a sealed session: ascending among the streams that have carried this number. */
  opening?: number
  /** An encoded `Request`, sealed in a sealed session; empty where `request` brings it later. */
  request: Uint8Array<ArrayBuffer>
  /** The first message of a handshake with the source; absent in a session that is not sealed. */
  handshake?: Uint8Array<ArrayBuffer>
}

export interface Segment {
  seq: number
  /** When the source handed the segment to the route, by the source's own clock: microseconds, any origin. */
  sentAtUs: number
  /** True when the segment is sent because of a reassignment. */
  repair: boolean
  /** True for a piece: the rest of the segment follows in the route's next segment messages. */
  more: boolean
  payload: Uint8Array
}

/** Bytes of each segment from `from` on, of a content whose segments differ in size. */
export interface Lengths {
  from: number
  /** Bytes of the content before segment `from`. */
  atByte: number
  lengths: number[]
}

export type RouteMessage =
  | ({ kind: 'open' } & Open)
  | ({ kind: 'opened' } & wire.Opened)
  | ({ kind: 'relay' } & wire.Relay)
  | ({ kind: 'status' } & wire.Status)
  | ({ kind: 'segment' } & Segment)
  | ({ kind: 'plan' } & Plan)
  | ({ kind: 'dropped' } & wire.Dropped)
  | ({ kind: 'held' } & wire.Held)
  | { kind: 'lane'; secret: Uint8Array }
  | { kind: 'laneBegins' }
  /** `bytes`: a signed receipt, see receipt.ts. */
  | { kind: 'receipt'; bytes: Uint8Array }
  | ({ kind: 'hashes' } & wire.Hashes)
  /** `bytes`: a signed head of a live content, see stream-head.ts. */
  | { kind: 'head'; bytes: Uint8Array }
  | ({ kind: 'lengths' } & Lengths)
  | ({ kind: 'control' } & Control)
  | ({ kind: 'report' } & wire.Report)
  | ({ kind: 'test' } & wire.Test)
  | ({ kind: 'testReply' } & wire.TestReply)
  | ({ kind: 'skipped' } & wire.Skipped)
  | { kind: 'handshake'; bytes: Uint8Array }
  | { kind: 'request'; request: Uint8Array }
  | ({ kind: 'ended' } & wire.Ended)
  | ({ kind: 'parts' } & wire.Parts)

/** Orders that ask for nothing. */
export function emptyControl(): Control {
  return { patterns: [], reassignments: [], credits: [], horizon: 0, done: 0, hashed: [] }
}

/** What the relays of `route` need to know of these orders. */
export function planOf({ patterns, reassignments, done }: Control, route: number): Plan {
  const taken = reassignments.filter(({ copy, fromRoute }) => copy && fromRoute === route)
  return { patterns, drops: taken.map(({ id, ranges }) => ({ id, ranges })), done }
}
