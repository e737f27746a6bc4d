import type { Writable } from 'node:stream'
import { setInterval } from 'node:timers/promises'
import { RECORD_BYTES } from '../topology/live-content.ts'
import type { LiveContent } from '../topology/model.ts'
import { delayFigures, type LiveDelay, type LiveFigures } from './live-figures.ts'
import type { ProgressPoint } from './measurement.ts'

/** Time in ms between two writes of what was made meanwhile. */
const FEED_MS = 5
/** Least time in ms between two points of the progress; closer ones show nothing in a chart. */
const POINT_MS = 25
/** Bytes of a record that hold its number; the rest repeats its last byte. */
const NUMBER_BYTES = 4

/**
 * A live content as the lab makes it and as it comes out at the other end, with the delay of each
 * record in it. Each record holds its number, so what is left out of the content shows.
 */
export class LiveStream {
  readonly #live: LiveContent
  readonly #records: number
  /** Time at which each record was made; 0 for those that are not. */
  readonly #madeAtMs: Float64Array
  readonly #startedAtMs: number
  readonly #delays: LiveDelay[] = []
  readonly #progress: ProgressPoint[] = []
  #made = 0
  #came = 0
  /** Number of the first record that came. */
  #first: number | undefined
  /** Number of the record that would come next if nothing was left out. */
  #next = 0
  #rest = Buffer.alloc(0)
  #isIntact = true
  #lastMs: number | undefined
  #longestStallMs = 0

  /** Times are of performance.now(). */
  constructor(contentBytes: number, live: LiveContent, startedAtMs: number) {
    this.#live = live
    this.#records = Math.floor(contentBytes / RECORD_BYTES)
    this.#madeAtMs = new Float64Array(this.#records)
    this.#startedAtMs = startedAtMs
  }

  /**
   * Makes the content at its rate, from now on, and writes it to whatever takes the input at each
   * time; undefined where nobody does. Resolves when all of it is made, or at the signal.
   */
  async feed(input: () => Writable | undefined, signal: AbortSignal): Promise<void> {
    for await (const _ of setInterval(FEED_MS)) {
      if (signal.aborted || this.#made === this.#records) return
      const records = this.make(performance.now())
      if (records.length > 0) input()?.write(records)
    }
  }

  /** The records that were made since the last call. */
  make(nowMs: number): Buffer {
    const bytes = ((nowMs - this.#startedAtMs) * this.#live.rateBytesPerSecond) / 1000
    const to = Math.min(this.#records, Math.floor(bytes / RECORD_BYTES))
    const records = Buffer.alloc((to - this.#made) * RECORD_BYTES)
    for (let at = 0; this.#made < to; at += RECORD_BYTES) {
      this.#madeAtMs[this.#made] = nowMs
      writeRecord(records.subarray(at, at + RECORD_BYTES), this.#made++)
    }
    return records
  }

  /** Takes what came out next. */
  take(chunk: Buffer, nowMs: number): void {
    const bytes = Buffer.concat([this.#rest, chunk])
    const whole = bytes.length - (bytes.length % RECORD_BYTES)
    for (let at = 0; at < whole; at += RECORD_BYTES)
      this.#takeRecord(bytes.subarray(at, at + RECORD_BYTES), nowMs)
    this.#rest = Buffer.from(bytes.subarray(whole))
    if (this.#lastMs !== undefined)
      this.#longestStallMs = Math.max(this.#longestStallMs, nowMs - this.#lastMs)
    this.#lastMs = nowMs
    const point = { atMs: nowMs - this.#startedAtMs, bytes: this.#came * RECORD_BYTES }
    const last = this.#progress.at(-1)
    if (last === undefined || point.atMs - last.atMs >= POINT_MS) this.#progress.push(point)
  }

  /**
   * The figures when nothing more comes. The content counts as identical where each record that came
   * is one that was made, in order; those that did not come are in the figures.
   */
  outcome(): {
    longestStallMs: number
    identical: boolean
    progress: ProgressPoint[]
    live: LiveFigures
    delays: LiveDelay[]
  } {
    const first = this.#live.start === 'begin' ? 0 : (this.#first ?? 0)
    return {
      longestStallMs: this.#longestStallMs,
      identical: this.#isIntact && this.#came > 0 && this.#rest.length === 0,
      progress: this.#progress,
      delays: this.#delays,
      live: {
        skippedBytes: (this.#records - first - this.#came) * RECORD_BYTES,
        delayMs: delayFigures(this.#delays.map(({ delayMs }) => delayMs))
      }
    }
  }

  #takeRecord(record: Buffer, nowMs: number): void {
    const number = record.readUInt32BE()
    const isRecord = number >= this.#next && number < this.#made && isFilled(record)
    if (!isRecord) {
      this.#isIntact = false
      return
    }
    this.#first ??= number
    this.#next = number + 1
    const madeAtMs = this.#madeAtMs[number]!
    this.#delays.push({ madeAtMs: madeAtMs - this.#startedAtMs, delayMs: nowMs - madeAtMs })
    this.#came++
  }
}

function writeRecord(record: Buffer, number: number): void {
  record.writeUInt32BE(number)
  record.fill(number & 0xff, NUMBER_BYTES)
}

function isFilled(record: Buffer): boolean {
  const filler = record[NUMBER_BYTES - 1]!
  return record.subarray(NUMBER_BYTES).every(byte => byte === filler)
}
