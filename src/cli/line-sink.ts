import type { Writable } from 'node:stream'
import {
  isWithoutUtf8,
  neverBlocking,
  type TerminalSize,
  takesEscapes,
  terminalSize
} from '../files/terminal.ts'
import type { Terminal } from './fetch-screen.ts'
import type { Sink } from './reporter.ts'

/** Bytes that may wait for the reader of a log, some thousand lines, before further ones are dropped. */
const MOST_WAITING_BYTES = 1024 * 1024

/** Goes to the first cell of the line and clears from there to the end of the screen. */
const ERASE = '\r\u001b[0J'
const CLEAR_REST_OF_LINE = '\u001b[0K'

/**
 * Standard output or standard error. No write waits: text that the reader does not take is kept, up
 * to a bound for lines that may be dropped. So a terminal held by Ctrl-S, or a pipe that nobody
 * reads, stops no daemon.
 */
export class LineSink implements Sink, Terminal {
  /** Whether this is a terminal that takes escape sequences. */
  readonly canDraw: boolean
  readonly isAscii: boolean
  /** Why lines that must not be lost did not reach their reader; undefined while they do. */
  failure: NodeJS.ErrnoException | undefined
  readonly #stream: Writable & { isTTY?: boolean }
  #isDrawn = false
  #droppedLines = 0
  #notice: (lines: number) => string = () => ''

  /** `environment` says what the terminal can show, if the stream leads to one. */
  constructor(stream: Writable & { isTTY?: boolean }, environment: NodeJS.ProcessEnv) {
    const isTerminal = stream.isTTY === true
    this.canDraw = isTerminal && takesEscapes(environment)
    this.isAscii = isTerminal && isWithoutUtf8(environment)
    this.#stream = neverBlocking(stream)
    // An error means that the reader has closed our output, or that there is no room for it: the
    // work goes on, and what it means for the outcome is seen at the end.
    stream.on('error', () => {})
  }

  /** Whether the reader has not taken all yet. */
  get isBehind(): boolean {
    return this.#stream.writableLength > 0
  }

  get size(): TerminalSize {
    return terminalSize(this.#stream)
  }

  write(text: string): void {
    this.erase()
    this.#stream.write(text, error => {
      if (error) this.failure ??= error
    })
  }

  offer(text: string, notice: (lines: number) => string): void {
    if (this.#droppedLines === 0 && this.#stream.writableLength < MOST_WAITING_BYTES) {
      this.erase()
      this.#stream.write(text)
      return
    }
    // A stream that holds so many bytes emits `drain` when all have been taken.
    if (this.#droppedLines === 0) this.#stream.once('drain', () => this.#tellDropped())
    this.#droppedLines += text.split('\n').length - 1
    this.#notice = notice
  }

  /**
   * Draws lines below all text, in place of those drawn before. The cursor goes back to their
   * beginning: a terminal that changes its size may break the lines anew, and keeps the cursor at
   * the same character, so that it stands above all that is to be erased.
   */
  draw(lines: readonly string[]): void {
    const up = lines.length > 1 ? `\u001b[${lines.length - 1}A` : ''
    const drawn = lines.map(line => line + CLEAR_REST_OF_LINE).join('\n')
    this.#stream.write(`\r${drawn}\u001b[0J${up}\r`)
    this.#isDrawn = true
  }

  erase(): void {
    if (this.#isDrawn) this.#stream.write(ERASE)
    this.#isDrawn = false
  }

  forget(): void {
    this.#isDrawn = false
  }

  onResize(handler: () => void): () => void {
    this.#stream.on('resize', handler)
    return () => this.#stream.off('resize', handler)
  }

  /** Resolves when the reader has taken everything, or has closed. */
  flushed(): Promise<void> {
    return new Promise(resolve => this.#stream.write('', () => resolve()))
  }

  #tellDropped(): void {
    const lines = this.#droppedLines
    this.#droppedLines = 0
    this.#stream.write(this.#notice(lines))
  }
}
