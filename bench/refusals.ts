import { randomBytes } from 'node:crypto'
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { cpus, loadavg, tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as delay } from 'node:timers/promises'
import { fileURLToPath } from 'node:url'
import type { PeerAddresses } from '../src/protocol/director-messages.ts'
import { ROUTE_LIMITS } from '../src/protocol/limits.ts'
import { decodeRouteMessage, encodeRouteFrame } from '../src/protocol/route-codec.ts'
import { FramedStream } from '../src/transport/framed-stream.ts'
import { dialRoute } from '../test/hostile/hostile-relay.ts'
import { open } from '../test/protocol/messages.ts'
import { enterOwnNetwork, hostileHost, nodeAt } from './hostile/hosts.ts'
import { Process } from './hostile/processes.ts'
import type { Progress } from './hostile/roles.ts'

// How quickly does a relay of default limits say no to a crowd, and why? 2,000 clients of as many hosts connect, each
// asks for a route over it, and stays; an honest fetch over the same relay, which forwards 8 MB/s, goes on. Prints how
// often each answer came, with the median and the 99th percentile of the time from `open` to the answer.
// Usage, as root: npm run bench:refusals

const CLIENTS = 2_000
/** Clients that connect at once: more would wait for the processor of this process, which speaks for all of them. */
const AT_ONCE = 64
const CONTENT = { name: 'content', mib: 512 }
const QUIET_MS = 5_000
/** Without any answer for so long a client has none. */
const PATIENCE_MS = 20_000

interface Outcome {
  answer: string
  /** From the first byte of `open`, or from the dial where there was no connection. */
  ms: number
}

enterOwnNetwork()
const directory = mkdtempSync(join(tmpdir(), 'anabranch-bench-refusals-'))
process.on('exit', () => rmSync(directory, { recursive: true, force: true }))
const offered = join(directory, 'offered')
mkdirSync(offered)
for (let at = 0; at < CONTENT.mib; at++)
  writeFileSync(join(offered, CONTENT.name), randomBytes(1024 * 1024), { flag: 'a' })
const source = await new Process('source', { directory: offered }).told<PeerAddresses>()
const relayProcess = new Process('relay', { root: fileURLToPath(new URL('..', import.meta.url)) })
const relay = await relayProcess.told<PeerAddresses>()
const client = new Process('client', { relay, source, content: CONTENT.name })
await client.told()
await delay(QUIET_MS)
const quiet = await rateWhile(delay(QUIET_MS))
const outcomes: Outcome[] = []
const [from, { usedSeconds }] = [performance.now(), relayProcess.processorTime]
const crowded = await rateWhile(bringAll())
console.log(`${cpus().length} processors, load ${loadavg()[0]!.toFixed(1)}, ${new Date().toISOString()}`)
const seconds = (performance.now() - from) / 1000
const used = (100 * (relayProcess.processorTime.usedSeconds - usedSeconds)) / seconds
console.log(
  `${CLIENTS} clients in ${seconds.toFixed(0)} s; the relay had a processor for ${used.toFixed(0)} % of it`
)
for (const [answer, those] of Map.groupBy(outcomes, outcome => outcome.answer)) {
  const times = those.map(({ ms }) => ms).toSorted((a, b) => a - b)
  const [median, high] = [0.5, 0.99].map(part => times[Math.floor(part * (times.length - 1))]!.toFixed(0))
  console.log(`${those.length} times: ${answer}; median ${median} ms, 99th percentile ${high} ms`)
}
console.log(`honest fetch: ${quiet.toFixed(1)} MB/s before, ${crowded.toFixed(1)} MB/s beside the crowd`)
console.log(`memory of the relay at most: ${relayProcess.memoryMib('VmHWM').toFixed(0)} MiB`)
process.exit(0)

/** Without numbers and ids, so that like answers are counted together. */
function inGeneral(message: string): string {
  return message.replace(/12D3\w+|\d+/g, '#')
}

/** The rate of the honest fetch in MB/s while something happens. */
async function rateWhile(something: Promise<unknown>): Promise<number> {
  const before = await client.ask<Progress>('progress')
  await something
  const after = await client.ask<Progress>('progress')
  return (after.bytes - before.bytes) / 1000 / (after.atMs - before.atMs)
}

async function bringAll(): Promise<void> {
  let next = 0
  const bring = async () => {
    while (next < CLIENTS) outcomes.push(await bringOne(next++))
  }
  await Promise.all(Array.from({ length: AT_ONCE }, bring))
}

/** A client with an identity and a host of its own; its connection stays as long as the relay lets it. */
async function bringOne(at: number): Promise<Outcome> {
  const node = await nodeAt(hostileHost(at))
  let startMs = performance.now()
  const answered = Promise.withResolvers<string>()
  try {
    const stream = new FramedStream(await dialRoute(node, relay), {
      maxFrameBytes: ROUTE_LIMITS.maxFrameBytes,
      handlers: {
        onFrame: frame => {
          const message = decodeRouteMessage(frame)
          if (message?.kind === 'opened') answered.resolve('a route')
          if (message?.kind !== 'status') return
          answered.resolve(`${message.status} ${inGeneral(message.message)}`)
          // As a client does that has no more to say.
          void stream.close()
        },
        onEnd: () => answered.resolve('the stream was ended without a word'),
        onClose: error => answered.resolve(`the stream was lost: ${error?.message ?? 'closed'}`)
      }
    })
    startMs = performance.now()
    const sessionId = new Uint8Array(16)
    new DataView(sessionId.buffer).setUint32(0, at + 1)
    const wishes = { name: CONTENT.name, rootHash: new Uint8Array() }
    stream.send(encodeRouteFrame({ kind: 'open', ...open([source], { sessionId }, wishes) }))
    const answer = await Promise.race([answered.promise, delay(PATIENCE_MS, 'no answer')])
    return { answer, ms: performance.now() - startMs }
  } catch (error) {
    return { answer: `no connection: ${(error as Error).message}`, ms: performance.now() - startMs }
  }
}
