import { randomBytes } from 'node:crypto'
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { generateKeyPair } from '@libp2p/crypto/keys'
import type { PrivateKey } from '@libp2p/interface'
import { describe, expect, it, onTestFinished, vi } from 'vitest'
import { Client } from '../../src/client/client.ts'
import type { FetchEvent } from '../../src/client/fetch-events.ts'
import type { FetchRequest } from '../../src/client/fetch-options.ts'
import type { RelayLimits } from '../../src/relay/limits.ts'
import { Relay } from '../../src/relay/relay.ts'
import { type Scheduler, systemScheduler } from '../../src/scheduler.ts'
import { Catalog } from '../../src/source/catalog.ts'
import { Source } from '../../src/source/source.ts'
import type { LaneLimits, LaneReader } from '../../src/transport/lanes.ts'
import { createNode, type Libp2pNode } from '../../src/transport/node.ts'

const LISTEN = ['/ip4/127.0.0.1/tcp/0']
const SIZE_BYTES = 8_000_000
const EAGER = { stretchBytes: 200_000, leastBytesPerSecond: 1, connectMs: 10_000 }
type LanesOption = Partial<LaneLimits> | false

const content = randomBytes(SIZE_BYTES)

async function startNode(lanes: LanesOption, listen = LISTEN, privateKey?: PrivateKey) {
  const node = await createNode({ listen, lanes, ...(privateKey ? { privateKey } : {}) })
  onTestFinished(async () => await node.stop())
  return node
}

async function startSource(clear: boolean) {
  const home = await mkdtemp(join(tmpdir(), 'anabranch-lanes-'))
  onTestFinished(() => rm(home, { recursive: true }))
  const directory = join(home, 'offer')
  await mkdir(directory)
  await writeFile(join(directory, 'big'), content)
  const privateKey = await generateKeyPair('Ed25519')
  const cacheDirectory = join(home, 'hashes')
  const catalog = new Catalog({ directory, cacheDirectory, segmentBytes: 32_768, privateKey, settleMs: 0 })
  await catalog.start()
  onTestFinished(async () => await catalog.stop())
  await catalog.whenIdle()
  const node = await startNode({}, LISTEN, privateKey)
  await new Source({ node, contents: catalog, clear }).start()
  return node
}

async function startRelay(
  lanes: LanesOption = EAGER,
  options: { limits?: Partial<RelayLimits>; scheduler?: Scheduler } = {}
) {
  const node = await startNode(lanes)
  await new Relay({ node, ...options }).start()
  return node
}

/** A clock that moves only when a wait of its user is over, by as much as that wait. */
function clockOfWaits(): Scheduler {
  let nowMs = 0
  return {
    nowMs: () => nowMs,
    after: (delayMs, task) => {
      const dueMs = nowMs + delayMs
      return systemScheduler.after(delayMs, () => {
        nowMs = Math.max(nowMs, dueMs)
        task()
      })
    }
  }
}

/** Notes the lanes that a node gets as it dials, and the frames that come over them. */
function watchLanes(node: Libp2pNode) {
  const seen = { frames: 0, readers: [] as Promise<LaneReader | undefined>[] }
  const lanes = node.lanes!
  const connect = lanes.connect.bind(lanes)
  vi.spyOn(lanes, 'connect').mockImplementation((address, secret, handlers) => {
    const onFrame = (frame: Uint8Array) => {
      seen.frames++
      handlers.onFrame(frame)
    }
    const reader = connect(address, secret, { ...handlers, onFrame })
    seen.readers.push(reader)
    return reader
  })
  return seen
}

/** Fetches over the relays, one route over each; `onWrite` is called before each write. */
async function fetchOver(
  {
    relays,
    source,
    node,
    clear
  }: { relays: Libp2pNode[]; source: Libp2pNode; node: Libp2pNode; clear?: boolean },
  request: Partial<FetchRequest> = {},
  onWrite: () => unknown = () => {}
) {
  const client = await Client.start({ directors: [], node, ...(clear ? { clear } : {}) })
  onTestFinished(() => client.stop())
  const peerOf = (at: Libp2pNode) => ({
    peerId: at.peerId.toString(),
    addresses: at.getMultiaddrs().map(String)
  })
  const written: Uint8Array[] = []
  const output = {
    resumeBytes: 0,
    write: async (chunks: Uint8Array[]) => {
      await onWrite()
      written.push(...chunks.map(chunk => chunk.slice()))
    },
    finish: async () => ({ path: undefined }),
    abandon: async () => {}
  }
  await client.fetch({
    name: 'big',
    paths: relays.map(relay => ({ relays: [peerOf(relay)], source: peerOf(source) })),
    openOutput: async () => output as never,
    ...request
  })
  return Buffer.concat(written)
}

describe('a fetch over fast routes', () => {
  it('goes over a lane on each hop, byte for byte', async () => {
    const source = await startSource(false)
    const relay = await startRelay()
    const node = await startNode(EAGER, [])
    const [ofRelay, ofClient] = [watchLanes(relay), watchLanes(node)]
    const fetched = await fetchOver({ relays: [relay], source, node })
    expect(fetched.equals(content)).toBe(true)
    expect(ofRelay.frames).toBeGreaterThan(100)
    expect(ofClient.frames).toBeGreaterThan(100)
  })

  it('goes on over another route when a lane is cut', async () => {
    const source = await startSource(false)
    const relays = [await startRelay(), await startRelay()]
    const node = await startNode(EAGER, [])
    const seen = watchLanes(node)
    const events: FetchEvent[] = []
    let isCut = false
    const cut = async () => {
      if (isCut || seen.frames < 20) return
      isCut = true
      const reader = (await seen.readers[0]) as LaneReader & { socket: { destroy(): void } }
      reader.socket.destroy()
    }
    const request = { memoryBytes: 2_000_000, onEvent: (event: FetchEvent) => events.push(event) }
    const fetched = await fetchOver({ relays, source, node }, request, cut)
    expect(isCut).toBe(true)
    expect(fetched.equals(content)).toBe(true)
    expect(events.filter(event => event.event === 'route' && event.state === 'lost')).toHaveLength(1)
  })

  it('goes on over its stream where no lane comes, or a relay has none', async () => {
    const source = await startSource(false)
    const node = await startNode(EAGER, [])
    const seen = watchLanes(node)
    const other = await startRelay(false)
    expect((await fetchOver({ relays: [other], source, node })).equals(content)).toBe(true)
    vi.spyOn(node.lanes!, 'connect').mockResolvedValue(undefined)
    expect((await fetchOver({ relays: [await startRelay()], source, node })).equals(content)).toBe(true)
    expect(seen.readers).toHaveLength(1)
    expect(seen.frames).toBe(0)
  })

  it('keeps to the rate of a relay over a lane, too', async () => {
    const source = await startSource(false)
    const scheduler = clockOfWaits()
    const relay = await startRelay(EAGER, { limits: { maxRateBytesPerSecond: 8_000_000 }, scheduler })
    const node = await startNode(EAGER, [])
    const seen = watchLanes(node)
    expect((await fetchOver({ relays: [relay], source, node })).equals(content)).toBe(true)
    expect(scheduler.nowMs()).toBeGreaterThan(950)
    expect(seen.frames).toBeGreaterThan(50)
  })

  it('uses no lane when it is not sealed', async () => {
    const source = await startSource(true)
    const relay = await startRelay()
    const node = await startNode(EAGER, [])
    const seen = [watchLanes(relay), watchLanes(node)]
    expect((await fetchOver({ relays: [relay], source, node, clear: true })).equals(content)).toBe(true)
    expect(seen.flatMap(({ readers }) => readers)).toEqual([])
  })
})
