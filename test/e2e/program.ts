import { type ChildProcess, spawn } from 'node:child_process'
import { EventEmitter, once } from 'node:events'
import { createInterface } from 'node:readline'
import type { Readable } from 'node:stream'
import { fileURLToPath } from 'node:url'

/** As a user runs it: compiled. */
const PROGRAM = fileURLToPath(new URL('../../dist/bin/anabranch.js', import.meta.url))

/** Longest wait for anything that a test waits for. */
const PATIENCE_MS = 60_000

/** One line of JSON that the program wrote. */
export interface Told {
  event: string
  // biome-ignore lint/suspicious/noExplicitAny: tests look into events of every kind.
  [key: string]: any
}

export interface ProgramEnd {
  code: number | null
  signal: NodeJS.Signals | null
}

export interface ProgramOptions {
  /** Where the JSON comes: stderr when stdout carries the content. Default: stdout. */
  events?: 'stdout' | 'stderr'
  environment?: Record<string, string>
  cwd?: string
  /** Runs the program under another one, such as `unshare`. */
  under?: string[]
  /** Where its standard input comes from. Default: nowhere. */
  stdin?: 'ignore' | 'pipe'
  /** Another build of the program. */
  program?: string
}

/** One run of `anabranch` as a process of its own, and what it tells. */
export class Program {
  readonly events: Told[] = []
  readonly ended: Promise<ProgramEnd>
  readonly child: ChildProcess
  readonly args: string[]
  readonly #changes = new EventEmitter().setMaxListeners(0)
  readonly #complaints: string[] = []
  #end: ProgramEnd | undefined

  constructor(args: string[], options: ProgramOptions = {}) {
    const {
      events = 'stdout',
      environment = {},
      cwd,
      under = [],
      stdin = 'ignore',
      program = PROGRAM
    } = options
    const [file, ...rest] = [...under, program, ...args]
    this.args = args
    this.child = spawn(file!, rest, {
      stdio: [stdin, 'pipe', 'pipe'],
      env: { ...process.env, NO_COLOR: '1', ...environment },
      cwd
    })
    const told = events === 'stdout' ? this.child.stdout! : this.child.stderr!
    this.#readLines(told, line => this.#tell(line))
    if (events === 'stdout') this.#readLines(this.child.stderr!, line => this.#complaints.push(line))
    this.ended = once(this.child, 'close').then(([code, signal]) => {
      this.#end = { code, signal }
      this.#changes.emit('change')
      return this.#end
    })
  }

  get pid(): number {
    return this.child.pid!
  }

  get isRunning(): boolean {
    return this.#end === undefined
  }

  /** What it said to people. */
  get complaints(): string {
    return this.#complaints.join('\n')
  }

  /** The first event of that name, past or to come, that fits. */
  async event(name: string, fits: (event: Told) => boolean = () => true): Promise<Told> {
    const patience = AbortSignal.timeout(PATIENCE_MS)
    for (;;) {
      const found = this.events.find(event => event.event === name && fits(event))
      if (found) return found
      if (this.#end) throw new Error(`ended (${this.#end.code}) without telling '${name}': ${this.#story()}`)
      await once(this.#changes, 'change', { signal: patience }).catch(() => {
        throw new Error(`did not tell '${name}' in time: ${this.#story()}`)
      })
    }
  }

  /** Like `event`, of what is told from now on. */
  async nextEvent(name: string, fits: (event: Told) => boolean = () => true): Promise<Told> {
    const seen = this.events.length
    return await this.event(name, event => this.events.indexOf(event) >= seen && fits(event))
  }

  /** Waits for its end, and gives the last event of that name. */
  async outcome(name: string): Promise<Told> {
    const { code } = await this.ended
    const found = this.events.findLast(event => event.event === name)
    if (!found) throw new Error(`ended (${code}) without telling '${name}': ${this.#story()}`)
    return found
  }

  kill(signal: NodeJS.Signals): void {
    this.child.kill(signal)
  }

  /** Whatever its state: it is gone afterwards. */
  async end(): Promise<void> {
    if (!this.isRunning) return
    this.child.kill('SIGKILL')
    await this.ended
  }

  #readLines(stream: Readable, onLine: (line: string) => void): void {
    createInterface(stream).on('line', onLine)
  }

  #tell(line: string): void {
    try {
      this.events.push(JSON.parse(line))
    } catch {
      this.#complaints.push(line)
    }
    this.#changes.emit('change')
  }

  #story(): string {
    const told = this.events.filter(({ event }) => event !== 'progress').slice(-15)
    return [this.args.join(' '), ...told.map(event => JSON.stringify(event)), this.complaints].join('\n')
  }
}
