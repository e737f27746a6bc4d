import { execFileSync } from 'node:child_process'
import { existsSync, rmSync, statSync } from 'node:fs'
import { join } from 'node:path'
import { setTimeout as delay } from 'node:timers/promises'
import { ExitCode } from '../../src/errors.ts'
import { createRandom } from '../../src/simulation/index.ts'
import { hashOf } from '../../test/e2e/contents.ts'
import type { Program } from '../../test/e2e/program.ts'
import type { ChaosNetwork } from './network.ts'
import { oneOf } from './schedule.ts'

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
  tally: Tally
  violation: (text: string) => void
}

/** One who fetches one content after the other, and runs each command again until it is done. */
export class ChaosClient {
  readonly #init: ChaosClientInit
  #program: Program | undefined
  #isStopped = false
  /** It was killed, or its disk was made full, since its run began. */
  #fate: 'killed' | 'disk' | undefined
  /** When it last got on, or the network became usable, or it was stopped, in milliseconds. */
  #freshAtMs = 0

  constructor(init: ChaosClientInit) {
    this.#init = init
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

  /** Lets the run's files grow no further than they are. Returns false where no run has written anything. */
  fillDisk(): boolean {
    const program = this.#program
    const partial = program && `${join(this.#init.directory, outputOf(program))}.part`
    if (!program?.isRunning || !partial || !existsSync(partial)) return false
    this.#fate = 'disk'
    try {
      execFileSync('prlimit', ['--pid', String(program.pid), `--fsize=${statSync(partial).size}`])
      return true
    } catch {
      return false
    }
  }

  async #fetch(content: Content, output: string): Promise<boolean> {
    const { network, tally, violation, name, directory } = this.#init
    const path = join(directory, output)
    tally.fetches++
    for (;;) {
      const flags = ['--memory', '4MiB', '--patience', `${PATIENCE_MS / 1000}s`]
      const director = ['--director', network.directorAddress]
      const program = network.run([
        'client',
        'fetch',
        content.name,
        '--json',
        ...director,
        ...flags,
        '-o',
        output
      ])
      this.#fate = undefined
      this.#program = program
      const code = await this.#end(program)
      this.#program = undefined
      if (code === 'hang') {
        violation(
          `${name}: ${content.name} hangs: ${program.events
            .slice(-5)
            .map(told => JSON.stringify(told))
            .join('\n  ')}`
        )
        return false
      }
      if (program.events.some(({ event, resumeBytes }) => event === 'content' && resumeBytes > 0))
        tally.resumed++
      const error = program.events.findLast(({ event }) => event === 'error')
      if (code !== ExitCode.ok) {
        const text = code === null ? 'killed' : `${code} ${error?.code ?? 'without a word'}`
        tally.errors.set(text, (tally.errors.get(text) ?? 0) + 1)
      }
      const isThere = code === ExitCode.usage && error?.code === 'ERR_FILE_EXISTS' && existsSync(path)
      if (code === ExitCode.ok || isThere) {
        const got = await hashOf(path)
        if (got !== content.sha256) violation(`${name}: ${content.name} has other bytes: ${got}`)
        for (const end of ['.part', '.part.json', '.part.lock'])
          if (existsSync(path + end)) violation(`${name}: ${output}${end} was left`)
        rmSync(path)
        tally.completed++
        return true
      }
      const isExpected =
        (code === null && this.#fate === 'killed') ||
        (code === ExitCode.disk && this.#fate === 'disk') ||
        (code !== null && NETWORK_CODES.includes(code))
      if (!isExpected)
        violation(
          `${name}: ${content.name} ended with ${code}: ${JSON.stringify(error)} ${program.complaints}`
        )
      if (existsSync(path)) violation(`${name}: a run that was not finished left ${output}`)
      await delay(AGAIN_MS)
    }
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

function outputOf({ args }: Program): string {
  return args.at(-1)!
}
