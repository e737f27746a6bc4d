import type { Planner } from '../planner/planner.ts'
import type { ContentRecord } from '../protocol/content-record.ts'
import type { Extent } from '../protocol/extent.ts'
import type { Relay } from '../protocol/route-messages.ts'
import type { LiveInit } from './live-edge.ts'
import type { RouteMemory } from './route-memory.ts'
import type { SegmentCheck } from './transfer.ts'

/** A planner that may want to know what an opened route's relays say of themselves. */
export interface SessionPlanner extends Planner {
  relays?(route: number, relays: readonly Relay[]): void
}

export interface SessionInit {
  record: ContentRecord
  /** What of the content is fetched. */
  extent: Extent
  /** The id of 16 bytes by which a source joins the routes that lead to it. */
  sessionIdOf(sourceId: string): Uint8Array<ArrayBuffer>
  /** Whether only the source can have made what routes deliver. */
  isSealed: boolean
  planner: SessionPlanner
  /** Checks each segment against the content's root before it is handed on. */
  check: SegmentCheck
  /** What is known of routes from earlier fetches, and what this one learns of them. Default: nothing is kept. */
  memory?: RouteMemory
  /** Present for a live content. */
  live?: LiveInit
  maxRoutes: number
  /** Whether somebody may yet name other sources of the content. Default: false. */
  mayHearOfOthers?: boolean
  /**
   * How long the session goes on without any open route before it gives up, in milliseconds; may be
   * infinite.
   */
  patienceMs: number
  /** Time at which the fetch began: the times in events count from here. */
  startedAtMs: number
  nowMs: number
}
