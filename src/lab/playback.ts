import type { Player } from '../topology/model.ts'

/** The course of a playing, in figures. */
export interface PlayFigures {
  /** Time in ms from the request until the player began. */
  startUpMs: number
  rebuffers: Rebuffer[]
}

/** A stop of the player, as it held nothing more to play. */
export interface Rebuffer {
  /** Time in ms since the request. */
  atMs: number
  durationMs: number
}

/**
 * A player as far as the network feels it: it begins when it holds as much as its buffer takes, plays
 * on at the rate of the content, and reads no more than fits its buffer. When it holds nothing more, it
 * stops until its buffer is full again. Times are in ms, of any one clock.
 */
export class Playback {
  readonly #contentBytes: number
  readonly #bytesPerMs: number
  readonly #bufferBytes: number
  readonly #startedAtMs: number
  readonly #rebuffers: Rebuffer[] = []
  #startUpMs: number | undefined
  #readBytes = 0
  /** Bytes that were played until #atMs. */
  #playedBytes = 0
  #atMs: number
  /** Time since which the player stands still; undefined while it plays. */
  #stoppedAtMs: number | undefined

  constructor(contentBytes: number, { rateBytesPerSecond, bufferMs }: Player, startedAtMs: number) {
    this.#contentBytes = contentBytes
    this.#bytesPerMs = rateBytesPerSecond / 1000
    this.#bufferBytes = bufferMs * this.#bytesPerMs
    this.#startedAtMs = startedAtMs
    this.#atMs = startedAtMs
    this.#stoppedAtMs = startedAtMs
  }

  /** Takes that many further bytes. */
  take(bytes: number, nowMs: number): void {
    this.#playUntil(nowMs)
    this.#readBytes += bytes
    const isFull = this.#heldBytes >= this.#bufferBytes || this.#readBytes >= this.#contentBytes
    if (this.#stoppedAtMs === undefined || !isFull) return
    if (this.#startUpMs === undefined) this.#startUpMs = nowMs - this.#startedAtMs
    else this.#rebuffers.push(this.#rebufferUntil(nowMs, this.#stoppedAtMs))
    this.#stoppedAtMs = undefined
  }

  /** Time in ms until the player reads on; 0 where it has room. */
  waitMs(nowMs: number): number {
    this.#playUntil(nowMs)
    if (this.#stoppedAtMs !== undefined) return 0
    return Math.max(0, (this.#heldBytes - this.#bufferBytes) / this.#bytesPerMs)
  }

  /** The figures when nothing more comes. */
  outcome(nowMs: number): { longestStallMs: number; play: PlayFigures } {
    this.#playUntil(nowMs)
    const startUpMs = this.#startUpMs ?? nowMs - this.#startedAtMs
    const rebuffers = [...this.#rebuffers]
    if (this.#startUpMs !== undefined && this.#stoppedAtMs !== undefined)
      rebuffers.push(this.#rebufferUntil(nowMs, this.#stoppedAtMs))
    const longestStallMs = Math.max(0, ...rebuffers.map(({ durationMs }) => durationMs))
    return { longestStallMs, play: { startUpMs, rebuffers } }
  }

  get #heldBytes(): number {
    return this.#readBytes - this.#playedBytes
  }

  /** Plays what there is. The end of the content is no stop. */
  #playUntil(nowMs: number): void {
    if (this.#stoppedAtMs === undefined) {
      const wantedBytes = (nowMs - this.#atMs) * this.#bytesPerMs
      if (wantedBytes > this.#heldBytes && this.#readBytes < this.#contentBytes)
        this.#stoppedAtMs = this.#atMs + this.#heldBytes / this.#bytesPerMs
      this.#playedBytes += Math.min(wantedBytes, this.#heldBytes)
    }
    this.#atMs = nowMs
  }

  #rebufferUntil(nowMs: number, stoppedAtMs: number): Rebuffer {
    return { atMs: stoppedAtMs - this.#startedAtMs, durationMs: nowMs - stoppedAtMs }
  }
}
