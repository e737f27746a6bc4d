import { fork } from 'node:child_process'
import { once } from 'node:events'
import { readFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { parseArgs } from 'node:util'
import { multiaddr } from '@multiformats/multiaddr'
import { ipOf } from '../src/transport/ip-ranges.ts'
import { Sockets, STREAM_ATTACKS, YAMUX_ATTACKS } from '../test/hostile/attacks.ts'
import { RawPeer } from '../test/hostile/raw-peer.ts'

// What does an attack cost a relay, and those that it serves? Prints a table in Markdown: the relay's
// processor time and most memory, and the longest that a ping of somebody else took meanwhile.
// Usage: npm run bench:hostile -- [--root DIR of another version] [attacks; default all]
const { values, positionals } = parseArgs({
  options: {
    root: { type: 'string', default: fileURLToPath(new URL('..', import.meta.url)) },
    as: { type: 'string' },
    to: { type: 'string' }
  },
  allowPositionals: true
})

const OVER_CONNECTION = { ...YAMUX_ATTACKS, ...STREAM_ATTACKS }

/** From where the attacks come; everybody else is at 127.0.0.1. */
const HOSTILE = '127.0.0.2'
/** How long connections that were opened are held. */
const HOLD_MS = 3_000
/** An attack goes on for this long at most. */
const ATTACK_MS = 60_000

const CONNECTION_ATTACKS: Record<string, (to: string) => Promise<unknown>> = {
  'opens 2,200 connections': async to => {
    const peers = await Promise.all(Array.from({ length: 20 }, () => RawPeer.start(HOSTILE)))
    for (let at = 0; at < 110; at++) {
      await Promise.all(peers.map(peer => peer.connect(multiaddr(to)).catch(() => {})))
    }
    await new Promise(resolve => setTimeout(resolve, HOLD_MS))
  },
  'opens 3,000 sockets and is silent': async to => {
    const sockets = new Sockets()
    for (let at = 0; at < 30; at++) await sockets.connectMany(100, multiaddr(to), HOSTILE)
    await new Promise(resolve => setTimeout(resolve, HOLD_MS))
  }
}

async function startRelay(): Promise<void> {
  const { makeNode } = await import(`${values.root}/src/transport/make-node.ts`)
  const { nodeJs } = await import(`${values.root}/src/transport/node.ts`)
  const { Relay } = await import(`${values.root}/src/relay/relay.ts`)
  // Each address of loopback counts as a host.
  const node = await makeNode(
    { listen: ['/ip4/127.0.0.1/tcp/0'] },
    { ...nodeJs(), visitors: { hostOf: ipOf } }
  )
  await new Relay({ node }).start()
  process.send!(String(node.getMultiaddrs()[0]))
}

async function attack(name: string, to: string): Promise<void> {
  const overConnection = OVER_CONNECTION[name]
  if (overConnection) await overConnection(await (await RawPeer.start(HOSTILE)).connect(multiaddr(to)))
  else await CONNECTION_ATTACKS[name]!(to)
  process.send!('through')
}

function child(...args: string[]) {
  const flags = ['--experimental-transform-types', '--no-warnings']
  return fork(fileURLToPath(import.meta.url), ['--root', values.root, ...args], { execArgv: flags })
}

const memoryOf = (pid: number, what: string) =>
  Number(new RegExp(`${what}:\\s+(\\d+)`).exec(readFileSync(`/proc/${pid}/status`, 'utf8'))![1]) / 1024
const cpuSecondsOf = (pid: number) => {
  const fields = readFileSync(`/proc/${pid}/stat`, 'utf8').split(') ')[1]!.split(' ')
  return (Number(fields[11]) + Number(fields[12])) / 100
}

async function measure(name: string): Promise<string> {
  const relay = child('--as', 'relay')
  const [address] = (await once(relay, 'message')) as [string]
  const { createNode } = await import('../src/transport/node.ts')
  const user = await createNode({ listen: [] })
  await user.services.ping.ping(multiaddr(address))
  const before = { mib: memoryOf(relay.pid!, 'VmRSS'), cpu: cpuSecondsOf(relay.pid!) }
  const attacker = child('--as', name, '--to', address)
  let isOver = false
  void Promise.race([
    once(attacker, 'exit'),
    once(attacker, 'message'),
    new Promise(resolve => setTimeout(resolve, ATTACK_MS))
  ]).then(() => {
    isOver = true
  })
  let longestMs = 0
  let lost = 0
  const newcomer = { tried: 0, refused: 0 }
  while (!isOver) {
    const from = performance.now()
    await user.services.ping
      .ping(multiaddr(address), { signal: AbortSignal.timeout(60_000) })
      .catch(() => lost++)
    longestMs = Math.max(longestMs, performance.now() - from)
    const other = await createNode({ listen: [] })
    newcomer.tried++
    await other.services.ping
      .ping(multiaddr(address), { signal: AbortSignal.timeout(60_000) })
      .catch(() => newcomer.refused++)
    await other.stop()
    await new Promise(resolve => setTimeout(resolve, 50))
  }
  const cpu = cpuSecondsOf(relay.pid!) - before.cpu
  const grown = memoryOf(relay.pid!, 'VmHWM') - before.mib
  attacker.kill('SIGKILL')
  relay.kill('SIGKILL')
  await user.stop()
  return `| ${name} | ${cpu.toFixed(1)} s | ${grown.toFixed(0)} MiB | ${longestMs.toFixed(0)} ms | ${lost} | ${newcomer.refused} of ${newcomer.tried} |`
}

if (values.as === 'relay') await startRelay()
else if (values.as !== undefined) await attack(values.as, values.to!)
else {
  console.log('| attack | CPU | memory | longest ping | pings lost | newcomers refused |')
  console.log('|---|---|---|---|---|---|')
  const names =
    positionals.length > 0 ? positionals : Object.keys({ ...OVER_CONNECTION, ...CONNECTION_ATTACKS })
  for (const name of names) console.log(await measure(name))
  process.exit(0)
}
