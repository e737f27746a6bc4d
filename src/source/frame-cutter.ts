export interface FrameCutterInit {
  frameMs: number
  /** Most bytes of a segment. */
  segmentBytes: number
  /** Time at which the first frame begins. */
  startedAtMs: number
}

/** What is complete: so many empty frames, and then perhaps one with bytes. */
export interface CutFrames {
  empty: number
  segment?: Uint8Array
}

/**
 * Divides what comes in by time: a segment is what came within a frame. Where that is more than a segment may have, the frame
 * is full, and what comes is for the next one. Pure.
 */
export class FrameCutter {
  readonly #init: FrameCutterInit
  readonly #part: Uint8Array
  #partBytes = 0
  /** The frame to which the part belongs. */
  #partFrame = 0
  /** The first frame that is not cut yet. */
  #next = 0

  constructor(init: FrameCutterInit) {
    this.#init = init
    this.#part = new Uint8Array(init.segmentBytes)
  }

  /** When the frame ends that has bytes; undefined where none has. */
  get endsAtMs(): number | undefined {
    if (this.#partBytes === 0) return undefined
    return this.#init.startedAtMs + (this.#partFrame + 1) * this.#init.frameMs
  }

  /** Takes bytes for the frame of this time, once what came before it is cut. Returns how many it takes. */
  add(bytes: Uint8Array, nowMs: number): number {
    if (this.#partBytes === 0) this.#partFrame = Math.max(this.#next, this.#frameAt(nowMs))
    const taken = bytes.subarray(0, this.#part.byteLength - this.#partBytes)
    this.#part.set(taken, this.#partBytes)
    this.#partBytes += taken.byteLength
    return taken.byteLength
  }

  /** Returns the frames that have ended since it was last asked. */
  cut(nowMs: number): CutFrames {
    const { endsAtMs } = this
    if (endsAtMs === undefined) return { empty: this.#rest(nowMs) }
    return nowMs >= endsAtMs ? this.#take() : { empty: 0 }
  }

  /** Nothing follows: returns what is left. */
  end(nowMs: number): CutFrames {
    return this.#partBytes > 0 ? this.#take() : { empty: this.#rest(nowMs) }
  }

  #take(): CutFrames {
    const empty = this.#partFrame - this.#next
    const segment = this.#part.slice(0, this.#partBytes)
    this.#partBytes = 0
    this.#next = this.#partFrame + 1
    return { empty, segment }
  }

  #rest(nowMs: number): number {
    const empty = Math.max(0, this.#frameAt(nowMs) - this.#next)
    this.#next += empty
    return empty
  }

  #frameAt(nowMs: number): number {
    return Math.floor((nowMs - this.#init.startedAtMs) / this.#init.frameMs)
  }
}
