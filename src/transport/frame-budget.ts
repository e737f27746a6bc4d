import { AnabranchError, WireStatus } from '../errors.ts'
import { Budget } from './budget.ts'
import { FRAME_LIMITS } from './limits.ts'

/** The header of a yamux frame. */
export interface FrameHeader {
  type: number
  flag: number
  streamID: number
  /** Bytes of data, bytes that a window grows by, or the number of a ping. */
  length: number
}

export const FRAME_TYPE = { data: 0, windowUpdate: 1 } as const
export const FRAME_FLAG = { syn: 1 } as const
const KNOWN_FLAGS = 0b1111

/** A peer sends frames of yamux that nobody needs, or more of them than anybody needs. */
export class FrameAbuseError extends AnabranchError {
  constructor(what: string) {
    super('ERR_FRAME_ABUSE', `The peer ${what}`, { wireStatus: WireStatus.malformed })
  }
}

/**
 * Counts the frames of one connection that make work and move no data. They are paid for by time, and window
 * updates by the data that we have sent, too.
 */
export class FrameBudget {
  readonly #opens = new Budget(FRAME_LIMITS.opens)
  readonly #idleFrames = new Budget(FRAME_LIMITS.idleFrames)

  /** Takes a frame of the peer into account. Throws FrameAbuseError where it is one too many, or makes no sense. */
  take({ type, flag, length }: FrameHeader, nowMs: number): void {
    if ((flag & ~KNOWN_FLAGS) !== 0) throw new FrameAbuseError(`sends frames with unknown flags (${flag})`)
    if ((flag & FRAME_FLAG.syn) !== 0 && type <= FRAME_TYPE.windowUpdate) {
      if (this.#opens.use(1, nowMs) < 0) throw new FrameAbuseError('opens streams too fast')
      this.#idleFrames.earn(FRAME_LIMITS.idleFramesPerStream)
      return
    }
    if (type === FRAME_TYPE.data && length > 0) return
    if (this.#idleFrames.use(1, nowMs) < 0) throw new FrameAbuseError('sends too many frames without data')
  }

  /** A frame of data was sent to the peer, which may answer it by a window update. */
  sent(): void {
    this.#idleFrames.earn(1)
  }
}
