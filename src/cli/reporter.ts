import { AnabranchError, ExitCode } from '../errors.ts'
import { plainJson, plainText } from './plain-text.ts'

export interface CliEvent {
  readonly event: string
}

/** One line for people, or several. What is in a line stays in it, whatever peers have put there: see plainText. */
export type Text = string | readonly string[]

/** Where text goes, in whole lines. */
export interface Sink {
  /** Lines that are not to be lost. */
  write(text: string): unknown
  /**
   * Lines that may be dropped when too many wait for the reader already. `notice` makes the line that tells the reader how many
   * were. Without it they are written as all others.
   */
  offer?(text: string, notice: (lines: number) => string): void
}

export interface ReporterOptions {
  /** One JSON object a line instead of text for people. */
  json: boolean
  quiet: boolean
  /** 0: what matters, 1: also what happens, 2: also why. */
  verbosity: number
  stdout: Sink
  stderr: Sink
  /** Stdout carries the content: JSON goes to stderr. */
  stdoutTaken?: boolean
}

/**
 * What a command says. Each event has a JSON form and a text for people; with --json only the first is told. Data goes to
 * stdout, everything else to stderr.
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

  /** Tells what was asked for. */
  data<E extends CliEvent>(event: E, text: Text): void {
    if (this.json) this.#jsonSink.write(jsonLine(event))
    else this.#options.stdout.write(linesOf(text))
  }

  /** Tells the outcome, which is never dropped. */
  conclude<E extends CliEvent>(event: E, text: Text): void {
    if (this.json) this.#jsonSink.write(jsonLine(event))
    else if (!this.quiet) this.#options.stderr.write(linesOf(text))
  }

  /**
   * Tells what happened; people see it from the given verbosity on. Nobody waits until it is read: it is dropped when its
   * reader is far behind.
   */
  tell<E extends CliEvent>(event: E, text: Text, fromVerbosity = 0): void {
    if (this.json) offer(this.#jsonSink, jsonLine(event), droppedEvent)
    else this.note(text, fromVerbosity)
  }

  /** As tell(), for people only. */
  note(text: Text, fromVerbosity = 0): void {
    if (this.json || this.quiet || this.#options.verbosity < fromVerbosity) return
    offer(this.#options.stderr, linesOf(text), droppedNotice)
  }

  /** Tells what is wrong, also when quiet. Returns the exit code that goes with it. */
  fail(error: unknown): number {
    const known = error instanceof AnabranchError
    const message = error instanceof Error ? error.message : String(error)
    const code = known ? error.code : 'ERR_INTERNAL'
    const lines = (known ? error.lines : [message]).map(oneLine)
    if (this.json) this.#jsonSink.write(jsonLine({ event: 'error', code, message: lines.join('; ') }))
    else {
      this.#options.stderr.write(linesOf([`anabranch: ${lines[0]}`, ...lines.slice(1)]))
      if (this.#options.verbosity >= 2 && error instanceof Error) {
        const stack = (error.stack ?? '').replace(error.message, oneLine)
        this.#options.stderr.write(linesOf(stack.split('\n')))
      }
    }
    return known ? error.exitCode : ExitCode.other
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
  return jsonLine({ event: 'dropped', lines })
}

function jsonLine<E extends CliEvent>(event: E): string {
  return plainJson(event) + '\n'
}

function linesOf(text: Text): string {
  const lines = typeof text === 'string' ? [text] : text
  return lines.map(line => plainText(line) + '\n').join('')
}

function oneLine(text: string): string {
  return text.trimEnd().replace(/\s*\n\s*/g, '; ')
}
