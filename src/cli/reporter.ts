import { AnabranchError, ExitCode } from '../errors.ts'

export interface CliEvent {
  readonly event: string
}

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
  data<E extends CliEvent>(event: E, text: string): void {
    if (this.json) this.#jsonSink.write(jsonLine(event))
    else this.#options.stdout.write(text + '\n')
  }

  /** Tells the outcome, which is never dropped. */
  conclude<E extends CliEvent>(event: E, text: string): void {
    if (this.json) this.#jsonSink.write(jsonLine(event))
    else if (!this.quiet) this.#options.stderr.write(text + '\n')
  }

  /**
   * Tells what happened; people see it from the given verbosity on. Nobody waits until it is read: it is dropped when its
   * reader is far behind.
   */
  tell<E extends CliEvent>(event: E, text: string, fromVerbosity = 0): void {
    if (this.json) offer(this.#jsonSink, jsonLine(event), droppedEvent)
    else if (fromVerbosity === 0 ? !this.quiet : this.#options.verbosity >= fromVerbosity) this.note(text)
  }

  /** As tell(), for people only. */
  note(text: string): void {
    if (!this.json && !this.quiet) offer(this.#options.stderr, text + '\n', droppedNotice)
  }

  /** Tells what is wrong, also when quiet. Returns the exit code that goes with it. */
  fail(error: unknown): number {
    const known = error instanceof AnabranchError
    const message = error instanceof Error ? error.message : String(error)
    const code = known ? error.code : 'ERR_INTERNAL'
    if (this.json) this.#jsonSink.write(jsonLine({ event: 'error', code, message: oneLine(message) }))
    else {
      this.#options.stderr.write(`anabranch: ${message.trim()}\n`)
      if (this.#options.verbosity >= 2 && error instanceof Error) {
        this.#options.stderr.write(`${error.stack ?? ''}\n`)
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
  return JSON.stringify(event) + '\n'
}

function oneLine(text: string): string {
  return text.trim().replace(/\s*\n\s*/g, '; ')
}
