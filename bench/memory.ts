import { type ChildProcess, fork } from 'node:child_process'
import { once } from 'node:events'
import { mkdirSync, mkdtempSync, rmSync, truncateSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as delay } from 'node:timers/promises'
import { fileURLToPath } from 'node:url'
import { parseArgs } from 'node:util'
import { enterNamespace } from './own-namespace.ts'
import { machine, PROGRAM, Processes } from './processes.ts'

// How much memory does each role need, whatever the size of a content, and with how many sessions? First a content of each
// size goes through one relay into a file, with fresh processes; then many clients take a little of a content and stop, and
// one more fetches as if they were not there. Prints what source, relay and client had resident at most, and what a
// session takes. Contents are of zeros that take no room. Needs root and a build.
// Usage: npm run bench:memory -- [--sizes 100,1000,10000] [--sessions 1000] [--json]
const { values } = parseArgs({
  options: {
    sizes: { type: 'string', default: '100,1000,10000' },
    sessions: { type: 'string', default: '1000' },
    json: { type: 'boolean', default: false }
  }
})
const sessions = Number(values.sessions)
const NAME = 'content.bin'
/** Size of the content that slow clients begin. */
const SLOW_MB = 100
/** Clients in one process. */
const CLIENTS_IN_PROCESS = 100
/** Time in which buffers fill as far as they do, and garbage is collected. */
const SETTLE_MS = 5_000
const SLOW_CLIENTS = fileURLToPath(new URL('memory/slow-clients.ts', import.meta.url))

interface OfSize {
  mb: number
  source: number
  relay: number
  client: number
}

interface OfSessions {
  sessions: number
  /** Resident memory in MiB with one session that has ended, then with all of them, and the most meanwhile. */
  source: { before: number; with: number; peak: number }
  relay: { before: number; with: number; peak: number }
}

enterNamespace('--net', 'ip link set lo up')
const disk = mkdtempSync(join(tmpdir(), 'anabranch-memory-'))
process.on('exit', () => rmSync(disk, { recursive: true, force: true }))
const sizes: OfSize[] = []
for (const mb of values.sizes.split(',').map(Number).filter(Boolean)) sizes.push(await ofSize(mb))
const many = sessions > 0 ? await ofSessions() : undefined
if (values.json) console.log(JSON.stringify({ bench: 'memory', machine: machine(), sizes, many }))
else tell()
process.exit()

interface Nodes {
  processes: Processes
  director: string
  fetch(): Promise<number>
}

/** Fresh processes that offer one content of zeros. */
async function start(mb: number, relayFlags: string[] = [], sourceFlags: string[] = []): Promise<Nodes> {
  const processes = new Processes('memory')
  const contents = join(processes.directory, 'contents')
  mkdirSync(contents)
  writeFileSync(join(contents, NAME), '')
  truncateSync(join(contents, NAME), mb * 1_000_000)
  const { addresses } = await processes.start('director', ['director', 'start']).event('listening')
  const asked = ['--director', addresses[0]]
  const source = processes.start('source', ['source', 'start', '--dir', contents, ...asked, ...sourceFlags])
  const relay = processes.start('relay', ['relay', 'start', ...asked, ...relayFlags])
  await Promise.all([source.event('registered'), relay.event('registered')])
  const fetch = async () => {
    const output = join(disk, 'output.bin')
    const { used } = await processes.run('client', [
      PROGRAM,
      'client',
      'fetch',
      NAME,
      '--wait',
      '--json',
      '-o',
      output,
      ...asked
    ])
    rmSync(output)
    return used.peakMib
  }
  return { processes, director: addresses[0], fetch }
}

async function ofSize(mb: number): Promise<OfSize> {
  const { processes, fetch } = await start(mb)
  const client = await fetch()
  const peak = (name: string) => processes.usageOf(name).peakMib
  const found = { mb, source: peak('source'), relay: peak('relay'), client }
  console.error(
    `${mb} MB: source ${found.source.toFixed(0)}, relay ${found.relay.toFixed(0)}, client ${client.toFixed(0)} MiB`
  )
  await processes.end()
  return found
}

async function ofSessions(): Promise<OfSessions> {
  // One host may have as many as are still free.
  const places = String(4 * sessions)
  const nodes = await start(
    SLOW_MB,
    ['--max-sessions', places, '--max-sessions-per-peer', places],
    ['--max-sessions', places]
  )
  const { processes, director, fetch } = nodes
  await fetch()
  const before = { source: processes.usageOf('source').nowMib, relay: processes.usageOf('relay').nowMib }
  const clients: ChildProcess[] = []
  process.on('exit', () => {
    for (const client of clients) client.kill('SIGKILL')
  })
  for (let left = sessions; left > 0; left -= CLIENTS_IN_PROCESS) {
    const client = fork(SLOW_CLIENTS, [director, NAME, String(Math.min(left, CLIENTS_IN_PROCESS))])
    clients.push(client)
    const [told] = await once(client, 'message')
    if (told.failed) throw new Error(`a client has failed: ${told.failed}`)
    console.error(`${sessions - Math.max(0, left - CLIENTS_IN_PROCESS)} clients have begun`)
  }
  await delay(SETTLE_MS)
  const usage = (name: 'source' | 'relay') => {
    const { nowMib, peakMib } = processes.usageOf(name)
    return { before: before[name], with: nowMib, peak: peakMib }
  }
  const found = { sessions, source: usage('source'), relay: usage('relay') }
  await fetch()
  for (const client of clients) client.disconnect()
  await processes.end()
  return found
}

function tell(): void {
  console.log(`${machine()}\n`)
  console.log('| content, MB | source, MiB at most | relay | client |\n|---|---|---|---|')
  for (const { mb, source, relay, client } of sizes)
    console.log(`| ${mb} | ${[source, relay, client].map(mib => mib.toFixed(0)).join(' | ')} |`)
  if (!many) return
  console.log(
    `\n| ${many.sessions} sessions | before, MiB | with them | at most | a session |\n|---|---|---|---|---|`
  )
  for (const role of ['source', 'relay'] as const) {
    const { before, with: held, peak } = many[role]
    const each = ((held - before) / many.sessions).toFixed(2)
    console.log(`| ${role} | ${[before, held, peak].map(mib => mib.toFixed(0)).join(' | ')} | ${each} |`)
  }
}
