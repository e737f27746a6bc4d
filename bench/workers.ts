import { existsSync, mkdirSync, rmdirSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { parseArgs } from 'node:util'
import { median } from '../src/units/median.ts'
import { hashOf, makeContent } from '../test/e2e/contents.ts'
import type { Program, Told } from '../test/e2e/program.ts'
import { machine, Processes } from './processes.ts'

// What do several workers of a relay bring? Some clients fetch one content at once over a relay with 1, 2 and more
// workers, in turns. Each process of the relay may use a part of one processor only (cgroups), as if it ran on a slow
// processor of its own: so the relay is the limit, and this machine has processors enough for all of its workers.
// Needs root and a build. Prints a table, or one JSON object with --json.
// Usage: npm run bench:workers -- [--workers 1,2,4] [--clients 3] [--mb 100] [--percent 10] [--runs 3] [--json]
const { values } = parseArgs({
  options: {
    workers: { type: 'string', default: '1,2,4' },
    clients: { type: 'string', default: '3' },
    mb: { type: 'string', default: '100' },
    percent: { type: 'string', default: '10' },
    runs: { type: 'string', default: '3' },
    json: { type: 'boolean', default: false }
  }
})
const [clients, mb, percent, runs] = [values.clients, values.mb, values.percent, values.runs].map(Number) as [
  number,
  number,
  number,
  number
]
const counts = values.workers.split(',').map(Number)

const PERIOD_US = 20_000
const processes = new Processes('workers')
const groups: string[] = []
process.on('exit', () => {
  for (const group of groups) rmdirSync(group)
})

const contents = join(processes.directory, 'contents')
mkdirSync(contents)
const sha256 = await makeContent(join(contents, 'film.bin'), mb * 1_000_000)
let starts = 0
const seconds = new Map<number, number[]>(counts.map(count => [count, []]))
for (let run = 0; run < runs; run++)
  for (const count of counts) seconds.get(count)!.push(await fetchOver(count))
print()
process.exit()

/** Gives the seconds until all clients have the content that fetch it over a relay with so many workers. */
async function fetchOver(workers: number): Promise<number> {
  const here: Program[] = []
  const start = (role: string, ...args: string[]): Program => {
    const program = processes.start(`${role}-${++starts}`, [role, 'start', '-v', ...args])
    here.push(program)
    return program
  }
  const director = addressIn(await start('director').event('listening'))
  await start('source', '--dir', contents, '--director', director).event('registered')
  const relay = start('relay', '--workers', String(workers), '--director', director)
  for (const number of Array.from({ length: workers }, (_, index) => index + 1)) {
    await relay.event('registered', ({ worker = 1 }) => worker === number)
  }
  const started = relay.events.filter(({ event, change }) => event === 'worker' && change === 'started')
  const pids = workers === 1 ? [relay.pid] : started.map(({ pid }) => pid as number)
  // What is compiled by then need not be compiled on the slow processor.
  await fetchTogether(director)
  for (const pid of pids) slowDown(pid)
  const startedAtMs = performance.now()
  await fetchTogether(director)
  const elapsed = (performance.now() - startedAtMs) / 1000
  for (const program of here) await program.end()
  return elapsed
}

async function fetchTogether(director: string): Promise<void> {
  await Promise.all(Array.from({ length: clients }, () => fetchOnce(director)))
}

async function fetchOnce(director: string): Promise<void> {
  const output = join(processes.directory, `out-${++starts}`)
  const args = ['client', 'fetch', 'film.bin', '-o', output, '--director', director]
  await processes.start(`client-${++starts}`, args, { listens: false }).outcome('done')
  if ((await hashOf(output)) !== sha256) throw new Error('wrong bytes')
  rmSync(output)
}

/** Has a process get a part of one processor from now on, by cgroups of version 1 or 2. */
function slowDown(pid: number): void {
  const first = '/sys/fs/cgroup/cpu'
  const isFirst = existsSync(join(first, 'tasks'))
  const group = join(isFirst ? first : '/sys/fs/cgroup', `anabranch-workers-${pid}`)
  mkdirSync(group)
  groups.push(group)
  const quota = Math.round((PERIOD_US * percent) / 100)
  if (isFirst) {
    writeFileSync(join(group, 'cpu.cfs_period_us'), String(PERIOD_US))
    writeFileSync(join(group, 'cpu.cfs_quota_us'), String(quota))
  } else writeFileSync(join(group, 'cpu.max'), `${quota} ${PERIOD_US}`)
  writeFileSync(join(group, 'cgroup.procs'), String(pid))
}

function addressIn({ addresses }: Told): string {
  return addresses[0]
}

function print(): void {
  const rates = counts.map(count => ({
    workers: count,
    mbPerSecond: (clients * mb) / median(seconds.get(count)!),
    seconds: seconds.get(count)!
  }))
  if (values.json) {
    console.log(JSON.stringify({ clients, mb, percent, machine: machine(), rates }))
    return
  }
  console.log(
    `${clients} clients, ${mb} MB each; each worker has ${percent} % of a processor; medians of ${runs}`
  )
  console.log('| workers | MB/s | by one worker | seconds |\n|---|---|---|---|')
  for (const { workers, mbPerSecond, seconds: all } of rates) {
    const gain = mbPerSecond / rates[0]!.mbPerSecond
    const each = all.map(value => value.toFixed(1)).join(' ')
    console.log(`| ${workers} | ${mbPerSecond.toFixed(1)} | ${gain.toFixed(2)} x | ${each} |`)
  }
}
