// Shows the main job on this machine: a director, a source and three relays of different rates,
// each a process of its own; a file fetched over all three at once; and one relay slowed down
// half-way. Everything is removed afterwards.
import { createCipheriv, createHash } from 'node:crypto'
import { createReadStream } from 'node:fs'
import { mkdir, mkdtemp, open, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { pipeline } from 'node:stream/promises'
import { fileURLToPath } from 'node:url'
import { describeSummary } from '../dist/cli/fetch-view.js'
import { HISTORY_SLOTS, progressLines } from '../dist/cli/progress-lines.js'
import { RateHistory } from '../dist/client/rate-history.js'
import { NodeProcess } from '../dist/lab/node-process.js'

const PROGRAM = fileURLToPath(new URL('../dist/bin/anabranch.js', import.meta.url))
const CONTENT_BYTES = 110_000_000
const CHUNK_BYTES = 5_000_000
const RATES = ['40mbit', '24mbit', '12mbit']
const SQUEEZED_RATE = '6mbit'
/** Cells that the progress of a fetch is drawn in. */
const SHOWN_SIZE = { columns: 80, rows: 24 }
const SHOWN_EACH_MS = 1_000
const PATIENCE_MS = 60_000
const LISTEN = ['--listen', '/ip4/127.0.0.1/tcp/0']

const directory = await mkdtemp(join(tmpdir(), 'anabranch-demo-'))
const processes = []
let isInterrupted = false
for (const signal of ['SIGINT', 'SIGTERM']) process.once(signal, () => void interrupt())
try {
  process.exitCode = await demo()
} catch (error) {
  if (!isInterrupted) console.error(`The demo failed: ${error.message}`)
  process.exitCode = 1
} finally {
  await cleanUp()
}

async function demo() {
  say(`making ${CONTENT_BYTES / 1e6} MB of content in ${directory}`)
  const sha256 = await makeContent()
  const relays = await startNetwork()
  say('client    fetches film.bin over all three at once; of each route: share, rate, round trip, relay')
  const output = join(directory, 'fetched.bin')
  const fetch = start('client', ['fetch', 'film.bin', '-o', output, '--director', relays.director])
  await follow(fetch, relays.fastest)
  const { code } = await fetch.ended
  const done = fetch.events.find(event => event.event === 'done')
  if (code !== 0 || !done) throw new Error(`client fetch ended with exit code ${code}: ${fetch.complaints}`)
  for (const line of describeSummary(done, { target: 'fetched.bin', resumeBytes: 0 })) say(line)
  if ((await hashOf(output)) !== sha256) throw new Error('the file fetched is not the file that was made')
  say('verified: the file fetched has the SHA-256 of the file that was made')
  return 0
}

async function startNetwork() {
  const director = start('director', ['start', ...LISTEN, '--home', join(directory, 'director')])
  const address = (await director.event('listening', PATIENCE_MS)).addresses[0]
  say(`director  ${address}`)
  const member = (role, name, flags) =>
    start(role, ['start', ...LISTEN, '--home', join(directory, name), '--director', address, ...flags])
  const source = member('source', 'source', ['--dir', join(directory, 'content')])
  const relays = await Promise.all(
    RATES.map(async (rate, index) => {
      const config = configOf(index)
      await writeFile(config, `maxRate: ${rate}\n`)
      return member('relay', `relay${index}`, ['--config', config])
    })
  )
  for (const [index, node] of [source, ...relays].entries()) {
    const { addresses, role } = await node.event('listening', PATIENCE_MS)
    await node.event('registered', PATIENCE_MS)
    say(`${role.padEnd(8)}  ${addresses[0]}${index > 0 ? `  at most ${RATES[index - 1]}` : ''}`)
  }
  return { director: address, fastest: relays[0] }
}

/** Shows the progress, and slows the fastest relay down half-way. */
async function follow(fetch, fastest) {
  const history = new RateHistory(HISTORY_SLOTS)
  let squeezed = false
  let before
  const show = () => {
    const progress = fetch.events.findLast(event => event.event === 'progress')
    if (!progress || progress === before) return
    const elapsedMs = progress.atMs - (before?.atMs ?? 0)
    const rateBytesPerSecond = ((progress.bytes - (before?.bytes ?? 0)) * 1000) / elapsedMs
    before = progress
    history.follow(progress.routes, progress.atMs)
    const routes = fetch.events.filter(event => event.event === 'route')
    const relays = new Map(routes.map(({ id, relays }) => [id, relays]))
    const state = { totalBytes: CONTENT_BYTES, progress, rateBytesPerSecond, history, relays, shared: [] }
    say(progressLines(state, { color: false, isAscii: false, size: SHOWN_SIZE }).join('\n') + '\n')
    if (squeezed || progress.bytes < CONTENT_BYTES / 2) return
    squeezed = true
    say(`*** half-way: the relay of ${RATES[0]} is squeezed to ${SQUEEZED_RATE}; watch the weights ***\n`)
    void writeFile(configOf(0), `maxRate: ${SQUEEZED_RATE}\n`).then(() => fastest.kill('SIGHUP'))
  }
  const timer = setInterval(show, SHOWN_EACH_MS)
  await fetch.ended
  clearInterval(timer)
}

/** Makes bytes that look random and are the same each time. Returns their SHA-256. */
async function makeContent() {
  await mkdir(join(directory, 'content'))
  const cipher = createCipheriv('aes-256-ctr', Buffer.alloc(32, 'anabranch'), Buffer.alloc(16))
  const hash = createHash('sha256')
  const file = await open(join(directory, 'content', 'film.bin'), 'w')
  for (let made = 0; made < CONTENT_BYTES; made += CHUNK_BYTES) {
    const chunk = cipher.update(Buffer.alloc(CHUNK_BYTES))
    hash.update(chunk)
    await file.writeFile(chunk)
  }
  await file.close()
  return hash.digest('hex')
}

async function hashOf(path) {
  const hash = createHash('sha256')
  await pipeline(createReadStream(path), hash)
  return hash.digest('hex')
}

function configOf(index) {
  return join(directory, `relay${index}.yaml`)
}

function start(role, args) {
  const node = new NodeProcess(role, [PROGRAM, role, ...args, '--json'])
  processes.push(node)
  return node
}

async function interrupt() {
  isInterrupted = true
  say('\ninterrupted: taking everything down again')
  await cleanUp()
  process.exit(130)
}

async function cleanUp() {
  const running = processes.filter(node => node.running)
  for (const node of running) node.kill('SIGTERM')
  const patience = setTimeout(() => {
    for (const node of running) node.kill('SIGKILL')
  }, 10_000)
  await Promise.all(running.map(node => node.ended))
  clearTimeout(patience)
  await rm(directory, { recursive: true, force: true })
}

function say(text) {
  console.log(text)
}
