import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdirSync, mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { cpus, loadavg } from 'node:os'
import { join } from 'node:path'
import { text } from 'node:stream/consumers'
import { setTimeout as delay } from 'node:timers/promises'
import { fileURLToPath } from 'node:url'
import { parseArgs } from 'node:util'
import { median } from '../src/units/median.ts'
import { makeContent } from '../test/e2e/contents.ts'
import { Program } from '../test/e2e/program.ts'
import { enterNamespace } from './own-namespace.ts'

// What does a gateway cost? A content goes over relays on loopback, in turns by `client fetch` and by a gateway to curl,
// both into /dev/null; each node is a process, in a network namespace of its own. Then readers at places of their own take
// it from a fresh gateway at the rate of films. Prints medians, the seconds of processor that each process needs for a
// gigabyte, and the gateway's memory, which is all with --runs 0. Needs root, curl and a build.
// Usage: npm run bench:gateway -- [--runs 5] [--mb 512] [--relays 2] [--readers 20] [--profile DIR] [--gateway "FLAGS"]
const { values } = parseArgs({
  options: {
    runs: { type: 'string', default: '5' },
    mb: { type: 'string', default: '512' },
    relays: { type: 'string', default: '2' },
    readers: { type: 'string', default: '20' },
    profile: { type: 'string' },
    gateway: { type: 'string', default: '' }
  }
})
const [runs, mb, relayCount, readers] = [values.runs, values.mb, values.relays, values.readers].map(
  Number
) as [number, number, number, number]
const SIZE_BYTES = mb * 1_000_000
const PROGRAM = fileURLToPath(new URL('../dist/bin/anabranch.js', import.meta.url))
const GATEWAY_PORT = 8088
/** What each reader takes, in bytes a second, and for how long all of them read. */
const FILM_RATE = '1M'
const FILM_MS = 20_000
/** Ticks of /proc/PID/stat in a second. */
const TICKS = 100
const MODES = ['fetch', 'gateway'] as const
type Mode = (typeof MODES)[number]
type Costs = Record<string, number>

interface Run {
  mode: Mode
  mbPerSecond: number
  /** Seconds of processor for a gigabyte, by process. */
  costs: Costs
}

enterNamespace('--net', 'ip link set lo up')
const directory = mkdtempSync('/dev/shm/anabranch-gateway-')
const programs: Program[] = []
process.on('exit', () => {
  for (const program of programs) if (program.isRunning) program.kill('SIGKILL')
  rmSync(directory, { recursive: true, force: true })
})
for (const signal of ['SIGINT', 'SIGTERM'] as const) process.on(signal, () => process.exit(1))

mkdirSync(join(directory, 'contents'))
await makeContent(join(directory, 'contents', 'film.bin'), SIZE_BYTES)
const daemons = new Map<string, Program>()
const director = start('director', ['director', 'start'])
const { addresses } = await director.event('listening')
const asked = ['--director', addresses[0]]
const source = ['source', 'start', '--dir', join(directory, 'contents'), ...asked]
const members = [start('source', source)]
for (let at = 1; at <= relayCount; at++) members.push(start(`relay ${at}`, ['relay', 'start', ...asked]))
for (const member of members) await member.event('registered')
let gateway = await startGateway()
// The processes compile most of their code by the first content.
if (runs > 0) await fetchOnce()
if (runs > 0) await curlOnce()
const results: Run[] = []
for (let run = 0; run < runs; run++)
  for (const mode of MODES) results.push(await measured(mode, mode === 'fetch' ? fetchOnce : curlOnce))
if (runs > 0) tell()
await end(gateway)
gateway = await startGateway()
await readFilms()
await Promise.all([...daemons.values()].map(end))
process.exit()

function start(name: string, args: string[]): Program {
  const listen = args.includes('gateway') ? [] : ['--listen', '/ip4/127.0.0.1/tcp/0']
  const program = new Program([...args, '--json', ...listen, '--home', join(directory, name)], {
    environment: environmentOf(name)
  })
  programs.push(program)
  daemons.set(name, program)
  return program
}

async function startGateway(): Promise<Program> {
  const flags = values.gateway.split(' ').filter(flag => flag !== '')
  const http = ['--http', `127.0.0.1:${GATEWAY_PORT}`]
  const started = start('gateway', ['client', 'gateway', ...http, ...asked, ...flags])
  await started.event('listening')
  return started
}

function environmentOf(name: string): Record<string, string> {
  const profiled = values.profile && { NODE_OPTIONS: `--cpu-prof --cpu-prof-dir=${values.profile}/${name}` }
  return { XDG_CONFIG_HOME: directory, XDG_STATE_HOME: directory, ...(profiled || {}) }
}

async function end(program: Program): Promise<void> {
  program.kill('SIGTERM')
  await program.ended
}

async function fetchOnce(): Promise<{ seconds: number; costs: Costs }> {
  const args = ['client', 'fetch', 'film.bin', '--json', '-o', '/dev/null', ...asked]
  const { lines, usedSeconds } = await runTimed([PROGRAM, ...args], environmentOf('fetch'))
  const done = lines.map(line => JSON.parse(line)).find(({ event }) => event === 'done')
  return { seconds: done.seconds, costs: { fetch: usedSeconds } }
}

async function curlOnce(): Promise<{ seconds: number; costs: Costs }> {
  const url = `http://127.0.0.1:${GATEWAY_PORT}/film.bin`
  const args = ['curl', '-sf', '-o', '/dev/null', '-w', '%{time_total} %{size_download}\n', url]
  const { lines, usedSeconds } = await runTimed(args, {})
  const [seconds, bytes] = lines[0]!.split(' ').map(Number)
  if (bytes !== SIZE_BYTES) throw new Error(`curl got ${bytes} bytes`)
  return { seconds: seconds!, costs: { curl: usedSeconds } }
}

/** Runs a program to its end. Gives what it says, and the seconds for which it had a processor. */
async function runTimed(args: string[], environment: Record<string, string>) {
  const child = spawn('sh', ['-c', '"$@" && times', 'sh', ...args], {
    stdio: ['ignore', 'pipe', 'inherit'],
    env: { ...process.env, ...environment }
  })
  const [said, [code]] = await Promise.all([text(child.stdout), once(child, 'exit')])
  if (code !== 0) throw new Error(`${args.join(' ')} ended with exit code ${code}: ${said}`)
  const lines = said.trim().split('\n')
  // The last line has what the shell's children used: user and system time, as 0m1.250000s.
  const times = lines.splice(-2)[1]!.matchAll(/(\d+)m([\d.]+)s/g)
  return { lines, usedSeconds: [...times].reduce((sum, [, m, s]) => sum + Number(m) * 60 + Number(s), 0) }
}

async function measured(mode: Mode, act: () => Promise<{ seconds: number; costs: Costs }>): Promise<Run> {
  const before = usedSeconds()
  const { seconds, costs } = await act()
  const after = usedSeconds()
  for (const name of Object.keys(after)) costs[name] = after[name]! - before[name]!
  const perGigabyte = Object.entries(costs).map(([name, used]) => [name, (used * 1e9) / SIZE_BYTES])
  const run = { mode, mbPerSecond: SIZE_BYTES / 1e6 / seconds, costs: Object.fromEntries(perGigabyte) }
  console.error(`${mode}: ${run.mbPerSecond.toFixed(0)} MB/s`)
  return run
}

/** Seconds of processor that each daemon has used so far. */
function usedSeconds(): Costs {
  const used = [...daemons].map(([name, { pid }]) => {
    const fields = readFileSync(`/proc/${pid}/stat`, 'utf8').split(') ')[1]!.split(' ')
    return [name, (Number(fields[11]) + Number(fields[12])) / TICKS]
  })
  return Object.fromEntries(used)
}

function tell(): void {
  const load = loadavg()[0]!.toFixed(1)
  console.log(
    `${cpus().length} processors, load ${load}, ${mb} MB over ${relayCount} relays, medians of ${runs}`
  )
  const rates = MODES.map(mode => {
    const ofMode = results.filter(result => result.mode === mode)
    const names = [...new Set(ofMode.flatMap(({ costs }) => Object.keys(costs)))]
    const costs = names.map(name => `${name} ${median(ofMode.map(run => run.costs[name]!)).toFixed(2)}`)
    const rate = median(ofMode.map(({ mbPerSecond }) => mbPerSecond))
    console.log(`${mode}: ${rate.toFixed(0)} MB/s; seconds of processor for a GB: ${costs.join(', ')}`)
    return rate
  })
  console.log(`the gateway has ${(rates[1]! / rates[0]!).toFixed(2)} of the fetch's rate`)
}

/** Many readers of the fresh gateway, each from a place of its own on. */
async function readFilms(): Promise<void> {
  const url = `http://127.0.0.1:${GATEWAY_PORT}/film.bin`
  const idleMib = memoryMib('VmRSS')
  const films = Array.from({ length: readers }, (_, at) => {
    const start = Math.floor((at * SIZE_BYTES) / readers)
    const args = ['-sf', '-o', '/dev/null', '--limit-rate', FILM_RATE, '-r', `${start}-`, url]
    return spawn('curl', args, { stdio: 'ignore' })
  })
  const before = usedSeconds().gateway!
  await delay(FILM_MS)
  const used = (usedSeconds().gateway! - before) / (FILM_MS / 1000)
  const [nowMib, mostMib] = [memoryMib('VmRSS'), memoryMib('VmHWM')]
  for (const film of films) film.kill()
  console.log(
    `${readers} readers at ${FILM_RATE}B/s: the gateway has ${nowMib} MiB (at most ${mostMib}, ${idleMib} before), ` +
      `and ${(used * 100).toFixed(0)} % of a processor`
  )
}

function memoryMib(what: 'VmRSS' | 'VmHWM'): number {
  const status = readFileSync(`/proc/${gateway.pid}/status`, 'utf8')
  return Math.round(Number(new RegExp(`${what}:\\s+(\\d+)`).exec(status)![1]) / 1024)
}
