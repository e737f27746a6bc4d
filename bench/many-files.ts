import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { cpus, loadavg, tmpdir } from 'node:os'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { setTimeout as delay } from 'node:timers/promises'
import { fileURLToPath } from 'node:url'

// What do very many small files cost a source and its director? Times are from the start of the source, or of the copy,
// until the director holds every content. Prints a line for each phase: a first start, files that are copied into the
// running source, a second start that finds all hashes kept, and a minute's rest of the scans.
// Usage, after `npm run build`: npm run bench:many-files -- [FILES [COPIED]]

const FILES = Number(process.argv[2] ?? 100_000)
const COPIED = Number(process.argv[3] ?? 1_000)
const FILE_BYTES = 1_000
const FILES_PER_DIRECTORY = 1_000
const REST_MS = 35_000
const POLL_MS = 50
const PROGRAM = fileURLToPath(new URL('../dist/bin/anabranch.js', import.meta.url))
const LOOP_DELAY = fileURLToPath(new URL('loop-delay.mjs', import.meta.url))
/** Ticks of /proc/PID/stat in a second. */
const TICKS = 100

const directory = mkdtempSync(join(tmpdir(), 'anabranch-bench-files-'))
const running = new Set<ChildProcess>()
process.on('exit', () => {
  for (const child of running) child.kill('SIGKILL')
  rmSync(directory, { recursive: true, force: true })
})

/** A daemon with what it costs. */
class Daemon {
  readonly #child: ChildProcess
  readonly #delayFile: string
  readonly #metrics: string
  address = ''
  #usedSeconds = 0

  private constructor(name: string, port: number, args: string[]) {
    this.#delayFile = join(directory, `${name}.delay`)
    this.#metrics = `http://127.0.0.1:${port}/metrics`
    const options = ['--json', '--listen', '/ip4/127.0.0.1/tcp/0', '--home', join(directory, name)]
    this.#child = spawn(PROGRAM, [...args, ...options, '--metrics', `127.0.0.1:${port}`], {
      stdio: ['ignore', 'pipe', 'inherit'],
      env: {
        ...process.env,
        NODE_OPTIONS: `${process.env.NODE_OPTIONS ?? ''} --import=${LOOP_DELAY}`,
        LOOP_DELAY_FILE: this.#delayFile
      }
    })
    running.add(this.#child)
  }

  static async start(name: string, port: number, args: string[]): Promise<Daemon> {
    const daemon = new Daemon(name, port, args)
    const listening = Promise.withResolvers<void>()
    createInterface(daemon.#child.stdout!).on('line', line => {
      const told = JSON.parse(line)
      if (told.event === 'problem') console.log(`${name}: ${told.message}`)
      if (told.event !== 'listening') return
      daemon.address = told.addresses[0]
      listening.resolve()
    })
    await listening.promise
    return daemon
  }

  async contents(): Promise<number> {
    const text = await (await fetch(this.#metrics)).text()
    return Number(/_contents (\d+)/.exec(text)?.[1])
  }

  /** Begins to count processor time and pauses anew. */
  reset(): void {
    rmSync(this.#delayFile, { force: true })
    this.#usedSeconds = this.#processorSeconds
  }

  costs(): string {
    const status = readFileSync(`/proc/${this.#child.pid}/status`, 'utf8')
    const mib = (what: string) => Math.round(Number(new RegExp(`${what}:\\s+(\\d+)`).exec(status)![1]) / 1024)
    const cpu = (this.#processorSeconds - this.#usedSeconds).toFixed(1)
    const pause = Number(readFileSync(this.#delayFile, 'utf8')).toFixed(0)
    return `${cpu} s of processor, ${mib('VmRSS')} MiB (at most ${mib('VmHWM')}), longest pause ${pause} ms`
  }

  get isRunning(): boolean {
    return running.has(this.#child)
  }

  async end(): Promise<void> {
    this.#child.kill('SIGTERM')
    await once(this.#child, 'exit')
    running.delete(this.#child)
  }

  get #processorSeconds(): number {
    const fields = readFileSync(`/proc/${this.#child.pid}/stat`, 'utf8').split(') ')[1]!.split(' ')
    return (Number(fields[11]) + Number(fields[12])) / TICKS
  }
}

const offered = join(directory, 'offered')
let source: Daemon | undefined
makeFiles('first', FILES)
const director = await Daemon.start('director', 21_001, ['director', 'start'])
console.log(
  `${cpus().length} processors, load ${loadavg()[0]!.toFixed(1)}, ${FILES} files of ${FILE_BYTES} B`
)
director.reset()
source = await timed('first start', FILES, startSource)
await timed('copied', FILES + COPIED, async () => {
  makeFiles('copied', COPIED)
  return source!
})
director.reset()
source.reset()
await delay(REST_MS)
tell(`${REST_MS / 1000} s of rest`, source)
await source.end()
director.reset()
source = await timed('second start', FILES + COPIED, startSource)
process.exit(0)

async function startSource(): Promise<Daemon> {
  return await Daemon.start('source', 21_002, [
    'source',
    'start',
    '--dir',
    offered,
    '--director',
    director.address
  ])
}

async function timed(what: string, contents: number, start: () => Promise<Daemon>): Promise<Daemon> {
  if (source?.isRunning) source.reset()
  director.reset()
  const startedMs = performance.now()
  source = await start()
  while ((await director.contents()) !== contents) await delay(POLL_MS)
  const seconds = ((performance.now() - startedMs) / 1000).toFixed(1)
  // What was told last is written down by then.
  await delay(1_000)
  tell(`${what}: ${seconds} s`, source)
  return source
}

function tell(what: string, source: Daemon): void {
  console.log(`${what}\n  source: ${source.costs()}\n  director: ${director.costs()}`)
}

function makeFiles(name: string, count: number): void {
  for (let at = 0; at < count; at++) {
    const folder = join(offered, `${name}-${Math.floor(at / FILES_PER_DIRECTORY)}`)
    if (at % FILES_PER_DIRECTORY === 0) mkdirSync(folder, { recursive: true })
    writeFileSync(join(folder, `${at}.bin`), Buffer.alloc(FILE_BYTES, `${name} ${at} `))
  }
}
