import { type ChildProcess, fork } from 'node:child_process'
import { randomBytes } from 'node:crypto'
import { once } from 'node:events'
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { cpus, release, tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { parseArgs } from 'node:util'
import type { Hop } from '../src/protocol/route-messages.ts'
import { median } from '../src/units/median.ts'

// What do lanes save? Fetches a file over relays on this machine's loopback, sealed, with and without lanes in turns;
// each role is a process of its own. Prints a table in Markdown. "CPU" is the processor time of a role for one fetch.
// Usage: npm run bench:lanes -- [--runs 5] [--mib 512] [--hops 1] [--profile DIR]
const DIST = fileURLToPath(new URL('../dist/', import.meta.url))
const MIB = 1024 * 1024
/** As a source cuts contents where nothing else is said. */
const SEGMENT_BYTES = 32 * 1024
/** Lanes come on a busy machine, too. */
const EAGER = { leastBytesPerSecond: 1_000_000, connectMs: 100 }
const MODES = ['with', 'without'] as const
type Mode = (typeof MODES)[number]

interface Usage {
  seconds: number
}

/** What a role is told to do, in its process's arguments. */
type Order =
  | { role: 'source'; directory: string; offer: string }
  | { role: 'relay'; mode: Mode }
  | { role: 'client'; mode: Mode; name: string; path: Hop[]; output: string }

interface Result {
  mode: Mode
  mbPerSecond: number
  /** Processor seconds of the source, the relays together, and the client. */
  cpu: [number, number, number]
}

const order = process.env.BENCH_LANES_ORDER
if (order) await act(JSON.parse(order))
else await measureAll()

async function act(order: Order): Promise<void> {
  const { Catalog, Client, createNode, loadOrCreateIdentity, openFileOutput, Relay, Source } = (await import(
    `${DIST}roles.js`
  )) as typeof import('../src/roles.ts')
  const lanes = { lanes: order.role !== 'source' && order.mode === 'with' ? EAGER : (false as const) }
  const listen = ['/ip4/127.0.0.1/tcp/0']
  if (order.role === 'client') {
    const client = await Client.start({ directors: [], node: lanes })
    const startedAt = performance.now()
    const [source, ...relays] = order.path.toReversed()
    await client.fetch({
      name: order.name,
      paths: [{ relays: relays.reverse(), source: source! }],
      openOutput: record => openFileOutput({ ...record, path: order.output, force: true })
    })
    process.send!({ seconds: (performance.now() - startedAt) / 1000 })
    await client.stop()
  } else if (order.role === 'relay') {
    const node = await createNode({ listen, ...lanes })
    await new Relay({ node }).start()
    process.send!({ peerId: node.peerId.toString(), addresses: node.getMultiaddrs().map(String) })
  } else {
    const privateKey = await loadOrCreateIdentity(order.directory)
    const node = await createNode({ listen, privateKey })
    const catalog = new Catalog({
      directory: order.offer,
      cacheDirectory: join(order.directory, 'hashes'),
      segmentBytes: SEGMENT_BYTES,
      privateKey
    })
    await catalog.start()
    await catalog.whenIdle()
    await new Source({ node, contents: catalog }).start()
    process.send!({ peerId: node.peerId.toString(), addresses: node.getMultiaddrs().map(String) })
  }
  process.on('message', () => {
    const { user, system } = process.cpuUsage()
    process.send!({ seconds: (user + system) / 1e6 } satisfies Usage)
    if (order.role === 'client') process.disconnect()
  })
  process.on('disconnect', () => process.exit())
}

async function measureAll(): Promise<void> {
  const { values } = parseArgs({
    options: {
      runs: { type: 'string', default: '5' },
      mib: { type: 'string', default: '512' },
      hops: { type: 'string', default: '1' },
      profile: { type: 'string' }
    }
  })
  const directory = mkdtempSync(join(tmpdir(), 'anabranch-lanes-'))
  const children: ChildProcess[] = []
  const start = async (order: Order) => {
    const child = await startRole(order, values.profile)
    children.push(child)
    return { child, hop: (await told(child)) as Hop }
  }
  try {
    const offer = join(directory, 'offer')
    mkdirSync(offer)
    const block = randomBytes(MIB)
    for (let i = 0; i < Number(values.mib); i++) writeFileSync(join(offer, 'big'), block, { flag: 'a' })
    const source = await start({ role: 'source', directory, offer })
    const paths = { with: [] as Awaited<ReturnType<typeof start>>[], without: [] as (typeof source)[] }
    for (const mode of MODES)
      for (let i = 0; i < Number(values.hops); i++) paths[mode].push(await start({ role: 'relay', mode }))
    const results: Result[] = []
    for (let run = 0; run < Number(values.runs); run++)
      for (const mode of MODES) {
        const daemons = [source, ...paths[mode]].map(({ child }) => child)
        const path = [...paths[mode], source].map(({ hop }) => hop)
        const order: Order = { role: 'client', mode, name: 'big', path, output: join(directory, 'out') }
        results.push(await measure(order, daemons, Number(values.mib), values.profile))
      }
    print(results)
  } finally {
    for (const child of children) if (child.connected) child.disconnect()
    rmSync(directory, { recursive: true })
  }
}

async function startRole(order: Order, profile: string | undefined): Promise<ChildProcess> {
  const { MALLOC_TUNABLES } = await import(`${DIST}cli/malloc-tunables.js`)
  return fork(fileURLToPath(import.meta.url), {
    env: { ...process.env, BENCH_LANES_ORDER: JSON.stringify(order), GLIBC_TUNABLES: MALLOC_TUNABLES },
    execArgv: [
      '--experimental-transform-types',
      '--no-warnings',
      ...(profile ? ['--cpu-prof', `--cpu-prof-dir=${join(profile, order.role)}`] : [])
    ]
  })
}

async function told(child: ChildProcess): Promise<unknown> {
  const gone = new AbortController()
  const exit = () => gone.abort(new Error('a process has ended'))
  child.once('exit', exit)
  const [message] = await once(child, 'message', gone)
  child.off('exit', exit)
  return message
}

async function cpuSeconds(child: ChildProcess): Promise<number> {
  const answer = told(child)
  child.send('cpu')
  return ((await answer) as Usage).seconds
}

/** One fetch; the daemons are the source and the relays. */
async function measure(
  order: Order & { role: 'client' },
  daemons: ChildProcess[],
  mib: number,
  profile: string | undefined
): Promise<Result> {
  const before = await Promise.all(daemons.map(cpuSeconds))
  const client = await startRole(order, profile)
  const { seconds } = (await told(client)) as Usage
  const ofClient = await cpuSeconds(client)
  await once(client, 'exit')
  const used = (await Promise.all(daemons.map(cpuSeconds))).map((after, i) => after - before[i]!)
  const [ofSource, ...ofRelays] = used
  const result: Result = {
    mode: order.mode,
    mbPerSecond: (mib * MIB) / 1e6 / seconds,
    cpu: [ofSource!, ofRelays.reduce((sum, each) => sum + each, 0), ofClient]
  }
  console.error(
    `${result.mode}: ${result.mbPerSecond.toFixed(0)} MB/s, CPU ${result.cpu.map(s => s.toFixed(2)).join(' ')}`
  )
  return result
}

function print(results: Result[]): void {
  console.log(
    `${cpus().length} processors, Linux ${release()}, medians of ${results.length / MODES.length}\n`
  )
  console.log('| lanes | MB/s | CPU of the source, s | of the relays | of the client |')
  console.log('|---|---|---|---|---|')
  for (const mode of MODES) {
    const runs = results.filter(result => result.mode === mode)
    const cpu = [0, 1, 2].map(role => median(runs.map(run => run.cpu[role]!)).toFixed(2))
    console.log(
      `| ${mode} | ${median(runs.map(({ mbPerSecond }) => mbPerSecond)).toFixed(1)} | ${cpu.join(' | ')} |`
    )
  }
}
