import { createHash, randomBytes } from 'node:crypto'
import { mkdir, mkdtemp, rm, utimes, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { generateKeyPair } from '@libp2p/crypto/keys'
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import { Client, ClientStoppedError } from '../../src/client/client.ts'
import type { FetchEvent } from '../../src/client/fetch-events.ts'
import type { ClientOptions, FetchRequest } from '../../src/client/fetch-options.ts'
import { Relay } from '../../src/relay/relay.ts'
import { Catalog } from '../../src/source/catalog.ts'
import { Source } from '../../src/source/source.ts'
import type { OverlayNode } from '../../src/transport/node.ts'
import { ANY_PORT, Cluster } from '../director/cluster.ts'

const SEGMENT_BYTES = 32 * 1024
/** Enough for a second over the relay. */
const LARGE_BYTES = 4_000_000
const RELAY_BYTES_PER_SECOND = 4_000_000

const contents = new Map([
  ['small', randomBytes(300_000)],
  ['large', randomBytes(LARGE_BYTES)]
])
const cleanups: (() => unknown)[] = []
let cluster: Cluster
let relay: OverlayNode
let home: string

beforeEach(async () => {
  home = await mkdtemp(join(tmpdir(), 'anabranch-client-'))
  cleanups.push(() => rm(home, { recursive: true }))
  cluster = new Cluster()
  cleanups.push(() => cluster.stop())
  await cluster.startDirector()
  relay = await cluster.addNode()
  await new Relay({ node: relay, limits: { maxRateBytesPerSecond: RELAY_BYTES_PER_SECOND } }).start()
  await cluster.join(relay)
})

afterEach(async () => {
  for (const cleanup of cleanups.splice(0).reverse()) await cleanup()
})

describe('a client', () => {
  it('fetches again over the connections that it has, with the rates that it knows', async () => {
    await startSource('one')
    const node = await cluster.addNode([])
    const client = await startClient({ node })
    expect(await fetchOver(client, 'large')).toBe(hashOf('large'))
    const connections = node.getConnections().map(({ id }) => id)
    const lines: string[] = []
    expect(await fetchOver(client, 'large', { record: line => lines.push(line) })).toBe(hashOf('large'))
    expect(node.getConnections().map(({ id }) => id)).toEqual(connections)
    const known = knownOf(lines)
    expect(known?.rateBytesPerSecond).toBeGreaterThan(RELAY_BYTES_PER_SECOND / 2)
    expect(known?.rateBytesPerSecond).toBeLessThan(RELAY_BYTES_PER_SECOND * 2)
  })

  it('needs no handshake with a source that it has met', async () => {
    const { node } = await startSource('one')
    const answered = vi.spyOn(node.services.handshakes, 'respond')
    const client = await startClient()
    expect(await fetchOver(client, 'small')).toBe(hashOf('small'))
    expect(answered).toHaveBeenCalledTimes(1)
    for (let again = 0; again < 2; again++) expect(await fetchOver(client, 'small')).toBe(hashOf('small'))
    expect(answered).toHaveBeenCalledTimes(1)
  })

  it('fetches several contents at once', async () => {
    await startSource('one')
    const client = await startClient()
    const names = ['small', 'large', 'small']
    const fetched = await Promise.all(names.map(name => fetchOver(client, name)))
    expect(fetched).toEqual(names.map(hashOf))
  })

  it('goes to another source of the same content when the first one has left', async () => {
    const first = await startSource('one')
    const client = await startClient()
    expect((await client.find({ name: 'small' })).record.sourcePeerId).toBe(first.id)
    expect(await fetchOver(client, 'small')).toBe(hashOf('small'))
    const second = await startSource('two')
    await first.stop()
    expect((await client.find({ name: 'small' })).record.sourcePeerId).toBe(second.id)
    expect(await fetchOver(client, 'small')).toBe(hashOf('small'))
  })

  it('follows the director to another source while it fetches', async () => {
    const first = await startSource('one')
    const client = await startClient()
    const sources: string[] = []
    let secondId: string | undefined
    // The second source takes over at the first write. With little memory the first has not sent everything by then.
    const replaceSource = async () => {
      if (secondId !== undefined) return
      secondId = (await startSource('two')).id
      await first.stop()
    }
    const onEvent = (event: FetchEvent) => {
      if (event.event === 'source' && event.state === 'joined') sources.push(event.source)
    }
    const fetched = await fetchOver(client, 'large', { memoryBytes: 1024 * 1024, onEvent }, replaceSource)
    expect(fetched).toBe(hashOf('large'))
    expect(sources).toEqual([secondId])
  })

  it('is as good as before after a fetch that failed', async () => {
    await startSource('one')
    const client = await startClient()
    await expect(fetchOver(client, 'nothing')).rejects.toMatchObject({ code: 'ERR_CONTENT_NOT_FOUND' })
    const full = new Error('the disk is full')
    await expect(fetchOver(client, 'large', {}, () => Promise.reject(full))).rejects.toBe(full)
    const interrupted = AbortSignal.abort(new Error('enough'))
    await expect(fetchOver(client, 'small', { signal: interrupted })).rejects.toThrow('enough')
    expect(await fetchOver(client, 'small')).toBe(hashOf('small'))
  })

  it('leaves nothing behind when it stops', async () => {
    await startSource('one')
    const client = await startClient()
    await fetchOver(client, 'small')
    const before = relay.getConnections().length
    const running = Promise.withResolvers<void>()
    const fetching = fetchOver(client, 'large', {}, async () => running.resolve())
    const failed = expect(fetching).rejects.toBeInstanceOf(ClientStoppedError)
    await running.promise
    await client.stop()
    await failed
    await vi.waitFor(() => expect(relay.getConnections()).toHaveLength(before - 1))
    await expect(fetchOver(client, 'small')).rejects.toBeInstanceOf(ClientStoppedError)
  })

  it('leaves a node that it was given to its owner', async () => {
    await startSource('one')
    const node = await cluster.addNode([])
    const first = await startClient({ node })
    await fetchOver(first, 'small')
    await first.stop()
    expect(await fetchOver(await startClient({ node }), 'small')).toBe(hashOf('small'))
  })
})

async function startClient(options: Partial<ClientOptions> = {}): Promise<Client> {
  const client = await Client.start({ directors: [cluster.address], ...options })
  cleanups.push(() => client.stop())
  return client
}

/** Fetches a content and resolves with the SHA-256 of what was written. */
async function fetchOver(
  client: Client,
  name: string,
  more: Partial<FetchRequest> = {},
  onWrite = async () => {}
): Promise<string> {
  const hash = createHash('sha256')
  const { sha256 } = await client.fetch({
    name,
    openOutput: async () => ({
      resumeBytes: 0,
      write: async written => {
        for (const chunk of written) hash.update(chunk)
        await onWrite()
      },
      finish: async () => ({ sha256: hash.digest('hex') }),
      abandon: async () => {}
    }),
    ...more
  })
  return sha256!
}

function hashOf(name: string): string {
  return createHash('sha256').update(contents.get(name)!).digest('hex')
}

/** A source of all contents, registered with the director. */
async function startSource(label: string): Promise<{ id: string; node: OverlayNode; stop(): Promise<void> }> {
  const directory = join(home, label)
  await mkdir(directory)
  for (const [name, bytes] of contents) {
    await writeFile(join(directory, name), bytes)
    // As old as can be, so that the catalog does not wait for more to be written to it.
    await utimes(join(directory, name), 0, 0)
  }
  const privateKey = await generateKeyPair('Ed25519')
  const cacheDirectory = join(home, `${label}-hashes`)
  const catalog = new Catalog({ directory, cacheDirectory, segmentBytes: SEGMENT_BYTES, privateKey })
  cleanups.push(() => catalog.stop())
  await catalog.start()
  await catalog.whenIdle()
  const node = await cluster.addNode([ANY_PORT], privateKey)
  await new Source({ node, contents: catalog }).start()
  const { id, session } = await cluster.join(node, { role: 'source', catalog: () => catalog.list() })
  const stop = async () => {
    await session.stop()
    await node.stop()
  }
  return { id, node, stop }
}

/** What the planner was told of the first route, by the lines of a record. */
function knownOf(lines: readonly string[]): { rateBytesPerSecond: number } | undefined {
  const events = lines.map(line => JSON.parse(line).event)
  return events.find(event => event?.type === 'routeAdded')?.known
}
