import { execFileSync } from 'node:child_process'
import { mkdirSync, mkdtempSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import { setTimeout as delay } from 'node:timers/promises'
import { parseArgs } from 'node:util'
import { hashOf, makeContent } from '../test/e2e/contents.ts'
import { Program, type Told } from '../test/e2e/program.ts'
import { enterNamespace } from './own-namespace.ts'

// How long do many clients of one content need that serve each other? Every node is a process in a network namespace of
// its own, and its link has the same rate in both directions; the clients start together. One client alone goes first.
// Needs root and a build.
// Usage: npm run crowd -- [--clients 8] [--mb 50] [--mbit 20] [--segment 32KiB] [--without] (without: nobody serves what it fetches)
const { values } = parseArgs({
  options: {
    clients: { type: 'string', default: '8' },
    mb: { type: 'string', default: '50' },
    mbit: { type: 'string', default: '20' },
    segment: { type: 'string', default: '32KiB' },
    without: { type: 'boolean', default: false },
    verbose: { type: 'boolean', default: false }
  }
})
const [clients, mb, mbit] = [values.clients, values.mb, values.mbit].map(Number) as [number, number, number]

enterNamespace('--net', 'ip link add crowd type bridge && ip link set crowd up && ip link set lo up')
// In memory: many outputs of one machine would wait for one disk.
const directory = mkdtempSync('/dev/shm/anabranch-crowd-')
const programs: Program[] = []
const namespaces: string[] = []
process.on('exit', () => {
  for (const program of programs) if (program.isRunning) program.kill('SIGKILL')
  for (const namespace of namespaces) execFileSync('ip', ['netns', 'delete', namespace])
  rmSync(directory, { recursive: true, force: true })
})
for (const signal of ['SIGINT', 'SIGTERM'] as const) process.on(signal, () => process.exit(1))

const contents = join(directory, 'contents')
mkdirSync(contents)
const sha256 = await makeContent(join(contents, 'film.bin'), mb * 1_000_000)
const director = runAt(addHost(undefined), ['director', 'start', '--json'], 'director')
const directorAddress = addressIn(await director.event('listening'))
const source = ['source', 'start', '--json', '--dir', contents, '--segment-size', values.segment]
source.push('--director', directorAddress)
await runAt(addHost(mbit), source, 'source').event('registered')
const alone = await fetchTogether(1, [])
console.log(`alone: ${alone.map(inSeconds).join(' ')}`)
const all = await fetchTogether(clients, values.without ? [] : ['--serve'])
const factor = Math.max(...all) / alone[0]!
console.log(`${clients} at once: ${all.map(inSeconds).join(' ')}`)
console.log(`the last one needs ${factor.toFixed(2)} times as long as one alone`)
process.exit()

/** Has so many clients fetch the content at once. Gives the seconds that each needs. */
async function fetchTogether(count: number, flags: string[]): Promise<number[]> {
  const fetches = Array.from({ length: count }, (_, index) => {
    const home = `${count}-${index}`
    const output = join(directory, `out-${home}`)
    const args = ['client', 'fetch', 'film.bin', '--json', '-o', output, '--director', directorAddress]
    return { output, program: runAt(addHost(mbit), [...args, '--direct', 'only', ...flags], undefined) }
  })
  return await Promise.all(
    fetches.map(async ({ output, program }, index) => {
      const { seconds, routes } = await doneOf(program)
      if ((await hashOf(output)) !== sha256) throw new Error('wrong bytes')
      if (values.verbose) console.log(program.complaints)
      if (values.verbose) console.log(index, seconds, JSON.stringify(bytesBySource(routes)))
      return seconds
    })
  )
}

/** A fetch that serves goes on afterwards, and one may take longer than a test waits. */
async function doneOf(program: Program): Promise<Told> {
  for (;;) {
    const done = program.events.find(({ event }) => event === 'done')
    if (done) return done
    if (!program.isRunning) throw new Error(program.complaints)
    await delay(100)
  }
}

function bytesBySource(routes: Record<string, { source: string; bytes: number }>) {
  return Object.values(routes).map(({ source, bytes }) => [source.slice(-6), bytes])
}

/** A host on the bridge; its link has so many Mbit/s in each direction. */
function addHost(rate: number | undefined): { namespace: string; ip: string } {
  const number = namespaces.length + 1
  const namespace = `crowd-${process.pid}-${number}`
  const ip = `10.77.0.${number}`
  const port = `host${number}`
  const ipCommand = (...args: string[]) => execFileSync('ip', args)
  ipCommand('netns', 'add', namespace)
  namespaces.push(namespace)
  ipCommand('link', 'add', port, 'type', 'veth', 'peer', 'name', 'eth0', 'netns', namespace)
  ipCommand('link', 'set', port, 'master', 'crowd', 'up')
  ipCommand('-n', namespace, 'addr', 'add', `${ip}/24`, 'dev', 'eth0')
  for (const device of ['eth0', 'lo']) ipCommand('-n', namespace, 'link', 'set', device, 'up')
  if (rate === undefined) return { namespace, ip }
  const shape = ['root', 'tbf', 'rate', `${rate}mbit`, 'burst', '32kb', 'latency', '50ms']
  execFileSync('tc', ['qdisc', 'add', 'dev', port, ...shape])
  execFileSync('tc', ['-n', namespace, 'qdisc', 'add', 'dev', 'eth0', ...shape])
  return { namespace, ip }
}

function runAt(
  { namespace, ip }: { namespace: string; ip: string },
  args: string[],
  home: string | undefined
) {
  const listen =
    args.includes('client') && !args.includes('--serve') ? [] : ['--listen', `/ip4/${ip}/tcp/4001`]
  const homes = home === undefined ? [] : ['--home', join(directory, home)]
  const program = new Program([...args, ...listen, ...homes], {
    under: ['ip', 'netns', 'exec', namespace],
    environment: { XDG_CONFIG_HOME: directory, XDG_STATE_HOME: directory }
  })
  programs.push(program)
  return program
}

function addressIn({ addresses }: Told): string {
  return addresses[0]
}

function inSeconds(seconds: number): string {
  return `${seconds.toFixed(1)} s`
}
