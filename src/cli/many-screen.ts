import { formatBytes, formatRate } from '../units/units.ts'
import { LOG_INTERVAL_MS, type Terminal } from './fetch-screen.ts'
import type { Reporter } from './reporter.ts'
import { SmoothedRate } from './smoothed-rate.ts'
import { cutToWidth } from './text-width.ts'

/** Least time in milliseconds between two drawings. */
const DRAW_INTERVAL_MS = 200

/** How far a fetch of several contents is. */
export interface ManyState {
  contents: number
  /** Those that are here or were here already. */
  done: number
  failed: number
  /** Bytes that have come so far. */
  bytes: number
}

/** Shows a fetch of several contents in one line: in place on a terminal, now and then elsewhere. */
export class ManyScreen {
  readonly #reporter: Reporter
  readonly #terminal: Terminal | undefined
  readonly #stopResizing: (() => void) | undefined
  readonly #rate = new SmoothedRate()
  #line = ''
  #lastDrawnMs = Number.NEGATIVE_INFINITY
  #lastLogMs = 0

  constructor(reporter: Reporter, terminal: Terminal | undefined) {
    this.#reporter = reporter
    this.#terminal = terminal
    this.#stopResizing = terminal?.onResize(() => this.#draw())
  }

  /** Shows the state; `atMs` counts from the beginning. */
  show(state: ManyState, atMs: number): void {
    if (atMs - this.#lastDrawnMs < DRAW_INTERVAL_MS) return
    this.#lastDrawnMs = atMs
    this.#rate.follow(state.bytes, atMs)
    this.#line = wholeLine(state, this.#rate.bytesPerSecond)
    if (this.#terminal) this.#draw()
    else if (atMs - this.#lastLogMs >= LOG_INTERVAL_MS) {
      this.#lastLogMs = atMs
      this.#reporter.note(this.#line)
    }
  }

  /** Takes the drawn line away. */
  hide(): void {
    this.#terminal?.erase()
  }

  /** Gives up the drawn line, which then stays: others have written to the terminal. */
  forget(): void {
    this.#terminal?.forget()
  }

  /** Leaves the terminal as it was before. */
  close(): void {
    this.#stopResizing?.()
    this.#terminal?.erase()
  }

  #draw(): void {
    const { json, quiet } = this.#reporter
    if (!this.#terminal || json || quiet || this.#terminal.isBehind || this.#line === '') return
    this.#terminal.draw([cutToWidth(this.#line, this.#terminal.size.columns - 1)])
  }
}

/** The line for the whole: `12 of 1000 contents, 1 failed, 3.4 MB, 5.6 Mbit/s`. */
export function wholeLine({ contents, done, failed, bytes }: ManyState, bytesPerSecond: number): string {
  const failures = failed === 0 ? '' : `, ${failed} failed`
  return `${done} of ${contents} contents${failures}, ${formatBytes(bytes)}, ${formatRate(bytesPerSecond)}`
}
