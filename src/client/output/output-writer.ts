import type { Scheduler } from '../../scheduler.ts'

/** The destination of ordered bytes; see output.ts. */
export interface ByteSink {
  /**
   * How long a small amount may wait for more before it is written, in milliseconds. Default: it
   * does not wait.
   */
  readonly gatherMs?: number
  write(chunks: Uint8Array[]): Promise<void>
}

/**
 * Bytes written in one batch: large enough for the disk, small enough that the horizon moves on
 * while much is waiting.
 */
const BATCH_BYTES = 1024 * 1024
/** Number of waiting bytes from which on they are written without a wait. */
const WORTHWHILE_BYTES = 256 * 1024

/**
 * Hands ordered segments to the output one write at a time, in batches, and tells how many it has taken. A slow output
 * thereby holds back the horizon, and with it every route.
 */
export class OutputWriter {
  readonly #sink: ByteSink
  readonly #taken: (segments: number) => void
  readonly #failed: (error: unknown) => void
  readonly #scheduler: Scheduler
  readonly #waiting: Uint8Array[] = []
  #waitingBytes = 0
  #busy = false
  #cancelDrain: (() => void) | undefined
  #idle: PromiseWithResolvers<void> | undefined

  constructor(
    sink: ByteSink,
    taken: (segments: number) => void,
    failed: (error: unknown) => void,
    scheduler: Scheduler
  ) {
    this.#sink = sink
    this.#taken = taken
    this.#failed = failed
    this.#scheduler = scheduler
  }

  push(segments: Uint8Array[]): void {
    for (const segment of segments) {
      this.#waiting.push(segment)
      this.#waitingBytes += segment.byteLength
    }
    if (this.#busy) return
    const { gatherMs = 0 } = this.#sink
    if (gatherMs === 0 || this.#waitingBytes >= WORTHWHILE_BYTES) void this.#drain()
    else this.#cancelDrain ??= this.#scheduler.after(gatherMs, () => void this.#drain())
  }

  /** Resolves once everything pushed so far has been taken. */
  async whenIdle(): Promise<void> {
    if (!this.#busy && this.#waiting.length > 0) void this.#drain()
    if (!this.#busy) return
    this.#idle ??= Promise.withResolvers()
    await this.#idle.promise
  }

  async #drain(): Promise<void> {
    this.#busy = true
    this.#cancelDrain?.()
    this.#cancelDrain = undefined
    try {
      while (this.#waiting.length > 0) {
        const batch = this.#waiting.splice(0, batchLength(this.#waiting))
        for (const { byteLength } of batch) this.#waitingBytes -= byteLength
        await this.#sink.write(batch)
        this.#taken(batch.length)
      }
      this.#busy = false
      this.#idle?.resolve()
    } catch (error) {
      // The writer stays busy, so that nothing is written after a failed write.
      this.#failed(error)
    }
  }
}

/** Number of the first segments that make a batch; at least one. */
function batchLength(segments: readonly Uint8Array[]): number {
  let bytes = 0
  const end = segments.findIndex(segment => {
    bytes += segment.byteLength
    return bytes >= BATCH_BYTES
  })
  return end < 0 ? segments.length : end + 1
}
