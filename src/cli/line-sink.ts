import type { Writable } from 'node:stream'
import { neverBlocking } from '../files/terminal.ts'
import type { Terminal } from './fetch-screen.ts'
import type { Sink } from './reporter.ts'

/** Bytes that may wait for the reader of a log, some thousand lines, before further ones are dropped. */
const MOST_WAITING_BYTES = 1024 * 1024

/**
 * Standard output or standard error. No write waits: text that the reader does not take is kept, up
 * to a bound for lines that may be dropped. So a terminal held by Ctrl-S, or a pipe that nobody
 * reads, stops no daemon.
 */
export class LineSink implements Sink, Terminal {
  readonly isTTY: boolean
  readonly #stream: Writable
  #droppedLines = 0
  #notice: (lines: number) => string = () => ''

  constructor(stream: Writable & { isTTY?: boolean }) {
    this.isTTY = stream.isTTY === true
    this.#stream = neverBlocking(stream)
    // An error means that the reader has closed our output: it needs no more of it, and the work
    // goes on.
    stream.on('error', () => {})
  }

  /** Whether the reader has not taken all yet. */
  get isBehind(): boolean {
    return this.#stream.writableLength > 0
  }

  write(text: string): void {
    this.#stream.write(text)
  }

  offer(text: string, notice: (lines: number) => string): void {
    if (this.#droppedLines === 0 && this.#stream.writableLength < MOST_WAITING_BYTES) {
      this.write(text)
      return
    }
    // A stream that holds so many bytes emits `drain` when all have been taken.
    if (this.#droppedLines === 0) this.#stream.once('drain', () => this.#tellDropped())
    this.#droppedLines += text.split('\n').length - 1
    this.#notice = notice
  }

  /** Resolves when the reader has taken everything, or has closed. */
  flushed(): Promise<void> {
    return new Promise(resolve => this.#stream.write('', () => resolve()))
  }

  #tellDropped(): void {
    const lines = this.#droppedLines
    this.#droppedLines = 0
    this.write(this.#notice(lines))
  }
}
