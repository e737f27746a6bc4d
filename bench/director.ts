import { type ChildProcess, fork } from 'node:child_process'
import { once } from 'node:events'
import { mkdtempSync, rmSync } from 'node:fs'
import { cpus, loadavg, tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as delay } from 'node:timers/promises'
import { fileURLToPath } from 'node:url'
import { parseArgs } from 'node:util'
import type { ClientsInit, ClientsOrder, Queried } from './director/clients.ts'
import { type Costs, DirectorProcess } from './director/director-process.ts'
import type { RelaysInit, RelaysOrder } from './director/relays.ts'

// What does one director bear? A real director, relays and sources that register with it, hold their leases and tell round
// trips, and clients that ask and watch; all of these over connections and streams of their own, with as little work as the
// protocol takes. Four phases: all relays register; the director is idle but for its nodes; clients ask while some relays come
// and go; the director is killed and started again while clients go on asking. Loopback only. Needs a build.
// Usage: npm run bench:director -- [--relays 1000] [--contents 10000] [--queries 100] [--watches 100] [--sources 20]
//   [--seconds 20] [--churn 2] [--at-once 400] [--json] [--profile DIRECTORY]
const { values } = parseArgs({
  options: {
    relays: { type: 'string', default: '1000' },
    contents: { type: 'string', default: '10000' },
    queries: { type: 'string', default: '100' },
    watches: { type: 'string', default: '100' },
    sources: { type: 'string', default: '20' },
    seconds: { type: 'string', default: '20' },
    churn: { type: 'string', default: '2' },
    'at-once': { type: 'string', default: '400' },
    'most-seconds': { type: 'string', default: '300' },
    json: { type: 'boolean', default: false },
    profile: { type: 'string' }
  }
})
const [relays, contents, queries] = [values.relays, values.contents, values.queries].map(Number) as Three
const [watches, sources, seconds] = [values.watches, values.sources, values.seconds].map(Number) as Three
const [perSecond, atOnce, mostSeconds] = [values.churn, values['at-once'], values['most-seconds']].map(
  Number
) as Three
type Three = [number, number, number]

/** What a generator has told last. */
interface Told {
  reached: { registered: number; found: number; introduced: number; listed: number }
  attempts: number
  traffic: { requests: number; replies: number; replyBytes: number }
  watching: number
  watchNews: number
  peerIds: string[]
  queried: Queried
}

/** A process that makes load. */
class Generator<Order> {
  readonly #child: ChildProcess
  readonly told: Partial<Told> = {}

  constructor(file: string, init: unknown) {
    const url = new URL(`director/${file}`, import.meta.url)
    this.#child = fork(fileURLToPath(url), [JSON.stringify(init)], {
      execArgv: ['--experimental-transform-types', '--no-warnings']
    })
    const notices = new Set<string>()
    this.#child.on('message', (message: Partial<Told> & { notice?: string }) => {
      if (message.notice === undefined) Object.assign(this.told, message)
      else if (!notices.has(message.notice.slice(0, 40))) {
        notices.add(message.notice.slice(0, 40))
        console.error(`told by the director: ${message.notice}`)
      }
    })
    children.push(this.#child)
  }

  async ready(): Promise<this> {
    await once(this.#child, 'message')
    return this
  }

  order(order: Order): void {
    this.#child.send(order as object)
  }

  async answer(order: Order): Promise<void> {
    delete this.told.queried
    this.order(order)
    while (!this.told.queried) await once(this.#child, 'message')
  }
}

const children: ChildProcess[] = []
const directory = mkdtempSync(join(tmpdir(), 'anabranch-bench-director-'))
const director = new DirectorProcess(directory, values.profile)
process.on('exit', () => {
  director.endNow()
  for (const child of children) child.kill('SIGKILL')
  rmSync(directory, { recursive: true, force: true })
})
for (const signal of ['SIGINT', 'SIGTERM'] as const) process.on(signal, () => process.exit(1))

const startLoad = loadavg()[0]!
await director.start()
const relayInit: RelaysInit = { director: director.address, count: relays, atOnce }
const clientInit: ClientsInit = { director: director.address, sources, contents, watches }
const crowd = await new Generator<RelaysOrder>('relays.ts', relayInit).ready()
const clients = await new Generator<ClientsOrder>('clients.ts', clientInit).ready()
const askAll = { order: 'queries' as const, perSecond: queries, relayIds: crowd.told.peerIds! }

say(`${cpus().length} processors, load ${startLoad.toFixed(1)}; ${relays} relays, ${contents} contents of`)
say(
  `${sources} sources, ${watches} watches, ${queries} queries/s, ${atOnce} registrations under way at most\n`
)
say(
  '| phase | s | queries | p50 ms | p99 ms | most ms | found | routes each | processor | RSS MB | pause ms |'
)
say('|---|---|---|---|---|---|---|---|---|---|---|')
const rows: object[] = []

director.reset()
const began = performance.now()
crowd.order({ order: 'start' })
const first = await allThere('first start', began)
clients.order({ order: 'sources' })
await until(() => (clients.told.reached?.listed ?? 0) >= sources)
row('catalogs told', (performance.now() - began) / 1_000 - first)
clients.order({ order: 'watch' })
await until(() => (clients.told.watching ?? 0) >= watches * 0.999)
await delay(5_000)

director.reset()
const before = { ...crowd.told.traffic! }
await delay(seconds * 500)
const traffic = crowd.told.traffic!
row('nodes alone', seconds / 2, undefined, {
  requestsPerSecond: ((traffic.requests - before.requests) * 2) / seconds,
  repliesPerSecond: ((traffic.replies - before.replies) * 2) / seconds
})

director.reset()
clients.order(askAll)
await delay((1 + seconds) * 1_000)
await clients.answer({ order: 'stop' })
row('queries', seconds, clients.told.queried)

director.reset()
const newsBefore = clients.told.watchNews!
crowd.order({ order: 'churn', perSecond })
clients.order(askAll)
await delay((1 + seconds) * 1_000)
await clients.answer({ order: 'stop' })
crowd.order({ order: 'churn', perSecond: 0 })
row(`queries, ${perSecond} relays/s come and go`, seconds, clients.told.queried, {
  watchNews: clients.told.watchNews! - newsBefore
})

await delay(10_000)
crowd.order({ order: 'forget' })
await director.end(values.profile ? 'SIGTERM' : 'SIGKILL')
await director.start()
clients.order(askAll)
await allThere('restart', performance.now(), 'stop')
if (values.json) console.log(JSON.stringify({ startLoad, endLoad: loadavg()[0], ...values, rows }))
if (values.profile) await director.end('SIGTERM')
process.exit()

/** Waits until all relays are registered, then until they were found and told their neighbours. */
async function allThere(phase: string, startedMs: number, stop?: 'stop'): Promise<number> {
  let registeredS: number | undefined
  const since = () => (performance.now() - startedMs) / 1_000
  const isAll = (stage: 'registered' | 'found' | 'introduced') => (crowd.told.reached?.[stage] ?? 0) >= relays
  const isOver = await until(() => {
    if (isAll('registered')) registeredS ??= since()
    return isAll('registered') && isAll('found') && isAll('introduced')
  })
  if (stop) await clients.answer({ order: 'stop' })
  const reached = isOver ? {} : crowd.told.reached
  row(phase, since(), clients.told.queried, {
    registeredAfterSeconds: registeredS ?? null,
    attempts: crowd.told.attempts,
    ...reached
  })
  return since()
}

async function until(holds: () => boolean): Promise<boolean> {
  const startedMs = performance.now()
  while (!holds()) {
    if (performance.now() - startedMs > mostSeconds * 1_000) return false
    await delay(50)
  }
  return true
}

function row(phase: string, tookS: number, queried?: Queried, more: Record<string, unknown> = {}): void {
  const costs = director.costs()
  const asked = queried ? figuresOf(queried) : undefined
  rows.push({ phase, seconds: tookS, ...asked, ...costs, ...more })
  say(`| ${[phase, tookS.toFixed(1), ...textsOf(asked), ...costTexts(costs)].join(' | ')} |`)
  const extra = Object.entries(more).map(([what, value]) => `${what} ${format(value)}`)
  if (extra.length > 0) say(`| (${extra.join(', ')}) |`)
}

function figuresOf({ tookMs, found, routes, lost }: Queried) {
  const sorted = tookMs.toSorted((a, b) => a - b)
  const at = (part: number) => sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * part))] ?? 0
  const count = sorted.length
  const [p50Ms, p99Ms, mostMs] = [at(0.5), at(0.99), at(1)]
  return { answered: count, lost, p50Ms, p99Ms, mostMs, found, routesEach: found > 0 ? routes / found : 0 }
}

function textsOf(asked: ReturnType<typeof figuresOf> | undefined): string[] {
  if (!asked) return ['', '', '', '', '', '']
  const { answered, lost, p50Ms, p99Ms, mostMs, found, routesEach } = asked
  const count = lost > 0 ? `${answered} (${lost} lost)` : String(answered)
  return [count, p50Ms.toFixed(1), p99Ms.toFixed(1), mostMs.toFixed(0), String(found), routesEach.toFixed(1)]
}

function costTexts({ processor, rssMb, mostRssMb, longestPauseMs }: Costs): string[] {
  return [`${(100 * processor).toFixed(0)} %`, `${rssMb} (${mostRssMb})`, longestPauseMs.toFixed(0)]
}

function format(value: unknown): string {
  return typeof value === 'number' && !Number.isInteger(value) ? value.toFixed(1) : String(value)
}

function say(line: string): void {
  if (!values.json) console.log(line)
}
