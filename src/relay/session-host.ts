import type { Receipt } from '../protocol/receipt.ts'
import type { Hop } from '../protocol/route-messages.ts'
import type { Scheduler } from '../scheduler.ts'
import type { OverlayNode } from '../transport/node.ts'
import type { Refusal } from './admission.ts'
import type { RelayLimits } from './limits.ts'
import type { RouteCoreStats } from './route-action.ts'

/** The parts of a relay that its sessions use. */
export interface SessionHost<Session> {
  readonly node: OverlayNode
  readonly limits: RelayLimits
  readonly scheduler: Scheduler
  /** The addresses at which the session's next hop may be dialled; undefined where it may not be used at all. */
  dialable(session: Session, hop: Hop): string[] | undefined
  /** The session has been admitted and its `stats` can be read. */
  admitted(session: Session): void
  refused(session: Session, refusal: Refusal): void
  /** The session's client has signed for what was carried; `signed` is the receipt as it came. */
  receipt(receipt: Receipt, signed: Uint8Array): void
  /**
   * The session's next frame may have changed, its client may take more or no more, or other
   * `queuedUpBytes` wait for its next hop; `sendNext` is called at its turn.
   */
  offer(session: Session, isWritable: boolean, queuedUpBytes: number): void
  /** The session is over; called once. */
  closed(session: Session): void
}

/** The statistics of one route through the relay so far. */
export interface RelaySessionStats extends RouteCoreStats {
  /** The node that dialled. */
  peerId: string
  /** Frames sent towards the source, in bytes. */
  bytesUp: number
  /** Frames that wait for the next hop, in bytes. */
  queuedUpBytes: number
}
