import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { cpus, loadavg, release } from 'node:os'
import { join } from 'node:path'
import { text } from 'node:stream/consumers'
import { fileURLToPath } from 'node:url'
import { Program } from '../test/e2e/program.ts'

// What the benches share: programs of a directory that goes away with them, and what each process uses.

/** The command, compiled. */
export const PROGRAM = fileURLToPath(new URL('../dist/bin/anabranch.js', import.meta.url))
const USAGE_AT_EXIT = fileURLToPath(new URL('usage-at-exit.mjs', import.meta.url))
/** Ticks of /proc/PID/stat in a second. */
const TICKS = 100

export interface ProcessUsage {
  /** Seconds for which it had a processor, in user and kernel mode. */
  cpuSeconds: number
  /** Most memory that it had resident so far, and what it has now. */
  peakMib: number
  nowMib: number
}

/** What a process that runs has used so far. Throws where there is none. */
export function usageOf(pid: number): ProcessUsage {
  const fields = readFileSync(`/proc/${pid}/stat`, 'utf8').split(') ')[1]!.split(' ')
  const status = readFileSync(`/proc/${pid}/status`, 'utf8')
  const mib = (what: string) => Number(new RegExp(`${what}:\\s+(\\d+)`).exec(status)?.[1] ?? 0) / 1024
  return {
    cpuSeconds: (Number(fields[11]) + Number(fields[12])) / TICKS,
    peakMib: mib('VmHWM'),
    nowMib: mib('VmRSS')
  }
}

export interface StartOptions {
  /** Added to the environment. */
  environment?: Record<string, string>
  /** Whether the program listens on a free port of loopback. Default: true. */
  listens?: boolean
  /** Another build of the program. Default: this one's. */
  program?: string
}

/** The processes of a bench and their files: all of them end with it. */
export class Processes {
  /** In memory, so that no disk is measured. */
  readonly directory: string
  readonly #profile: string | undefined
  readonly #programs = new Map<string, Program>()

  /** `profile`: a directory for profiles of the processor, one directory in it for each process. */
  constructor(name: string, profile?: string) {
    this.directory = mkdtempSync(`/dev/shm/anabranch-${name}-`)
    this.#profile = profile
    process.on('exit', () => {
      for (const program of this.#programs.values()) if (program.isRunning) program.kill('SIGKILL')
      rmSync(this.directory, { recursive: true, force: true })
    })
    for (const signal of ['SIGINT', 'SIGTERM'] as const) process.on(signal, () => process.exit(1))
    process.on('uncaughtException', error => {
      console.error(error)
      process.exit(1)
    })
  }

  /** Starts one of this project's daemons, which has its home in the directory. */
  start(
    name: string,
    args: string[],
    { environment = {}, listens = true, program = PROGRAM }: StartOptions = {}
  ): Program {
    const listen = listens ? ['--listen', '/ip4/127.0.0.1/tcp/0'] : []
    const started = new Program([...args, '--json', ...listen, '--home', join(this.directory, name)], {
      environment: { ...this.environmentOf(name), ...environment },
      program
    })
    this.#programs.set(name, started)
    return started
  }

  /** What a program that is called by this name finds in its environment. */
  environmentOf(name: string): Record<string, string> {
    const own = {
      XDG_CONFIG_HOME: this.directory,
      XDG_STATE_HOME: this.directory,
      XDG_CACHE_HOME: this.directory
    }
    const flags = this.#profile && `--cpu-prof --cpu-prof-dir=${this.#profile}/${name}`
    return flags ? { ...own, NODE_OPTIONS: flags } : own
  }

  /** What a daemon has used so far. */
  usageOf(name: string): ProcessUsage {
    return usageOf(this.#programs.get(name)!.pid)
  }

  /** Runs a program to its end. Gives the lines that it says, and what it has used; memory is known of Node's programs alone. */
  async run(name: string, args: string[]): Promise<{ lines: string[]; used: ProcessUsage }> {
    const usageFile = join(this.directory, `${name}.usage`)
    rmSync(usageFile, { force: true })
    const environment = this.environmentOf(name)
    const options = `${environment.NODE_OPTIONS ?? ''} --import=${USAGE_AT_EXIT}`
    const child = spawn('sh', ['-c', '"$@" && times', 'sh', ...args], {
      stdio: ['ignore', 'pipe', 'inherit'],
      env: { ...process.env, ...environment, NODE_OPTIONS: options, USAGE_FILE: usageFile }
    })
    const [said, [code]] = await Promise.all([text(child.stdout), once(child, 'exit')])
    if (code !== 0) throw new Error(`${args.join(' ')} ended with exit code ${code}: ${said}`)
    const lines = said.trim().split('\n')
    // The last line has what the shell's children used: user and system time, as 0m1.250000s.
    const times = lines.splice(-2)[1]!.matchAll(/(\d+)m([\d.]+)s/g)
    const cpuSeconds = [...times].reduce((sum, [, m, s]) => sum + Number(m) * 60 + Number(s), 0)
    const noted = existsSync(usageFile) ? JSON.parse(readFileSync(usageFile, 'utf8')) : {}
    return { lines, used: { peakMib: 0, nowMib: 0, ...noted, cpuSeconds } }
  }

  /** Ends all daemons in order. */
  async end(): Promise<void> {
    for (const program of this.#programs.values()) program.kill('SIGTERM')
    await Promise.all([...this.#programs.values()].map(({ ended }) => ended))
  }
}

/** The machine and what else it does, for the head of a table. */
export function machine(): string {
  return `${cpus().length} processors (${cpus()[0]!.model}), Linux ${release()}, Node ${process.versions.node}, load ${loadavg()[0]!.toFixed(1)}`
}
