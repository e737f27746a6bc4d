import { randomBytes } from 'node:crypto'
import { mkdir, mkdtemp, rm, utimes, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { generateKeyPair } from '@libp2p/crypto/keys'
import { afterAll, afterEach, beforeAll, describe, expect, it, vi } from 'vitest'
import { RangeOutsideError } from '../../src/client/byte-range.ts'
import { Client, ClientStoppedError } from '../../src/client/client.ts'
import type { FetchEvent } from '../../src/client/fetch-events.ts'
import type { ClientOptions } from '../../src/client/fetch-options.ts'
import { ContentClosedError, type OpenedContent, type ReadRequest } from '../../src/client/opened-content.ts'
import { Relay } from '../../src/relay/relay.ts'
import { Catalog } from '../../src/source/catalog.ts'
import { Source } from '../../src/source/source.ts'
import { ANY_PORT, Cluster } from '../director/cluster.ts'

const SEGMENT_BYTES = 32 * 1024
/** Some seconds over the relays, and no whole number of segments. */
const SIZE_BYTES = 8_000_001
const RELAY_BYTES_PER_SECOND = 2_000_000

const content = randomBytes(SIZE_BYTES)
const atEnd: (() => unknown)[] = []
const afterTest: (() => unknown)[] = []
let cluster: Cluster

beforeAll(async () => {
  const home = await mkdtemp(join(tmpdir(), 'anabranch-opened-'))
  atEnd.push(() => rm(home, { recursive: true }))
  cluster = new Cluster()
  atEnd.push(() => cluster.stop())
  await cluster.startDirector()
  for (let relays = 0; relays < 2; relays++) {
    const relay = await cluster.addNode()
    await new Relay({ node: relay, limits: { maxRateBytesPerSecond: RELAY_BYTES_PER_SECOND } }).start()
    await cluster.join(relay)
  }
  await startSource(home)
})

afterEach(async () => {
  for (const cleanup of afterTest.splice(0).reverse()) await cleanup()
})

afterAll(async () => {
  for (const cleanup of atEnd.reverse()) await cleanup()
})

describe('an opened content', () => {
  it('gives exactly the bytes that are asked for', async () => {
    const { opened } = await open()
    expect(opened.record).toMatchObject({ name: 'film', sizeBytes: SIZE_BYTES })
    const ranges = [
      [0, 1],
      [SEGMENT_BYTES - 1, SEGMENT_BYTES],
      [SEGMENT_BYTES, SEGMENT_BYTES + 1],
      [100, 200],
      [SEGMENT_BYTES - 1, SEGMENT_BYTES + 1],
      [50_000, 300_000],
      [SIZE_BYTES - 1, SIZE_BYTES],
      [SIZE_BYTES - 70_000, SIZE_BYTES + 1_000_000]
    ] as const
    for (const [start, end] of ranges)
      expect(await bytesOf(opened, { start, end }), `${start}-${end}`).toEqual(content.subarray(start, end))
    expect(await bytesOf(opened, { start: SIZE_BYTES - 10 })).toEqual(content.subarray(-10))
  })

  it('is read as a whole where nothing else is said', async () => {
    const { opened } = await open()
    expect((await bytesOf(opened)).equals(content)).toBe(true)
  })

  it('is read in several places at once', async () => {
    const { opened } = await open()
    const starts = Array.from({ length: 12 }, (_, at) => at * 600_000)
    const read = await Promise.all(starts.map(start => bytesOf(opened, { start, end: start + 150_000 })))
    expect(read).toEqual(starts.map(start => content.subarray(start, start + 150_000)))
  })

  it('has no bytes behind its end, and none before it has some', async () => {
    const { opened } = await open()
    await expect(bytesOf(opened, { start: SIZE_BYTES })).rejects.toBeInstanceOf(RangeOutsideError)
    await expect(bytesOf(opened, { start: 5, end: 5 })).rejects.toBeInstanceOf(RangeOutsideError)
  })

  it('gives what has priority before all else', async () => {
    const { opened } = await open()
    let isUrgentOver = false
    let laterBytes = 0
    const usual = eachOf(opened, {}, piece => {
      if (isUrgentOver) laterBytes += piece.length
    })
    await usual.begun
    const urgent = await bytesOf(opened, { start: 4_000_000, end: 6_000_000, priority: 1 })
    isUrgentOver = true
    expect(urgent.equals(content.subarray(4_000_000, 6_000_000))).toBe(true)
    await usual.ended
    // What it had asked for before came meanwhile.
    expect(laterBytes).toBeGreaterThan(SIZE_BYTES / 2)
  })

  it('lets others have the routes while nobody takes what has priority', async () => {
    const { opened } = await open({ readMemoryBytes: 16 * 1024 * 1024 })
    const urgent = opened.read({ priority: 1 })
    await urgent.next()
    expect(await bytesOf(opened, { start: 0, end: 300_000 })).toEqual(content.subarray(0, 300_000))
    await urgent.return()
  })

  it('asks the source for no more than its memory allows', async () => {
    const { opened } = await open({ readMemoryBytes: 1024 * 1024 })
    const here: number[] = []
    const onEvent = (event: FetchEvent) => {
      if (event.event !== 'progress') return
      here.push(Object.values(event.routes).reduce((sum, route) => sum + route.bytes, 0))
    }
    const reading = opened.read({ onEvent })
    await reading.next()
    const isFull = () => here.length > 2 && here.at(-1)! > 200_000 && here.at(-1) === here.at(-3)
    await vi.waitFor(() => expect(isFull()).toBe(true), { timeout: 10_000 })
    expect(here.at(-1)).toBeLessThan(300_000)
    await reading.return()
  })

  it('ends the routes of a read that is broken off, and goes on with the others', async () => {
    const { opened } = await open()
    const states: string[] = []
    const onEvent = (event: FetchEvent) => {
      if (event.event === 'route') states.push(event.state)
    }
    for await (const piece of opened.read({ onEvent })) {
      expect(piece.length).toBeGreaterThan(0)
      break
    }
    expect(states.filter(state => state === 'closed').length).toBe(
      states.filter(state => state === 'opening').length
    )
    expect(await bytesOf(opened, { start: 7, end: 9 })).toEqual(content.subarray(7, 9))
  })

  it('ends a read by its signal, also while it waits for memory', async () => {
    const { opened } = await open({ readMemoryBytes: 512 * 1024 })
    const first = opened.read()
    await first.next()
    const enough = new AbortController()
    const second = opened.read({ start: 100 }, enough.signal).next()
    enough.abort(new Error('enough'))
    await expect(second).rejects.toThrow('enough')
    await first.return()
    expect(await bytesOf(opened, { start: 7, end: 9 })).toEqual(content.subarray(7, 9))
  })

  it('gives the place of a read to the next where its reader aborts it and never comes back', async () => {
    const { opened } = await open({ readMemoryBytes: 512 * 1024 })
    const enough = new AbortController()
    await opened.read({}, enough.signal).next()
    const second = bytesOf(opened, { start: 7, end: 9 })
    enough.abort(new Error('enough'))
    expect(await second).toEqual(content.subarray(7, 9))
  })

  it('ends what is read when it is closed, or its client stops', async () => {
    const { opened, client } = await open()
    const reading = opened.read()
    await reading.next()
    await opened.close()
    await expect(drain(reading)).rejects.toBeInstanceOf(ContentClosedError)
    await expect(bytesOf(opened)).rejects.toBeInstanceOf(ContentClosedError)
    const again = await client.open({ name: 'film' })
    const other = again.read()
    await other.next()
    await client.stop()
    await expect(drain(other)).rejects.toBeInstanceOf(ClientStoppedError)
  })
})

async function open(
  options: Partial<ClientOptions> = {}
): Promise<{ client: Client; opened: OpenedContent }> {
  const client = await Client.start({ directors: [cluster.address], ...options })
  afterTest.push(() => client.stop())
  return { client, opened: await client.open({ name: 'film' }) }
}

async function bytesOf(opened: OpenedContent, request: ReadRequest = {}): Promise<Buffer> {
  const pieces: Uint8Array[] = []
  for await (const piece of opened.read(request)) pieces.push(piece)
  return Buffer.concat(pieces)
}

async function drain(reading: AsyncIterable<Uint8Array>): Promise<void> {
  for await (const _ of reading);
}

/** Reads while others do; `begun` resolves with the first piece. */
function eachOf(opened: OpenedContent, request: ReadRequest, onPiece: (piece: Uint8Array) => void) {
  const begun = Promise.withResolvers<void>()
  const read = async () => {
    for await (const piece of opened.read(request)) {
      begun.resolve()
      onPiece(piece)
    }
  }
  return { begun: begun.promise, ended: read() }
}

async function startSource(home: string): Promise<void> {
  const directory = join(home, 'contents')
  await mkdir(directory)
  await writeFile(join(directory, 'film'), content)
  // As old as can be, so that the catalog does not wait for more to be written to it.
  await utimes(join(directory, 'film'), 0, 0)
  const privateKey = await generateKeyPair('Ed25519')
  const cacheDirectory = join(home, 'hashes')
  const catalog = new Catalog({ directory, cacheDirectory, segmentBytes: SEGMENT_BYTES, privateKey })
  atEnd.push(() => catalog.stop())
  await catalog.start()
  await catalog.whenIdle()
  const node = await cluster.addNode([ANY_PORT], privateKey)
  await new Source({ node, contents: catalog }).start()
  await cluster.join(node, { role: 'source', catalog: () => catalog.list() })
}
