import { randomBytes } from 'node:crypto'
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { cpus, tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as delay } from 'node:timers/promises'
import { fileURLToPath } from 'node:url'
import { parseArgs } from 'node:util'
import type { PeerAddresses } from '../src/protocol/director-messages.ts'
import { median } from '../src/units/median.ts'
import { ATTACKS, type Target } from './hostile/attacks.ts'
import { CROWDS } from './hostile/crowds.ts'
import { enterOwnNetwork } from './hostile/hosts.ts'
import { Process } from './hostile/processes.ts'
import type { Asked, Progress } from './hostile/roles.ts'
import type { Served } from './hostile/users.ts'

// What does an attack cost a relay, and those that it serves? All nodes are processes in a network namespace of their
// own. An honest fetch goes on over a relay of 8 MB/s; quiet seconds and seconds of attack take turns. Prints a table in
// Markdown. "Honest rate" is the rate of the fetch during the attack by that just before, the median of the turns;
// the processor time is that of the relay; the ping is the longest of somebody else.
// The second table is of crowds at a director, which an honest client asks for routes all the while.
// Usage, as root: npm run bench:hostile -- [--turns 3] [--root DIR of another version] [attacks or crowds; default all]
const { values, positionals } = parseArgs({
  options: {
    turns: { type: 'string', default: '3' },
    root: { type: 'string', default: fileURLToPath(new URL('..', import.meta.url)) }
  },
  allowPositionals: true
})

const CONTENT = { name: 'content', mib: 512 }
/** How long the fetch is measured without an attack, and with it at least and at most. */
const QUIET_MS = 2_500
const LEAST_ATTACK_MS = 3_000
const MOST_ATTACK_MS = 8_000
/** After an attack the fetch gets its rate again within this time. */
const RECOVERY_MS = 2_000
/** How long the fetch takes to get its rate. */
const START_MS = 3_000

/** A crowd may take this long to come, and then stays for a while. */
const MOST_CROWD_MS = 240_000
const STAY_MS = 5_000
/** The processor time of the attacked node, in which it also may have waited for one; and the growth of its memory. */
const LOAD_HEADS = ['CPU, waits for it', 'memory']

interface Turn extends Served {
  /** Of the attack's rate by that before. */
  ratio: number
  /** Bytes a second. */
  quietRate: number
  /** Shares of the attack's time in which the relay had a processor, and waited for one. */
  used: number
  waited: number
}

enterOwnNetwork()
const directory = mkdtempSync(join(tmpdir(), 'anabranch-bench-hostile-'))
// The start of a process would take most of the time.
process.env.NODE_COMPILE_CACHE = join(directory, 'compiled')
process.on('exit', () => rmSync(directory, { recursive: true, force: true }))
const named = (all: object) =>
  Object.keys(all).filter(name => positionals.length === 0 || positionals.includes(name))
console.log(`${cpus().length} processors; ${values.turns} turns; the relay forwards 8 MB/s`)
await measureAttacks(named(ATTACKS))
await measureCrowds(named(CROWDS))
process.exit(0)

async function measureAttacks(names: string[]): Promise<void> {
  if (names.length === 0) return
  tellHeads('attack', 'honest rate', 'of, MB/s', ...LOAD_HEADS, 'longest ping', 'newcomers refused')
  const source = await startSource()
  for (const name of names) tellRow(await measure(name, source))
}

async function measureCrowds(names: string[]): Promise<void> {
  if (names.length === 0) return
  tellHeads(
    'crowd',
    'let in',
    'in',
    ...LOAD_HEADS,
    'longest ping',
    'longest answer',
    'least routes',
    'no answer'
  )
  for (const name of names) tellRow(await measureCrowd(name))
}

async function startSource(): Promise<PeerAddresses> {
  const offered = join(directory, 'offered')
  mkdirSync(offered)
  const block = randomBytes(1024 * 1024)
  for (let at = 0; at < CONTENT.mib; at++) writeFileSync(join(offered, CONTENT.name), block, { flag: 'a' })
  return await new Process('source', { directory: offered }).told()
}

/** The row of an attack. */
async function measure(name: string, source: PeerAddresses): Promise<string[]> {
  const relay = new Process('relay', { root: values.root })
  const target: Target = { relay: await relay.told(), source, content: CONTENT.name }
  const client = new Process('client', target)
  await client.told()
  await delay(START_MS)
  const mib = relay.memoryMib('VmRSS')
  const turns: Turn[] = []
  for (let turn = 0; turn < Number(values.turns); turn++) {
    turns.push(await takeTurn(name, target, relay, client))
    await delay(RECOVERY_MS)
  }
  const grown = relay.memoryMib('VmHWM') - mib
  await Promise.all([client.end(), relay.end()])
  const ratios = turns.map(({ ratio }) => ratio)
  const refused = sum(turns.map(({ newcomers }) => newcomers.refused))
  return [
    name,
    `${median(ratios).toFixed(2)} (${ratios.map(ratio => ratio.toFixed(2)).join(', ')})`,
    (median(turns.map(({ quietRate }) => quietRate)) / 1e6).toFixed(1),
    ...loadCells(median(turns.map(({ used }) => used)), median(turns.map(({ waited }) => waited)), grown),
    inMs(Math.max(...turns.map(({ longestPingMs }) => longestPingMs))),
    `${refused} of ${sum(turns.map(({ newcomers }) => newcomers.tried))}`
  ]
}

/** Some quiet seconds, and then the attack. */
async function takeTurn(name: string, target: Target, relay: Process, client: Process): Promise<Turn> {
  const attacker = new Process('attacker', { name, target })
  const users = new Process('users', { address: target.relay.addresses[0] })
  await Promise.all([attacker.told(), users.told()])
  const begin = await client.ask<Progress>('progress')
  await delay(QUIET_MS)
  users.child.send('reset')
  const before = await client.ask<Progress>('progress')
  const time = relay.processorTime
  attacker.child.send('go')
  await Promise.race([
    Promise.all([attacker.told().catch(() => {}), delay(LEAST_ATTACK_MS)]),
    delay(MOST_ATTACK_MS)
  ])
  const after = await client.ask<Progress>('progress')
  const { usedSeconds, waitedSeconds } = relay.processorTime
  const served = await users.ask<Served>('served')
  await Promise.all([attacker.end(), users.end()])
  const seconds = (after.atMs - before.atMs) / 1000
  const quietRate = rateOf(begin, before)
  return {
    ratio: rateOf(before, after) / quietRate,
    quietRate,
    used: (usedSeconds - time.usedSeconds) / seconds,
    waited: (waitedSeconds - time.waitedSeconds) / seconds,
    ...served
  }
}

/** The row of a crowd. */
async function measureCrowd(name: string): Promise<string[]> {
  const director = new Process('director', {})
  const peer = await director.told<PeerAddresses>()
  const members = new Process('members', { director: peer })
  const users = new Process('users', { address: peer.addresses[0] })
  const crowd = new Process('crowd', { name, director: peer })
  await Promise.all([members.told(), users.told(), crowd.told()])
  const asker = new Process('asker', { director: peer })
  await asker.told()
  await delay(START_MS)
  users.child.send('reset')
  const [time, mib, from] = [director.processorTime, director.memoryMib('VmRSS'), performance.now()]
  const letIn = await Promise.race([crowd.ask<string>('go'), delay(MOST_CROWD_MS, undefined)])
  const seconds = (performance.now() - from) / 1000
  const { usedSeconds, waitedSeconds } = director.processorTime
  await delay(STAY_MS)
  const grown = director.memoryMib('VmHWM') - mib
  const asked = await asker.ask<Asked>('served')
  const served = await users.ask<Served>('served')
  const row = [
    name,
    letIn ?? `${await director.ask<number>('nodes')} nodes known at the end`,
    `${seconds.toFixed(0)} s`,
    ...loadCells(
      (usedSeconds - time.usedSeconds) / seconds,
      (waitedSeconds - time.waitedSeconds) / seconds,
      grown
    ),
    inMs(served.longestPingMs),
    inMs(asked.longestMs),
    String(asked.leastRoutes),
    `${asked.failed} of ${asked.count}`
  ]
  await Promise.all([director, members, users, crowd, asker].map(process => process.end()))
  return row
}

/** Bytes a second. */
function rateOf(from: Progress, to: Progress): number {
  return ((to.bytes - from.bytes) * 1000) / (to.atMs - from.atMs)
}

/** The cells under LOAD_HEADS. */
function loadCells(used: number, waited: number, grownMib: number): string[] {
  return [`${(100 * used).toFixed(0)} %, ${(100 * waited).toFixed(0)} %`, `${grownMib.toFixed(0)} MiB`]
}

function inMs(ms: number): string {
  return `${ms.toFixed(0)} ms`
}

function tellRow(cells: string[]): void {
  console.log(`| ${cells.join(' | ')} |`)
}

function tellHeads(...heads: string[]): void {
  console.log()
  tellRow(heads)
  console.log(`|${heads.map(() => '---|').join('')}`)
}

function sum(values: number[]): number {
  return values.reduce((all, value) => all + value, 0)
}
