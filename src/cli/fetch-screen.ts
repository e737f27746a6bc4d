import type { FetchEvent } from '../client/fetch-events.ts'
import { type FetchState, progressLines, type ViewOptions } from './fetch-view.ts'
import type { Reporter } from './reporter.ts'

/**
 * Interval in milliseconds between two blocks of progress lines without a terminal, as there they
 * pile up.
 */
const LOG_INTERVAL_MS = 5_000

/** The part of a terminal that the screen needs. */
export interface Terminal {
  isTTY?: boolean
  /** Whether the terminal has not taken everything yet, as when Ctrl-S holds it. */
  isBehind?: boolean
  write(text: string): unknown
}

/** Shows a fetch while it runs: redrawn in place on a terminal, as lines now and then elsewhere. */
export class FetchScreen {
  readonly #reporter: Reporter
  readonly #terminal: Terminal
  readonly #options: ViewOptions
  readonly #state: FetchState = { totalBytes: undefined, progress: undefined, rateBytesPerSecond: 0 }
  #drawnLines = 0
  #lastLogMs = 0

  constructor(reporter: Reporter, terminal: Terminal, environment: NodeJS.ProcessEnv = process.env) {
    this.#reporter = reporter
    this.#terminal = terminal
    const live = terminal.isTTY === true
    this.#options = { bars: live, color: live && !environment.NO_COLOR }
  }

  /** Takes the content's size, once it is known. */
  setTotal(totalBytes: number): void {
    this.#state.totalBytes = totalBytes
  }

  handle(event: FetchEvent): void {
    if (this.#reporter.json || this.#reporter.quiet) return
    if (event.event !== 'progress') {
      this.#erase()
      return
    }
    this.#follow(event)
    if (this.#terminal.isTTY) this.#redraw()
    else if (event.atMs - this.#lastLogMs >= LOG_INTERVAL_MS) {
      this.#lastLogMs = event.atMs
      this.#reporter.note(progressLines(this.#state, this.#options))
    }
  }

  /**
   * Gives up the drawn lines, which then stay: others have written to the terminal, as a shell does
   * while this process is stopped.
   */
  forget(): void {
    this.#drawnLines = 0
  }

  /** Leaves the terminal as it was before. */
  close(): void {
    this.#erase()
  }

  #follow(event: Extract<FetchEvent, { event: 'progress' }>): void {
    const before = this.#state.progress
    if (before && event.atMs > before.atMs) {
      this.#state.rateBytesPerSecond = ((event.bytes - before.bytes) * 1000) / (event.atMs - before.atMs)
    }
    this.#state.progress = event
  }

  #redraw(): void {
    // A terminal that is behind gets nothing, so that it later shows the latest state and not all
    // earlier ones.
    if (this.#terminal.isBehind) return
    this.#erase()
    const lines = progressLines(this.#state, this.#options)
    this.#terminal.write(lines.map(line => line + '\n').join(''))
    this.#drawnLines = lines.length
  }

  #erase(): void {
    if (this.#drawnLines > 0) this.#terminal.write(`\u001b[${this.#drawnLines}A\u001b[0J`)
    this.#drawnLines = 0
  }
}
