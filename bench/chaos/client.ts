import { execFileSync } from 'node:child_process'
import { existsSync, rmSync, statSync } from 'node:fs'
import { join } from 'node:path'
import { setTimeout as delay } from 'node:timers/promises'
import { ExitCode } from '../../src/errors.ts'
import { createRandom } from '../../src/simulation/index.ts'
import { hashOf } from '../../test/e2e/contents.ts'
import type { Program } from '../../test/e2e/program.ts'
import { Calendar } from './calendar.ts'
import type { ChaosNetwork } from './network.ts'
import { oneOf } from './schedule.ts'
import type { SmallDisk } from './small-disk.ts'

/** The `--patience` of each fetch: some faults outlast it. */
const PATIENCE_MS = 10_000
/**
 * Longest time in milliseconds without progress in a network that could be used all the while. It is
 * above the patience, as silent connections have to be given up first.
 */
const HANG_MS = PATIENCE_MS + 25_000
const LOOK_MS = 250
/** Wait before the same command is run again, in milliseconds. */
const AGAIN_MS = 500

/** Exit codes with which a fetch may end because of the network; the same command then goes on. */
const NETWORK_CODES: readonly number[] = [
  ExitCode.notFound,
  ExitCode.network,
  ExitCode.timeout,
  ExitCode.refused
]

export interface Content {
  name: string
  sha256: string
}

/** The counts of all clients. */
export interface Tally {
  fetches: number
  completed: number
  /** Runs that went on with what an earlier run had left. */
  resumed: number
  /** Number of runs by exit code and code of the error. */
  errors: Map<string, number>
}

export interface ChaosClientInit {
  name: string
  seed: number
  directory: string
  contents: readonly Content[]
  network: ChaosNetwork
  disk: SmallDisk
  tally: Tally
  violation: (text: string) => void
}

/** One who fetches one content after the other, and runs each command again until it is done. */
export class ChaosClient {
  readonly #init: ChaosClientInit
  readonly #calendar: Calendar
  #program: Program | undefined
  #isStopped = false
  /** It was killed, or its disk was made full, since its run began. */
  #fate: 'killed' | 'disk' | undefined
  /** When it last got on, or the network became usable, or it was stopped, in milliseconds. */
  #freshAtMs = 0
  #begunAtMs = 0

  constructor(init: ChaosClientInit) {
    this.#init = init
    this.#calendar = new Calendar(init.directory, init.name)
  }

  /** Fetches until `isOver`; the fetch that runs then is completed. Returns false after a hang. */
  async work(isOver: () => boolean): Promise<boolean> {
    const random = createRandom(this.#init.seed)
    for (let count = 1; !isOver(); count++) {
      if (!(await this.#fetch(oneOf(this.#init.contents, random), `${this.#init.name}-${count}.bin`)))
        return false
    }
    return true
  }

  /** Returns false where no run is at work. */
  kill(): boolean {
    if (!this.#program || this.#isStopped) return false
    this.#fate = 'killed'
    this.#program.kill('SIGKILL')
    return true
  }

  /** Makes the run stand still. Returns what lets it go on, or undefined where no run is at work. */
  stop(): (() => Promise<void>) | undefined {
    const program = this.#program
    if (!program || this.#isStopped) return undefined
    this.#isStopped = true
    program.kill('SIGSTOP')
    return async () => {
      this.#isStopped = false
      program.kill('SIGCONT')
    }
  }

  /** Has the calendar jump. Returns what lets it jump back, or undefined where it has jumped already. */
  jump(): (() => Promise<void>) | undefined {
    return this.#calendar.jump(() => this.#program)
  }

  /** Lets the run's files grow no further than they are. Returns false where no run has written anything. */
  fillDisk(): boolean {
    const program = this.#program
    const partial = program && `${this.#pathOf(program)}.part`
    if (!program?.isRunning || !partial || !existsSync(partial)) return false
    this.#fate = 'disk'
    try {
      execFileSync('prlimit', ['--pid', String(program.pid), `--fsize=${statSync(partial).size}`])
      return true
    } catch {
      return false
    }
  }

  /** Runs the same command until it is done. Returns false after a hang, and where all is being ended. */
  async #fetch(content: Content, output: string): Promise<boolean> {
    const { network, tally, violation, name } = this.#init
    tally.fetches++
    for (;;) {
      const flags = ['--memory', '4MiB', '--patience', `${PATIENCE_MS / 1000}s`]
      const from = ['--director', network.directorAddress]
      const args = ['client', 'fetch', content.name, '--json', ...from, ...flags, '-o', output]
      this.#begunAtMs = performance.now()
      const program = network.run(args, this.#calendar, this.#init.disk.directory)
      this.#fate = undefined
      this.#program = program
      const code = await this.#end(program)
      this.#program = undefined
      if (network.isEnding) return false
      if (code === 'hang') {
        const last = program.events.slice(-5).map(told => JSON.stringify(told))
        violation([`${name}: ${content.name} hangs after`, ...last].join('\n  '))
        return false
      }
      if (program.events.some(({ resumeBytes }) => resumeBytes > 0)) tally.resumed++
      if (await this.#isDone(program, code, content)) return true
      await delay(AGAIN_MS)
    }
  }

  /** Whether the run, or one before it that was killed, has completed the output, which is then removed. */
  async #isDone(program: Program, code: number | null, content: Content): Promise<boolean> {
    const { tally, violation, name } = this.#init
    const path = this.#pathOf(program)
    const error = program.events.findLast(({ event }) => event === 'error')
    const text = code === null ? 'killed' : `${code} ${error?.code}`
    if (code !== ExitCode.ok) tally.errors.set(text, (tally.errors.get(text) ?? 0) + 1)
    if (code === ExitCode.ok || (error?.code === 'ERR_FILE_EXISTS' && existsSync(path))) {
      const sha256 = await hashOf(path)
      if (sha256 !== content.sha256) violation(`${name}: ${content.name} has other bytes: ${sha256}`)
      const left = ['.part', '.part.json', '.part.hashes', '.part.lock'].filter(end => existsSync(path + end))
      if (left.length > 0) violation(`${name}: of ${content.name} was left ${left}`)
      rmSync(path)
      tally.completed++
      return true
    }
    if (existsSync(path) && (await hashOf(path)) !== content.sha256)
      violation(`${name}: ${content.name} ended with ${text} and left a file of other bytes`)
    if (!this.#isExplained(code))
      violation(`${name}: ${content.name} ended with ${text}: ${error?.message} ${program.complaints}`)
    return false
  }

  /** Whether the faults explain why a run was not done. */
  #isExplained(code: number | null): boolean {
    if (code === null) return this.#fate === 'killed'
    const wasFull = this.#fate === 'disk' || this.#init.disk.wasFullSince(this.#begunAtMs)
    return NETWORK_CODES.includes(code) || (code === ExitCode.disk && wasFull)
  }

  #pathOf({ args }: Program): string {
    return join(this.#init.disk.directory, args.at(-1)!)
  }

  /** Waits for a run's end. Gives its exit code, null after a signal, or `hang`. */
  async #end(program: Program): Promise<number | null | 'hang'> {
    this.#freshAtMs = performance.now()
    let bytes = 0
    for (;;) {
      const ended = await Promise.race([program.ended, delay(LOOK_MS)])
      if (ended) return ended.code
      const now = program.events.findLast(({ event }) => event === 'progress')?.bytes ?? 0
      if (now > bytes || this.#isStopped || !this.#init.network.isUsable) this.#freshAtMs = performance.now()
      bytes = now
      if (performance.now() - this.#freshAtMs < HANG_MS) continue
      program.kill('SIGKILL')
      await program.ended
      return 'hang'
    }
  }
}
