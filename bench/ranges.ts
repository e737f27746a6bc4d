import { randomBytes } from 'node:crypto'
import { mkdirSync, mkdtempSync, rmSync, truncateSync, utimesSync, writeFileSync } from 'node:fs'
import { loadavg, tmpdir } from 'node:os'
import { join } from 'node:path'
import { generateKeyPair } from '@libp2p/crypto/keys'
import { Client } from '../src/client/client.ts'
import type { OpenedContent } from '../src/client/opened-content.ts'
import { DEFAULT_SEGMENT_BYTES } from '../src/protocol/content-record.ts'
import { Relay } from '../src/relay/relay.ts'
import { Catalog } from '../src/source/catalog.ts'
import { Source } from '../src/source/source.ts'
import { createNode, type OverlayNode } from '../src/transport/node.ts'
import { median } from '../src/units/median.ts'
import { SlowLink } from './ranges/slow-link.ts'

// How soon are parts of a large content here, over routes that the client knows? Reads ranges in places chosen at random
// over three relays, whose links have a rate and a delay, all in one process. Prints medians, in milliseconds and in round
// trips of a route.
// Usage: npm run bench:ranges -- [RATE_MBIT [ROUND_TRIP_MS]]

const RATE_BYTES_PER_MS = (Number(process.argv[2] ?? 30) * 1e6) / 8 / 1000
const ROUND_TRIP_MS = Number(process.argv[3] ?? 20)
const ROUTES = 3
const SIZE_BYTES = 1_000_000_000
const READS = 15
const WARM_BYTES = 20_000_000
const RANGES = [1, 64 * 1024, 1024 * 1024]

const home = mkdtempSync(join(tmpdir(), 'anabranch-bench-ranges-'))
process.on('exit', () => rmSync(home, { recursive: true, force: true }))

const { node: source, port } = await startSource()
const paths = await Promise.all(
  Array.from({ length: ROUTES }, async () => {
    const relay = await createNode({ listen: ['/ip4/127.0.0.1/tcp/0'] })
    await new Relay({ node: relay }).start()
    return { relays: [await behindLink(relay)], source: await behindLink(source, port) }
  })
)
const client = await Client.start({ directors: [] })
const opened = await client.open({ name: 'large', paths })
await read(opened, 0, WARM_BYTES)
console.log(
  `${ROUTES} routes of ${process.argv[2] ?? 30} Mbit/s and ${ROUND_TRIP_MS} ms, load ${loadavg()[0]!.toFixed(1)}`
)
for (const bytes of RANGES) {
  const reads: { firstMs: number; doneMs: number }[] = []
  for (let at = 0; at < READS; at++) {
    reads.push(await read(opened, Math.floor(Math.random() * (SIZE_BYTES - bytes)), bytes))
  }
  const [firstMs, doneMs] = (['firstMs', 'doneMs'] as const).map(key => median(reads.map(each => each[key])))
  const idealMs = ROUND_TRIP_MS + bytes / (ROUTES * RATE_BYTES_PER_MS)
  console.log(
    `${bytes} B: first byte ${firstMs!.toFixed(0)} ms (${(firstMs! / ROUND_TRIP_MS).toFixed(2)} round trips), ` +
      `done ${doneMs!.toFixed(0)} ms, ideally ${idealMs.toFixed(0)} ms`
  )
}
process.exit(0)

async function read(content: OpenedContent, start: number, bytes: number) {
  const startedMs = performance.now()
  let firstMs: number | undefined
  for await (const _ of content.read({ start, end: start + bytes })) firstMs ??= performance.now() - startedMs
  return { firstMs: firstMs!, doneMs: performance.now() - startedMs }
}

/** The node as others see it, each way behind half of a route's delay. */
async function behindLink(node: OverlayNode, port = portOf(node)) {
  const link = new SlowLink({ port, rateBytesPerMs: RATE_BYTES_PER_MS, delayMs: ROUND_TRIP_MS / 4 })
  return { peerId: node.peerId.toString(), addresses: [`/ip4/127.0.0.1/tcp/${await link.start()}`] }
}

async function startSource(): Promise<{ node: OverlayNode; port: number }> {
  const directory = join(home, 'contents')
  mkdirSync(directory)
  const file = join(directory, 'large')
  writeFileSync(file, randomBytes(1024 * 1024))
  truncateSync(file, SIZE_BYTES)
  utimesSync(file, 0, 0)
  const privateKey = await generateKeyPair('Ed25519')
  const cacheDirectory = join(home, 'hashes')
  const catalog = new Catalog({ directory, cacheDirectory, segmentBytes: DEFAULT_SEGMENT_BYTES, privateKey })
  await catalog.start()
  await catalog.whenIdle()
  const node = await createNode({ listen: ['/ip4/127.0.0.1/tcp/0'], privateKey })
  await new Source({ node, contents: catalog }).start()
  return { node, port: portOf(node) }
}

function portOf(node: OverlayNode): number {
  return Number(/\/tcp\/(\d+)/.exec(node.getMultiaddrs()[0]!.toString())![1])
}
