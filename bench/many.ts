import { type ChildProcess, fork } from 'node:child_process'
import { once } from 'node:events'
import { mkdirSync, truncateSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { setTimeout as delay } from 'node:timers/promises'
import { fileURLToPath } from 'node:url'
import { parseArgs } from 'node:util'
import { median } from '../src/units/median.ts'
import { enterNamespace } from './own-namespace.ts'
import { machine, PROGRAM, Processes, usageOf } from './processes.ts'

// What does a session cost where many clients fetch over one relay, and how fair are their shares? A number of clients, all
// in one process, fetch a content again and again; then another process fetches a small content beside them. Prints what
// source, relay and clients use while nothing but the clients fetches, Jain's index of the clients' rates (1: all the same),
// and the 99th percentile of the small fetches. Contents are of zeros that take no room. Needs root and a build.
// --before takes the dist/ of another checkout, with which the same is measured in turns.
// Usage: npm run bench:many -- [--clients 1,10,100] [--seconds 10] [--small 50] [--runs 1] [--before DIST] [--json]
//   [--profile DIR]
const { values } = parseArgs({
  options: {
    clients: { type: 'string', default: '1,10,100' },
    seconds: { type: 'string', default: '10' },
    small: { type: 'string', default: '50' },
    runs: { type: 'string', default: '1' },
    before: { type: 'string' },
    json: { type: 'boolean', default: false },
    profile: { type: 'string' }
  }
})
const SECONDS = Number(values.seconds)
const BULK = { name: 'bulk.bin', bytes: 1_000_000_000 }
const SMALL = { name: 'small.bin', bytes: 64 * 1024 }
/** Time in which routes come to their rates after the last client has begun. */
const SETTLE_MS = 3_000
const ROLES = ['source', 'relay', 'clients'] as const
type Costs = Record<(typeof ROLES)[number], number>
const COUNTS = values.clients.split(',').map(Number)
/** Places for sessions: one host may have as many as are still free. */
const PLACES = String(4 * Math.max(...COUNTS, 16))

interface Row {
  build: string
  clients: number
  mbPerSecond: number
  /** Seconds of processor for a gigabyte that the clients got. */
  cpu: Costs
  residentMib: Costs
  /** Undefined for one client. */
  jain: number | undefined
  /** Of a small fetch, in milliseconds. */
  smallMedianMs: number | undefined
  smallP99Ms: number | undefined
}

interface Build {
  name: string
  roles: string
  director: string
  daemonUsage(role: 'source' | 'relay'): ReturnType<typeof usageOf>
}

enterNamespace('--net', 'ip link set lo up')
const processes = new Processes('many', values.profile)
const contents = join(processes.directory, 'contents')
mkdirSync(contents)
for (const { name, bytes } of [BULK, SMALL]) {
  writeFileSync(join(contents, name), '')
  truncateSync(join(contents, name), bytes)
}
const builds = [await start('now', PROGRAM)]
if (values.before) builds.push(await start('before', join(values.before, 'bin', 'anabranch.js')))
// The processes compile most of their code by the first contents.
for (const build of builds) await withClients(build, 1, () => delay(SETTLE_MS))
const runs: Row[] = []
for (let run = 0; run < Number(values.runs); run++) {
  for (const build of builds) runs.push(await idle(build))
  for (const clients of COUNTS) for (const build of builds) runs.push(await measured(build, clients))
}
const rows = builds.flatMap(({ name }) => [0, ...COUNTS].map(clients => medianRow(name, clients)))
if (values.json)
  console.log(JSON.stringify({ bench: 'many', machine: machine(), seconds: SECONDS, rows, runs }))
else tell()
await processes.end()
process.exit()

async function start(name: string, program: string): Promise<Build> {
  const begin = (role: string, args: string[]) => processes.start(`${name}-${role}`, args, { program })
  const { addresses } = await begin('director', ['director', 'start']).event('listening')
  const asked = ['--director', addresses[0], '--max-sessions', PLACES]
  const source = begin('source', ['source', 'start', '--dir', contents, ...asked])
  const relay = begin('relay', ['relay', 'start', ...asked, '--max-sessions-per-peer', PLACES])
  await Promise.all([source.event('registered'), relay.event('registered')])
  return {
    name,
    roles: join(dirname(program), '..', 'roles.js'),
    director: addresses[0],
    daemonUsage: role => processes.usageOf(`${name}-${role}`)
  }
}

/** Small fetches with nothing beside them. */
async function idle(build: Build): Promise<Row> {
  const none: Costs = { source: 0, relay: 0, clients: 0 }
  const row = { build: build.name, clients: 0, mbPerSecond: 0, cpu: none, residentMib: none, jain: undefined }
  return told({ ...row, ...(await smallFetches(build)) })
}

async function measured(build: Build, clients: number): Promise<Row> {
  return withClients(build, clients, async load => {
    await delay(SETTLE_MS)
    await gotBytes(load)
    const usages = () => ({
      source: build.daemonUsage('source'),
      relay: build.daemonUsage('relay'),
      clients: usageOf(load.pid!)
    })
    const before = usages()
    const startedAt = performance.now()
    await delay(SECONDS * 1000)
    const bytes = await gotBytes(load)
    const seconds = (performance.now() - startedAt) / 1000
    const after = usages()
    const inAll = bytes.reduce((sum, each) => sum + each, 0)
    const ofRoles = (of: (role: keyof Costs) => number) =>
      Object.fromEntries(ROLES.map(role => [role, of(role)])) as unknown as Costs
    return told({
      build: build.name,
      clients,
      mbPerSecond: inAll / 1e6 / seconds,
      cpu: ofRoles(role => ((after[role].cpuSeconds - before[role].cpuSeconds) * 1e9) / inAll),
      residentMib: ofRoles(role => after[role].nowMib),
      jain:
        clients > 1 ? inAll ** 2 / (clients * bytes.reduce((sum, each) => sum + each ** 2, 0)) : undefined,
      ...(await smallFetches(build))
    })
  })
}

/** Runs `act` while so many clients fetch. */
async function withClients<T>(
  build: Build,
  clients: number,
  act: (load: ChildProcess) => Promise<T>
): Promise<T> {
  const load = startPart('load.ts', [build.roles, build.director, BULK.name, String(clients)])
  await answerOf(load)
  try {
    return await act(load)
  } finally {
    load.kill('SIGKILL')
    await once(load, 'exit')
  }
}

async function gotBytes(load: ChildProcess): Promise<number[]> {
  const answer = answerOf(load)
  load.send('bytes')
  return (await answer).bytes!
}

async function smallFetches(build: Build): Promise<Pick<Row, 'smallMedianMs' | 'smallP99Ms'>> {
  if (Number(values.small) === 0) return { smallMedianMs: undefined, smallP99Ms: undefined }
  const part = startPart('small-fetches.ts', [build.roles, build.director, SMALL.name, values.small])
  const took = (await answerOf(part)).took!.toSorted((a, b) => a - b)
  const at = (share: number) => took[Math.min(took.length - 1, Math.floor(share * took.length))]!
  return { smallMedianMs: at(0.5), smallP99Ms: at(0.99) }
}

function startPart(file: string, args: string[]): ChildProcess {
  const child = fork(fileURLToPath(new URL(`many/${file}`, import.meta.url)), args, {
    env: { ...process.env, ...processes.environmentOf(file) }
  })
  process.on('exit', () => child.kill('SIGKILL'))
  return child
}

interface Answer {
  failed?: string
  bytes?: number[]
  took?: number[]
}

async function answerOf(child: ChildProcess): Promise<Answer> {
  const gone = new AbortController()
  const exit = () => gone.abort(new Error(`${child.spawnargs.at(-1)} ended`))
  child.once('exit', exit)
  const [answer] = (await once(child, 'message', gone)) as [Answer]
  child.off('exit', exit)
  if (answer.failed) throw new Error(answer.failed)
  return answer
}

function told(row: Row): Row {
  console.error(cellsOf(row).join(', '))
  return row
}

function medianRow(build: string, clients: number): Row {
  const own = runs.filter(row => row.build === build && row.clients === clients)
  const of = <T extends number | undefined>(pick: (row: Row) => T) => {
    const known = own.map(pick).filter(value => value !== undefined)
    return known.length > 0 ? median(known) : undefined
  }
  const ofRoles = (what: 'cpu' | 'residentMib') =>
    Object.fromEntries(ROLES.map(role => [role, of(row => row[what][role])])) as unknown as Costs
  return {
    build,
    clients,
    mbPerSecond: of(row => row.mbPerSecond)!,
    cpu: ofRoles('cpu'),
    residentMib: ofRoles('residentMib'),
    jain: of(row => row.jain),
    smallMedianMs: of(row => row.smallMedianMs),
    smallP99Ms: of(row => row.smallP99Ms)
  }
}

function cellsOf({
  build,
  clients,
  mbPerSecond,
  cpu,
  residentMib,
  jain,
  smallMedianMs,
  smallP99Ms
}: Row): string[] {
  const small = [smallMedianMs?.toFixed(1) ?? '-', smallP99Ms?.toFixed(1) ?? '-']
  if (clients === 0) return [build, 'none', '-', '-', '-', '-', '-', '-', ...small]
  return [
    build,
    String(clients),
    mbPerSecond.toFixed(0),
    ...ROLES.map(role => cpu[role].toFixed(2)),
    ROLES.map(role => residentMib[role].toFixed(0)).join(' / '),
    jain?.toFixed(3) ?? '-',
    ...small
  ]
}

function tell(): void {
  console.log(`${machine()}; ${SECONDS} s with each number of clients, medians of ${values.runs}\n`)
  console.log(
    "| build | clients | MB/s in all | CPU of the source, s a GB | of the relay | of the clients | resident, MiB: source / relay / clients | Jain's index | 64 KiB, median ms | p99 |"
  )
  console.log('|---|---|---|---|---|---|---|---|---|---|')
  for (const row of rows) console.log(`| ${cellsOf(row).join(' | ')} |`)
  for (const { name } of builds) tellRatios(name)
}

/** What many clients cost beside one. */
function tellRatios(build: string): void {
  const own = rows.filter(row => row.build === build)
  const one = own.find(row => row.clients === 1)?.cpu
  const idle = own.find(row => row.clients === 0)?.smallP99Ms
  for (const { clients, cpu, smallP99Ms } of own.filter(row => row.clients > 0)) {
    if (one && clients > 1) {
      const [source, relay] = (['source', 'relay'] as const).map(role => (cpu[role] / one[role]).toFixed(2))
      console.log(
        `\n${build}: a byte of ${clients} clients costs the source ${source} and the relay ${relay} of one's.`
      )
    }
    if (idle && smallP99Ms)
      console.log(
        `\n${build}: beside ${clients} the p99 of a small fetch is ${(smallP99Ms / idle).toFixed(1)} times the idle one.`
      )
  }
}
