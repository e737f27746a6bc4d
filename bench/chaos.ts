import { mkdirSync, mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as delay } from 'node:timers/promises'
import { parseArgs } from 'node:util'
import { makeContent } from '../test/e2e/contents.ts'
import { ChaosClient, type Content, type Tally } from './chaos/client.ts'
import { ChaosNetwork } from './chaos/network.ts'
import { CLIENTS, chaosSchedule, FAULT_KINDS, type Fault, type FaultKind } from './chaos/schedule.ts'
import { SmallDisk } from './chaos/small-disk.ts'

// Does every fetch end with the right bytes, whatever fails meanwhile? Real processes on loopback, each behind a proxy,
// under faults that follow from the seed: the same seed makes the same faults at the same times. A
// fetch that ends with a documented error is run again until it is done. Exits with 1 where bytes are
// wrong, a fetch hangs, an error is not one that the faults explain, or a node ends by itself.
// As root it also has clients write to a disk that gets full.
// Usage: npm run chaos -- [--minutes 5] [--seed N, default by the clock] [--kinds kill,stop; default all]
const MB = 1_000_000
const SIZES = [0, 300_000, 6 * MB, 12 * MB, 24 * MB]

const { values } = parseArgs({
  options: {
    minutes: { type: 'string', default: '5' },
    seed: { type: 'string', default: String(Date.now() % 1_000_000) },
    kinds: { type: 'string', default: FAULT_KINDS.join() }
  }
})
const durationMs = numberOf('minutes') * 60_000
const seed = numberOf('seed')
const schedule = chaosSchedule(seed, durationMs, kindsOf(values.kinds))

SmallDisk.enter()
const directory = mkdtempSync(join(tmpdir(), 'anabranch-chaos-'))
const contentsDirectory = join(directory, 'contents')
const disk = new SmallDisk(directory)
const tally: Tally = { fetches: 0, completed: 0, resumed: 0, errors: new Map() }
const applied = new Map<FaultKind, number>()
const violations: string[] = []
const network = new ChaosNetwork(directory, contentsDirectory, violation)
const startedAtMs = performance.now()
/** What ends the faults that last. */
const underway = new Set<Promise<void>>()
let clients: Map<string, ChaosClient>

process.on('exit', () => {
  network.killAll()
  disk.remove()
  rmSync(directory, { recursive: true, force: true })
})
for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.on(signal, () => void interrupt())

console.log(`seed ${seed}: ${schedule.length} faults in ${values.minutes} min`)
await run()
await network.end()
console.log(table())
process.exit(violations.length > 0 ? 1 : 0)

async function run(): Promise<void> {
  mkdirSync(contentsDirectory)
  const contents: Content[] = []
  for (const size of SIZES) {
    const name = `${size}.bin`
    contents.push({ name, sha256: await makeContent(join(contentsDirectory, name), size, name) })
  }
  await network.start()
  const common = { directory, contents, network, disk, tally, violation }
  clients = new Map(
    CLIENTS.map((name, index) => [name, new ChaosClient({ ...common, name, seed: seed + index })])
  )
  const begunAtMs = performance.now()
  const isOver = () => performance.now() - begunAtMs >= durationMs
  const working = [...clients.values()].map(client => client.work(isOver))
  for (const fault of schedule) {
    await delay(Math.max(0, fault.atMs - (performance.now() - begunAtMs)))
    begin(fault)
  }
  await Promise.all(underway)
  await Promise.all(working)
}

/** Does a fault, where its target is in a state for it, and ends it in time. */
function begin(fault: Fault): void {
  const end = apply(fault)
  if (!end) return
  applied.set(fault.kind, (applied.get(fault.kind) ?? 0) + 1)
  const over = delay(fault.forMs)
    .then(end)
    .catch(error => {
      if (!network.isEnding)
        violation(`${fault.target} did not come back after '${fault.kind}': ${error.message}`)
    })
    .finally(() => underway.delete(over))
  underway.add(over)
}

/** Returns what ends the fault; undefined where it was not done. */
function apply({ kind, target }: Fault): (() => Promise<void>) | undefined {
  const client = clients.get(target)
  if (kind === 'full') return disk.fill()
  if (kind === 'clock') return client ? client.jump() : network.jump(target)
  const atOnce = (isDone: boolean) => (isDone ? async () => {} : undefined)
  if (client) {
    if (kind === 'stop') return client.stop()
    return atOnce(kind === 'kill' ? client.kill() : client.fillDisk())
  }
  if (kind === 'kill' || kind === 'move') return network.kill(target, kind === 'move')
  if (kind === 'stop') return network.stop(target)
  const proxy = network.proxyOf(target)
  if (kind === 'hole') {
    if (proxy.isHole) return undefined
    proxy.openHole()
    return async () => proxy.closeHole()
  }
  if (kind === 'reset') proxy.reset()
  else if (kind === 'flip' || kind === 'cut') proxy.spoil(kind)
  return atOnce(true)
}

function violation(text: string): void {
  violations.push(text)
  console.log(`VIOLATION at ${((performance.now() - startedAtMs) / 1000).toFixed(1)} s: ${text}`)
}

async function interrupt(): Promise<void> {
  await network.end()
  console.log(table())
  process.exit(130)
}

function table(): string {
  const rows: [string, number][] = [
    ['fetches', tally.fetches],
    ['completed', tally.completed],
    ['runs that resumed', tally.resumed],
    ...[...tally.errors].map(([code, count]): [string, number] => [`ended: ${code}`, count]),
    ...[...applied].map(([kind, count]): [string, number] => [`fault: ${kind}`, count]),
    ['violations', violations.length],
    ['seed', seed]
  ]
  return rows.map(([name, count]) => `${name.padEnd(40)}${String(count).padStart(8)}`).join('\n')
}

function numberOf(name: 'minutes' | 'seed'): number {
  const number = Number(values[name])
  if (number >= 0) return number
  throw new RangeError(`--${name} wants a number, not '${values[name]}'`)
}

function kindsOf(text: string): FaultKind[] {
  return text.split(',').map(word => {
    const kind = FAULT_KINDS.find(known => known === word)
    if (!kind) throw new RangeError(`--kinds: there is no '${word}', only ${FAULT_KINDS.join(', ')}`)
    return kind
  })
}
