import { mkdirSync, mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as delay } from 'node:timers/promises'
import { parseArgs } from 'node:util'
import { makeContent } from '../test/e2e/contents.ts'
import { NatsServers } from '../test/e2e/nats-servers.ts'
import { DirectorsNetwork } from './directors/network.ts'
import { RouteMeter } from './directors/route-meter.ts'

// What do clients notice while directors that share their state, and the NATS servers that keep it, are killed and started
// again, one after the other and all together? Three directors, three servers and six relays as
// processes on loopback, two relays at each director and the source at the first. Two clients fetch
// all the time and name all directors; each director is asked four times a second. Exits with 1
// where a fetch fails, a query that names all directors fails for longer than its retry, or a
// director that runs does not lead over all relays again.
// Usage: npm run bench:directors -- [--rounds 1]
const RELAYS = 6
const SIZE_BYTES = 6_000_000
/** Milliseconds for which a query that fails is tried again. */
const RETRY_MS = 1_000
/** Milliseconds for which something stays killed: longer than an election, shorter than a lease. */
const DOWN_MS = 10_000
/** Milliseconds that directors have to lead over all relays again. */
const PATIENCE_MS = 45_000

interface Step {
  what: string
  kill(): Promise<void>
  restart(): Promise<void>
}

const { values } = parseArgs({ options: { rounds: { type: 'string', default: '1' } } })
const directory = mkdtempSync(join(tmpdir(), 'anabranch-directors-'))
const servers = await NatsServers.create(3, directory)
const network = new DirectorsNetwork(directory, servers.state)
process.on('exit', () => {
  network.killAll()
  servers.killAll()
  rmSync(directory, { recursive: true, force: true })
})
for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.on(signal, () => process.exit(130))

const contents = join(directory, 'contents')
mkdirSync(contents)
const sha256 = await makeContent(join(contents, 'film'), SIZE_BYTES, 'film')
await servers.startAll()
await network.start(contents, RELAYS)
const meter = await RouteMeter.start(network, RELAYS)
if ((await meter.untilAll(PATIENCE_MS)) === undefined)
  throw new Error('the directors do not come to know all relays')

let isOver = false
const fetching = ['one', 'two'].map(name => fetchOn(name))
const rows: string[][] = []
const faults: string[] = []
let fetches = { done: 0, failed: 0 }
for (let round = 0; round < Number(values.rounds); round++) for (const step of steps()) await take(step)
isOver = true
await Promise.all(fetching)
await meter.stop()
await network.end()
await servers.end()
console.log(table())
for (const fault of faults) console.log(fault)
process.exit(faults.length > 0 ? 1 : 0)

function steps(): Step[] {
  const killed = (index: number) => ({
    kill: () => servers.kill(index),
    restart: () => servers.start(index)
  })
  const each = [0, 1, 2]
  return [
    ...each.map(index => ({ what: `NATS server ${index + 1}`, ...killed(index) })),
    ...each.map(index => ({
      what: `director ${index + 1}`,
      kill: () => network.killDirector(index),
      restart: () => network.startDirector(index)
    })),
    {
      what: 'a director and a server',
      kill: async () => void (await Promise.all([network.killDirector(0), servers.kill(0)])),
      restart: async () => void (await Promise.all([network.startDirector(0), servers.start(0)]))
    },
    { what: 'all NATS servers', kill: () => servers.end(), restart: () => servers.startAll() }
  ]
}

async function take({ what, kill, restart }: Step): Promise<void> {
  fetches = { done: 0, failed: 0 }
  meter.begin()
  await kill()
  await delay(DOWN_MS)
  await restart()
  const allAfterMs = await meter.untilAll(PATIENCE_MS)
  // Fetches that began meanwhile end.
  await delay(DOWN_MS / 2)
  const { longestFailureMs, longestLackMs, fewest, queries } = meter.result()
  const ms = (value: number | undefined) => (value === undefined ? 'never' : String(Math.round(value)))
  rows.push([
    ...[what, `${fetches.done}`, `${fetches.failed}`, `${queries}`, ms(longestFailureMs)],
    ...[fewest === undefined ? 'all' : `${fewest}`, ms(longestLackMs), ms(allAfterMs)]
  ])
  console.error(rows.at(-1)!.join(' | '))
  if (fetches.failed > 0) faults.push(`${what}: ${fetches.failed} fetches failed`)
  if (longestFailureMs > RETRY_MS) faults.push(`${what}: a query failed for ${ms(longestFailureMs)} ms`)
  if (allAfterMs === undefined) faults.push(`${what}: routes stay lost`)
}

async function fetchOn(name: string): Promise<void> {
  const output = join(directory, name)
  while (!isOver) {
    const told = await network.fetch('film', output)
    if (told.event === 'done' && told.sha256 === sha256) fetches.done++
    else {
      fetches.failed++
      faults.push(`a fetch ended with ${JSON.stringify(told)}`)
    }
    rmSync(output, { force: true })
  }
}

function table(): string {
  const head = [
    ...['killed for 10 s', 'fetches done', 'failed', 'queries', 'longest failure, ms'],
    ...['fewest relays told', 'longest lack, ms', 'all told after restart, ms']
  ]
  return [head, head.map(() => '---'), ...rows].map(row => `| ${row.join(' | ')} |`).join('\n')
}
