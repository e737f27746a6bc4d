import type { FetchEvent } from '../client/fetch-events.ts'
import { RateHistory } from '../client/rate-history.ts'
import type { TerminalSize } from '../files/terminal.ts'
import { type FetchState, HISTORY_SLOTS, progressLines, type ViewOptions } from './progress-lines.ts'
import type { Reporter } from './reporter.ts'
import { SmoothedRate } from './smoothed-rate.ts'

/**
 * Interval in milliseconds between two blocks of progress lines without a terminal, as there they
 * pile up.
 */
export const LOG_INTERVAL_MS = 5_000

/** A terminal that takes escape sequences: the part of it that the screen needs. */
export interface Terminal {
  /** Whether it can show nothing beyond ASCII. */
  isAscii: boolean
  /** Whether the terminal has not taken everything yet, as when Ctrl-S holds it. */
  isBehind: boolean
  size: TerminalSize
  /** Draws lines below all text, in place of those drawn before; text written later erases them. */
  draw(lines: readonly string[]): void
  erase(): void
  /** Gives up the drawn lines, which then stay. */
  forget(): void
  /** Calls back when the size has changed. Returns a function that stops this. */
  onResize(handler: () => void): () => void
}

/** Shows a fetch while it runs: redrawn in place on a terminal, as lines now and then elsewhere. */
export class FetchScreen {
  readonly #reporter: Reporter
  readonly #terminal: Terminal | undefined
  readonly #options: ViewOptions
  readonly #history = new RateHistory(HISTORY_SLOTS)
  readonly #relays = new Map<string, readonly string[]>()
  readonly #state: FetchState
  readonly #stopResizing: (() => void) | undefined
  readonly #rate = new SmoothedRate()
  #lastLogMs = 0

  /** Without a terminal there are lines now and then. `maxRate`: the most that the fetch may have, in bytes a second. */
  constructor(
    reporter: Reporter,
    terminal: Terminal | undefined,
    environment: NodeJS.ProcessEnv,
    maxRate?: number
  ) {
    this.#reporter = reporter
    this.#state = {
      totalBytes: undefined,
      progress: undefined,
      rateBytesPerSecond: 0,
      history: this.#history,
      relays: this.#relays,
      shared: [],
      maxRate
    }
    this.#terminal = terminal
    this.#options = { color: !environment.NO_COLOR, isAscii: terminal?.isAscii ?? false }
    this.#stopResizing = terminal?.onResize(() => this.#redraw(terminal))
  }

  /** Takes the content's size, once it is known. */
  setTotal(totalBytes: number): void {
    this.#state.totalBytes = totalBytes
  }

  handle(event: FetchEvent): void {
    if (event.event === 'route') this.#relays.set(event.id, event.relays)
    if (event.event === 'sharedBottleneck') this.#share(event)
    if (event.event !== 'progress') return
    this.#follow(event)
    if (this.#terminal) this.#redraw(this.#terminal)
    else if (event.atMs - this.#lastLogMs >= LOG_INTERVAL_MS) {
      this.#lastLogMs = event.atMs
      this.#reporter.note(progressLines(this.#state, this.#options))
    }
  }

  /** Takes the drawn lines away, until the next progress. */
  hide(): void {
    this.#terminal?.erase()
  }

  /**
   * Gives up the drawn lines, which then stay: others have written to the terminal, as a shell does
   * while this process is stopped.
   */
  forget(): void {
    this.#terminal?.forget()
  }

  /** Leaves the terminal as it was before. */
  close(): void {
    this.#stopResizing?.()
    this.#terminal?.erase()
  }

  #follow(event: Extract<FetchEvent, { event: 'progress' }>): void {
    this.#state.progress = event
    this.#history.follow(event.routes, event.atMs)
    this.#rate.follow(event.bytes, event.atMs)
    this.#state.rateBytesPerSecond = this.#rate.bytesPerSecond
  }

  #share({ routes, shared }: Extract<FetchEvent, { event: 'sharedBottleneck' }>): void {
    const others = this.#state.shared.filter(group => group.join() !== routes.join())
    this.#state.shared = shared ? [...others, routes] : others
  }

  #redraw(terminal: Terminal): void {
    const { json, quiet } = this.#reporter
    // A terminal that is behind gets nothing, so that it later shows the latest state and not all
    // earlier ones.
    if (json || quiet || terminal.isBehind) return
    const lines = progressLines(this.#state, { ...this.#options, size: terminal.size })
    if (lines.length > 0) terminal.draw(lines)
  }
}

/**
 * Takes the drawn lines away before a signal stops or ends this process, so that the shell writes on
 * a terminal as it was before. Returns a function that undoes this.
 */
export function attendStops(screen: Pick<FetchScreen, 'hide' | 'forget'>): () => void {
  const onStop = (signal: NodeJS.Signals) => {
    screen.hide()
    // Without a listener the signal has its usual effect.
    process.off(signal, onStop)
    process.kill(process.pid, signal)
    again = setImmediate(() => process.on(signal, onStop))
  }
  const onContinued = () => screen.forget()
  let again: NodeJS.Immediate | undefined
  process.on('SIGTSTP', onStop).on('SIGQUIT', onStop).on('SIGCONT', onContinued)
  return () => {
    clearImmediate(again)
    process.off('SIGTSTP', onStop).off('SIGQUIT', onStop).off('SIGCONT', onContinued)
  }
}
