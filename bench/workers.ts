import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmdirSync, rmSync, writeFileSync } from 'node:fs'
import { cpus } from 'node:os'
import { join } from 'node:path'
import { parseArgs } from 'node:util'
import { median } from '../src/units/median.ts'
import { hashOf, makeContent } from '../test/e2e/contents.ts'
import { Program, type Told } from '../test/e2e/program.ts'

// What do several workers of a relay bring? Some clients fetch one content at once over a relay with 1, 2 and more
// workers, in turns. Each process of the relay may use a part of one processor only (cgroups), as if it ran on a slow
// processor of its own: so the relay is the limit, and this machine has processors enough for all of its workers.
// Needs root and a build. Prints a table, or one JSON object with --json.
// Usage: npm run bench:workers -- [--workers 1,2,4] [--clients 8] [--mb 20] [--percent 10] [--runs 3] [--json]
const { values } = parseArgs({
  options: {
    workers: { type: 'string', default: '1,2,4' },
    clients: { type: 'string', default: '8' },
    mb: { type: 'string', default: '20' },
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
const LOOPBACK = '/ip4/127.0.0.1/tcp/0'
const directory = mkdtempSync('/dev/shm/anabranch-workers-')
const programs: Program[] = []
const groups: string[] = []
process.on('exit', () => {
  for (const program of programs) if (program.isRunning) program.kill('SIGKILL')
  for (const group of groups) rmdirSync(group)
  rmSync(directory, { recursive: true, force: true })
})
for (const signal of ['SIGINT', 'SIGTERM'] as const) process.on(signal, () => process.exit(1))

const contents = join(directory, 'contents')
mkdirSync(contents)
const sha256 = await makeContent(join(contents, 'film.bin'), mb * 1_000_000)
const seconds = new Map<number, number[]>(counts.map(count => [count, []]))
for (let run = 0; run < runs; run++)
  for (const count of counts) seconds.get(count)!.push(await fetchOver(count))
print()
process.exit()

/** Gives the seconds until all clients have the content that fetch it over a relay with so many workers. */
async function fetchOver(workers: number): Promise<number> {
  const here: Program[] = []
  const start = (...args: string[]): Program => {
    const home = join(directory, `home-${programs.length}`)
    const program = new Program([...args, '--json', '-v', '--listen', LOOPBACK, '--home', home], {
      environment: { XDG_CONFIG_HOME: directory, XDG_STATE_HOME: directory }
    })
    programs.push(program)
    here.push(program)
    return program
  }
  const director = addressIn(await start('director', 'start').event('listening'))
  await start('source', 'start', '--dir', contents, '--director', director).event('registered')
  const relay = start('relay', 'start', '--workers', String(workers), '--director', director)
  for (const number of Array.from({ length: workers }, (_, index) => index + 1)) {
    await relay.event('registered', ({ worker = 1 }) => worker === number)
  }
  const started = relay.events.filter(({ event, change }) => event === 'worker' && change === 'started')
  const pids = workers === 1 ? [relay.pid] : started.map(({ pid }) => pid as number)
  for (const pid of pids) slowDown(pid)
  const startedAtMs = performance.now()
  await Promise.all(Array.from({ length: clients }, (_, index) => fetchOnce(index, director)))
  const elapsed = (performance.now() - startedAtMs) / 1000
  for (const program of here) await program.end()
  return elapsed
}

async function fetchOnce(index: number, director: string): Promise<void> {
  const output = join(directory, `out-${index}`)
  const args = ['client', 'fetch', 'film.bin', '--json', '--force', '-o', output, '--director', director]
  const client = new Program(args, { environment: { XDG_CONFIG_HOME: directory, XDG_STATE_HOME: directory } })
  programs.push(client)
  await client.outcome('done')
  if ((await hashOf(output)) !== sha256) throw new Error('wrong bytes')
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
  const machine = {
    processors: cpus().length,
    kernel: readFileSync('/proc/sys/kernel/osrelease', 'utf8').trim()
  }
  if (values.json) {
    console.log(JSON.stringify({ clients, mb, percent, machine, rates }))
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
