import { type ChildProcess, spawn } from 'node:child_process'
import { EventEmitter, once } from 'node:events'
import { delimiter, dirname } from 'node:path'
import { createInterface } from 'node:readline'
import type { Readable, Writable } from 'node:stream'
import { AnabranchError } from '../errors.ts'

/** Number of stderr lines that are kept to explain a failure. */
const KEPT_LINES = 20

/** A program that the lab runs has ended, or did not tell the awaited event in time. */
export class NodeProcessError extends AnabranchError {
  constructor(message: string) {
    super('ERR_NODE_PROCESS', message)
  }
}

/** One line of JSON from a program, with the time at which it was read. */
export interface ProcessEvent {
  /** Time of reading, by performance.now() of this process. */
  readAtMs: number
  event: string
  [key: string]: unknown
}

export interface ProcessEnd {
  code: number | null
  signal: NodeJS.Signals | null
  endedAtMs: number
}

export interface NodeProcessOptions {
  /** Whether the program gets an input; see NodeProcess.input. */
  input?: boolean
  /** Whether others read the program's standard output; see NodeProcess.output. Its events are then read from standard error. */
  output?: boolean
}

/** A program that runs in a node and tells its events as one JSON object a line. */
export class NodeProcess {
  readonly name: string
  readonly events: ProcessEvent[] = []
  /** Settles when the program has ended and all of its output was read. */
  readonly ended: Promise<ProcessEnd>
  readonly startedAtMs: number
  readonly #child: ChildProcess
  readonly #emitter = new EventEmitter()
  readonly #errors: string[] = []
  #end: ProcessEnd | undefined

  /** `argv` is a command line from Emulation.inNode. */
  constructor(name: string, argv: string[], { input, output }: NodeProcessOptions = {}) {
    const [program, ...args] = argv
    this.name = name
    this.startedAtMs = performance.now()
    // The process gets a group of its own: Ctrl-C at the terminal must reach only the lab, which
    // then ends everything in order.
    // Programs written for Node run under the Node that runs this.
    const env = { ...process.env, PATH: `${dirname(process.execPath)}${delimiter}${process.env.PATH}` }
    this.#child = spawn(program!, args, {
      stdio: [input ? 'pipe' : 'ignore', 'pipe', 'pipe'],
      detached: true,
      env
    })
    // A program that ends while it is written to tells the reason by its exit code.
    this.#child.stdin?.on('error', () => {})
    let endedAtMs = 0
    this.#child.once('exit', () => {
      endedAtMs = performance.now()
    })
    createInterface(output ? this.#child.stderr! : this.#child.stdout!).on('line', line => this.#read(line))
    if (!output) createInterface(this.#child.stderr!).on('line', line => this.#keep(line))
    this.ended = new Promise(resolve => {
      this.#child.once('error', error => this.#keep(String(error)))
      this.#child.once('close', (code, signal) => {
        this.#end = { code, signal, endedAtMs: endedAtMs || performance.now() }
        this.#emitter.emit('change')
        resolve(this.#end)
      })
    })
  }

  /** Where to write what the program reads; undefined where it gets no input. */
  get input(): Writable | undefined {
    return this.#child.stdin ?? undefined
  }

  /** The program's standard output, for a program that was started so. */
  get output(): Readable {
    return this.#child.stdout!
  }

  get running(): boolean {
    return this.#end === undefined
  }

  /** The last lines that the program wrote to stderr, or that were no JSON. */
  get complaints(): string {
    const said = this.events.filter(event => event.event === 'error').map(event => String(event.message))
    return [...said, ...this.#errors].join('; ')
  }

  /**
   * Waits for the first event of that name, past or to come. Throws NodeProcessError when the
   * program ends or time is up.
   */
  async event(name: string, timeoutMs: number): Promise<ProcessEvent> {
    const timeout = AbortSignal.timeout(timeoutMs)
    for (;;) {
      const found = this.events.find(event => event.event === name)
      if (found !== undefined) return found
      if (this.#end !== undefined) {
        throw new NodeProcessError(`${this.name} ended (exit code ${this.#end.code}): ${this.complaints}`)
      }
      await once(this.#emitter, 'change', { signal: timeout }).catch(() => {
        throw new NodeProcessError(
          `${this.name} did not say '${name}' within ${timeoutMs / 1000} s: ${this.complaints}`
        )
      })
    }
  }

  kill(signal: NodeJS.Signals): void {
    this.#child.kill(signal)
  }

  #read(line: string): void {
    try {
      const event = JSON.parse(line) as ProcessEvent
      this.events.push({ ...event, readAtMs: performance.now() })
    } catch {
      this.#keep(line)
    }
    this.#emitter.emit('change')
  }

  #keep(line: string): void {
    this.#errors.push(line)
    if (this.#errors.length > KEPT_LINES) this.#errors.shift()
  }
}
