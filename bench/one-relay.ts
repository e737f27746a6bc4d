import { execFileSync, spawn } from 'node:child_process'
import { mkdirSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { fileURLToPath } from 'node:url'
import { parseArgs } from 'node:util'
import { median } from '../src/units/median.ts'
import { makeContent } from '../test/e2e/contents.ts'
import { type NginxChain, startNginxChain } from './one-relay/nginx-chain.ts'
import { enterNamespace } from './own-namespace.ts'
import { machine, PROGRAM, Processes, type ProcessUsage, usageOf } from './processes.ts'

// What does a byte cost? One content goes from file to file through one relay, in turns by this project (sealed and
// verified), by a bare libp2p pipe and by a chain of two nginx with TLS. Prints medians of the rates and of the seconds of
// processor that each process needs for a gigabyte, and how many times a reference's rate ours is. All files are in memory.
// Needs root, nginx, openssl, curl and a build.
// --before takes the dist/ of another checkout, to fetch with it in the same turns; --source gives our source further flags.
// Usage: npm run bench:one-relay -- [--runs 5] [--mb 1000] [--only ours,pipe,nginx] [--before DIST] [--source="FLAGS"]
//   [--json] [--profile DIR]
const MEANS = ['ours', 'before', 'pipe', 'nginx'] as const
type Means = (typeof MEANS)[number]
const { values } = parseArgs({
  options: {
    runs: { type: 'string', default: '5' },
    mb: { type: 'string', default: '1000' },
    only: { type: 'string', default: 'ours,pipe,nginx' },
    before: { type: 'string' },
    source: { type: 'string', default: '' },
    json: { type: 'boolean', default: false },
    profile: { type: 'string' }
  }
})
const SIZE_BYTES = Number(values.mb) * 1_000_000
const PIPE = fileURLToPath(new URL('one-relay/bare-pipe.ts', import.meta.url))
const PIPE_NODE = [process.execPath, '--experimental-transform-types', '--no-warnings', PIPE]
const NAME = 'content.bin'
const wanted = [...values.only.split(','), ...(values.before ? ['before'] : [])]
const means = MEANS.filter(each => wanted.includes(each))

interface Fetched {
  seconds: number
  used: ProcessUsage
}

/** One means, ready to fetch. */
interface Ready {
  fetch(): Promise<Fetched>
  /** The seconds of processor that its daemons have used so far. */
  daemons(): Record<string, number>
}

interface Run {
  means: Means
  mbPerSecond: number
  /** Seconds of processor for a gigabyte, by process. */
  costs: Record<string, number>
}

enterNamespace('--net', 'ip link set lo up')
const processes = new Processes('one-relay', values.profile)
const contents = join(processes.directory, 'contents')
const output = join(processes.directory, 'output.bin')
mkdirSync(contents)
await makeContent(join(contents, NAME), SIZE_BYTES)
const starts = {
  ours: () =>
    startOurs(
      '',
      PROGRAM,
      values.source.split(' ').filter(flag => flag !== '')
    ),
  before: () => startOurs('before ', join(values.before!, 'bin', 'anabranch.js'), []),
  pipe: startPipe,
  nginx: startNginx
}
const ready = new Map<Means, Ready>()
for (const each of means) ready.set(each, await starts[each]())
// The processes compile most of their code by the first content.
for (const each of means) await measured(each)
const runs: Run[] = []
for (let run = 0; run < Number(values.runs); run++) for (const each of means) runs.push(await measured(each))
tell()
await processes.end()
process.exit()

async function startOurs(prefix: string, program: string, sourceFlags: string[]): Promise<Ready> {
  const start = (name: string, args: string[]) => processes.start(`${prefix}${name}`, args, { program })
  const { addresses } = await start('director', ['director', 'start']).event('listening')
  const asked = ['--director', addresses[0]]
  const source = start('source', ['source', 'start', '--dir', contents, ...asked, ...sourceFlags])
  const relay = start('relay', ['relay', 'start', ...asked])
  await Promise.all([source.event('registered'), relay.event('registered')])
  const fetch = async () => {
    const args = ['client', 'fetch', NAME, '--json', '-o', output, ...asked]
    const { lines, used } = await processes.run(`${prefix}client`, [program, ...args])
    const done = lines.map(line => JSON.parse(line)).find(({ event }) => event === 'done')
    return { seconds: done.seconds, used }
  }
  const cpuOf = (name: string) => processes.usageOf(`${prefix}${name}`).cpuSeconds
  return { fetch, daemons: () => ({ source: cpuOf('source'), relay: cpuOf('relay') }) }
}

async function startPipe(): Promise<Ready> {
  const server = await startOfPipe(['server', join(contents, NAME)])
  const forwarder = await startOfPipe(['forwarder', server.address])
  const fetch = async () => {
    const { lines, used } = await processes.run('pipe client', [
      ...PIPE_NODE,
      'client',
      forwarder.address,
      output
    ])
    return { seconds: JSON.parse(lines[0]!).seconds as number, used }
  }
  const daemons = () => ({ source: usageOf(server.pid).cpuSeconds, relay: usageOf(forwarder.pid).cpuSeconds })
  return { fetch, daemons }
}

async function startOfPipe(args: string[]): Promise<{ address: string; pid: number }> {
  const [node, ...rest] = [...PIPE_NODE, ...args]
  const environment = { ...process.env, ...processes.environmentOf(`pipe ${args[0]}`) }
  const child = spawn(node!, rest, { stdio: ['ignore', 'pipe', 'inherit'], env: environment })
  process.on('exit', () => child.kill('SIGKILL'))
  for await (const address of createInterface(child.stdout)) return { address, pid: child.pid! }
  throw new Error(`the ${args[0]} of the pipe has ended`)
}

async function startNginx(): Promise<Ready> {
  const chain: NginxChain = await startNginxChain(processes.directory, contents)
  const fetch = async () => {
    const args = ['curl', '-sfk', '-o', output, '-w', '%{time_total}\n', chain.url(NAME)]
    const { lines, used } = await processes.run('curl', args)
    return { seconds: Number(lines[0]), used }
  }
  const { origin, proxy } = chain.pids
  return { fetch, daemons: () => ({ source: usageOf(origin).cpuSeconds, relay: usageOf(proxy).cpuSeconds }) }
}

async function measured(each: Means): Promise<Run> {
  const { fetch, daemons } = ready.get(each)!
  const before = daemons()
  const { seconds, used } = await fetch()
  const after = daemons()
  execFileSync('cmp', [join(contents, NAME), output])
  rmSync(output)
  const costs: Record<string, number> = {}
  for (const name of Object.keys(after)) costs[name] = ((after[name]! - before[name]!) * 1e9) / SIZE_BYTES
  costs.client = (used.cpuSeconds * 1e9) / SIZE_BYTES
  const run = { means: each, mbPerSecond: SIZE_BYTES / 1e6 / seconds, costs }
  console.error(`${each}: ${run.mbPerSecond.toFixed(0)} MB/s, ${costsText(costs)}`)
  return run
}

function costsText(costs: Record<string, number>): string {
  return Object.entries(costs)
    .map(([name, cost]) => `${name} ${cost.toFixed(2)}`)
    .join(', ')
}

function tell(): void {
  const medians = means.map(each => {
    const own = runs.filter(run => run.means === each)
    const cost = (name: string) => median(own.map(run => run.costs[name]!))
    const costs = { source: cost('source'), relay: cost('relay'), client: cost('client') }
    const total = median(own.map(run => Object.values(run.costs).reduce((sum, each) => sum + each, 0)))
    return { means: each, mbPerSecond: median(own.map(run => run.mbPerSecond)), costs, total }
  })
  const ours = medians.find(({ means }) => means === 'ours')
  const ratios = medians
    .filter(({ means }) => ours && means !== 'ours')
    .map(({ means, mbPerSecond, total }) => ({
      reference: means,
      rate: ours!.mbPerSecond / mbPerSecond,
      cpu: total / ours!.total
    }))
  if (values.json) {
    console.log(
      JSON.stringify({ bench: 'one-relay', machine: machine(), mb: Number(values.mb), medians, ratios, runs })
    )
    return
  }
  console.log(`${machine()}; ${values.mb} MB, medians of ${values.runs} in turns\n`)
  console.log('| means | MB/s | CPU of the source, s a GB | of the relay | of the client | of all |')
  console.log('|---|---|---|---|---|---|')
  for (const { means, mbPerSecond, costs, total } of medians) {
    const cells = [
      mbPerSecond.toFixed(0),
      ...[costs.source, costs.relay, costs.client, total].map(s => s.toFixed(2))
    ]
    console.log(`| ${means} | ${cells.join(' | ')} |`)
  }
  for (const { reference, rate, cpu } of ratios)
    console.log(
      `\n${rate.toFixed(2)} of the rate of ${reference}, which needs ${cpu.toFixed(2)} times the processor's time`
    )
}
