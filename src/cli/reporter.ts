import { AnabranchError, ExitCode } from '../errors.ts'
import { plainJson, plainText } from './plain-text.ts'

export interface CliEvent {
  readonly event: string
}

/** One line for people, or several. What is in a line stays in it, whatever peers have put there: see plainText. */
export type Text = string | readonly string[]

/** Where text goes. `write` takes whole lines. */
export interface Sink {
  write(text: string): unknown
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
    if (this.json) this.#writeJson(event)
    else this.#options.stdout.write(linesOf(text))
  }

  /** Tells what happened; people see it from the given verbosity on. */
  tell<E extends CliEvent>(event: E, text: Text, fromVerbosity = 0): void {
    if (this.json) this.#writeJson(event)
    else this.note(text, fromVerbosity)
  }

  /** For people only, who see it from the given verbosity on. */
  note(text: Text, fromVerbosity = 0): void {
    if (this.json || this.quiet || this.#options.verbosity < fromVerbosity) return
    this.#options.stderr.write(linesOf(text))
  }

  /** Tells what is wrong, also when quiet. Returns the exit code that goes with it. */
  fail(error: unknown): number {
    const known = error instanceof AnabranchError
    const message = error instanceof Error ? error.message : String(error)
    const code = known ? error.code : 'ERR_INTERNAL'
    const lines = (known ? error.lines : [message]).map(oneLine)
    if (this.json) this.#writeJson({ event: 'error', code, message: lines.join('; ') })
    else {
      this.#options.stderr.write(linesOf([`anabranch: ${lines[0]}`, ...lines.slice(1)]))
      if (this.#options.verbosity >= 2 && error instanceof Error) {
        const stack = (error.stack ?? '').replace(error.message, oneLine)
        this.#options.stderr.write(linesOf(stack.split('\n')))
      }
    }
    return known ? error.exitCode : ExitCode.other
  }

  #writeJson<E extends CliEvent>(event: E): void {
    const { stdout, stderr, stdoutTaken } = this.#options
    const sink = stdoutTaken ? stderr : stdout
    sink.write(plainJson(event) + '\n')
  }
}

function linesOf(text: Text): string {
  const lines = typeof text === 'string' ? [text] : text
  return lines.map(line => plainText(line) + '\n').join('')
}

function oneLine(text: string): string {
  return text.trimEnd().replace(/\s*\n\s*/g, '; ')
}
