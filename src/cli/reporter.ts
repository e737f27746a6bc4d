import { AnabranchError, ExitCode } from '../errors.ts'
import type { EventName } from './event-names.ts'
import { FLAG_HINTS } from './flag-hints.ts'
import { plainJson, plainText } from './plain-text.ts'

export interface CliEvent {
  readonly event: EventName
}

/** One line for people, or several. Data from peers cannot break out of its line: see plainText. */
export type Text = string | readonly string[]

/** The destination of text, in whole lines. */
export interface Sink {
  /** Writes lines that must not be lost. */
  write(text: string): unknown
  /**
   * Writes lines that may be dropped when too many already wait for the reader. `notice` makes the
   * line that tells the reader how many were dropped. A sink without this method gets them by
   * `write`.
   */
  offer?(text: string, notice: (lines: number) => string): void
  /** Whether the reader can be shown nothing beyond ASCII, as on a terminal without UTF-8. */
  readonly isAscii?: boolean
  /** Resolves when the reader has taken everything, or has closed. */
  flushed?(): Promise<void>
  /** Why lines that must not be lost did not reach the reader; undefined while they do. */
  readonly failure?: NodeJS.ErrnoException | undefined
}

export interface ReporterOptions {
  /** Whether to write one JSON object a line instead of text for people. */
  json: boolean
  quiet: boolean
  /** Amount of text for people. 0: what matters, 1: also what happens, 2: also why. */
  verbosity: number
  stdout: Sink
  stderr: Sink
  /** Whether stdout carries the content, so that JSON goes to stderr. */
  stdoutTaken?: boolean
  /** Number of the worker that writes: it stands in each event, and before each text. */
  worker?: number
}

/**
 * Writes the messages of a command. Each event has a JSON form and a text for people; with --json
 * only the first is written. Data goes to stdout, everything else to stderr.
 */
export class Reporter {
  readonly json: boolean
  readonly quiet: boolean
  readonly #options: ReporterOptions

  constructor(options: ReporterOptions) {
    this.#options = options
    this.json = options.json
    this.quiet = options.quiet
  }

  /** Tells the data that the user asked for. */
  data<E extends CliEvent>(event: E, text: Text): void {
    if (this.json) this.#writeJson(event)
    else this.#writeText(this.#options.stdout, text)
  }

  /** Tells the outcome, which is never dropped. */
  conclude<E extends CliEvent>(event: E, text: Text): void {
    if (this.json) this.#writeJson(event)
    else if (!this.quiet) this.#writeText(this.#options.stderr, text)
  }

  /**
   * Tells an event; people see it from the given verbosity on. Nobody waits until it is read: it is
   * dropped when its reader is far behind.
   */
  tell<E extends CliEvent>(event: E, text: Text, fromVerbosity = 0): void {
    if (this.json) offer(this.#jsonSink, this.#jsonLine(event), droppedEvent)
    else this.note(text, fromVerbosity)
  }

  /** Tells a text as tell() does, for people only. */
  note(text: Text, fromVerbosity = 0): void {
    if (this.json || this.quiet || this.#options.verbosity < fromVerbosity) return
    offer(this.#options.stderr, this.#linesOf(text, this.#options.stderr), droppedNotice)
  }

  /**
   * Tells an error, even with --quiet; `name` is that of the content which it is about, where there
   * are several. Returns the exit code that goes with it.
   */
  fail(error: unknown, name?: string): number {
    const known = error instanceof AnabranchError
    const message = error instanceof Error ? error.message : String(error)
    const code = known ? error.code : 'ERR_INTERNAL'
    const lines = (known ? error.lines : [message]).map(oneLine)
    const hint = FLAG_HINTS[code]
    if (this.json)
      this.#writeJson({
        event: 'error',
        ...(name === undefined ? {} : { name }),
        code,
        message: lines.join('; ')
      })
    else {
      const about = name === undefined ? '' : `${name}: `
      if (hint !== undefined) lines.push(`${lines.pop()} (${hint})`)
      this.#writeText(this.#options.stderr, [`anabranch: ${about}${lines[0]}`, ...lines.slice(1)])
      if (this.#options.verbosity >= 2 && error instanceof Error) {
        const stack = (error.stack ?? '').replace(error.message, oneLine)
        this.#writeText(this.#options.stderr, stack.split('\n'))
      }
    }
    return known ? error.exitCode : ExitCode.other
  }

  #writeJson<E extends CliEvent>(event: E): void {
    this.#jsonSink.write(this.#jsonLine(event))
  }

  #jsonLine<E extends CliEvent>(event: E): string {
    const { worker } = this.#options
    return plainJson(worker === undefined ? event : { ...event, worker }, this.#jsonSink.isAscii) + '\n'
  }

  #writeText(sink: Sink, text: Text): void {
    sink.write(this.#linesOf(text, sink))
  }

  #linesOf(text: Text, { isAscii }: Sink): string {
    const { worker } = this.#options
    const head = worker === undefined ? '' : `worker ${worker}: `
    const lines = typeof text === 'string' ? [text] : text
    return lines.map(line => plainText(head + line, isAscii) + '\n').join('')
  }

  get #jsonSink(): Sink {
    const { stdout, stderr, stdoutTaken } = this.#options
    return stdoutTaken ? stderr : stdout
  }
}

function offer(sink: Sink, text: string, notice: (lines: number) => string): void {
  if (sink.offer) sink.offer(text, notice)
  else sink.write(text)
}

function droppedNotice(lines: number): string {
  return lines === 1 ? '1 line was dropped\n' : `${lines} lines were dropped\n`
}

function droppedEvent(lines: number): string {
  return plainJson({ event: 'dropped', lines }) + '\n'
}

function oneLine(text: string): string {
  return text.trimEnd().replace(/\s*\n\s*/g, '; ')
}
