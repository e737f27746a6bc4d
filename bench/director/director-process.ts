import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { existsSync, mkdirSync, readFileSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { fileURLToPath } from 'node:url'

const PROGRAM = fileURLToPath(new URL('../../dist/bin/anabranch.js', import.meta.url))
const LOOP_DELAY = fileURLToPath(new URL('../loop-delay.mjs', import.meta.url))
/** Ticks of /proc/PID/stat in a second. */
const TICKS = 100

/** What a director has cost since the last look. */
export interface Costs {
  /** Part of one processor. */
  processor: number
  rssMb: number
  mostRssMb: number
  /** The longest time for which the event loop stood still, in milliseconds. */
  longestPauseMs: number
}

/** A real director, which can be killed and started again at the same address. */
export class DirectorProcess {
  readonly #directory: string
  readonly #profile: string | undefined
  readonly #delayFile: string
  #child: ChildProcess | undefined
  #listen = '/ip4/127.0.0.1/tcp/0'
  #usedSeconds = 0
  #sinceMs = 0
  address = ''

  constructor(directory: string, profile: string | undefined) {
    this.#directory = directory
    this.#profile = profile
    this.#delayFile = join(directory, 'delay')
    if (profile !== undefined) mkdirSync(profile, { recursive: true })
  }

  async start(): Promise<void> {
    const profiling = this.#profile === undefined ? [] : ['--cpu-prof', `--cpu-prof-dir=${this.#profile}`]
    const args = ['director', 'start', '--json', '--listen', this.#listen, '--home', this.#directory]
    const child = spawn(process.execPath, [...profiling, `--import=${LOOP_DELAY}`, PROGRAM, ...args], {
      stdio: ['ignore', 'pipe', 'inherit'],
      env: { ...process.env, LOOP_DELAY_FILE: this.#delayFile }
    })
    this.#child = child
    const listening = Promise.withResolvers<string>()
    child.on('exit', () => listening.reject(new Error('the director has ended')))
    createInterface(child.stdout!).on('line', line => {
      const told = JSON.parse(line)
      if (told.event === 'problem') console.error(`director: ${told.message}`)
      if (told.event === 'listening') listening.resolve(told.addresses[0])
    })
    this.address = await listening.promise
    this.#listen = this.address.replace(/\/p2p\/.*$/, '')
    this.reset()
  }

  async end(signal: 'SIGTERM' | 'SIGKILL'): Promise<void> {
    const child = this.#child!
    this.#child = undefined
    child.kill(signal)
    await once(child, 'exit')
  }

  endNow(): void {
    this.#child?.kill('SIGKILL')
  }

  /** Begins to count anew. */
  reset(): void {
    rmSync(this.#delayFile, { force: true })
    this.#usedSeconds = this.#processorSeconds
    this.#sinceMs = performance.now()
  }

  costs(): Costs {
    const status = readFileSync(`/proc/${this.#child!.pid}/status`, 'utf8')
    const mb = (what: string) =>
      Math.round((Number(new RegExp(`${what}:\\s+(\\d+)`).exec(status)![1]) * 1024) / 1e6)
    const seconds = (performance.now() - this.#sinceMs) / 1_000
    const pause = existsSync(this.#delayFile) ? Number(readFileSync(this.#delayFile, 'utf8')) : 0
    return {
      processor: (this.#processorSeconds - this.#usedSeconds) / seconds,
      rssMb: mb('VmRSS'),
      mostRssMb: mb('VmHWM'),
      longestPauseMs: pause
    }
  }

  get #processorSeconds(): number {
    const fields = readFileSync(`/proc/${this.#child!.pid}/stat`, 'utf8').split(') ')[1]!.split(' ')
    return (Number(fields[11]) + Number(fields[12])) / TICKS
  }
}
