import { randomBytes } from 'node:crypto'
import { mkdir, mkdtemp, rm, utimes, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { generateKeyPair } from '@libp2p/crypto/keys'
import { peerIdFromPrivateKey } from '@libp2p/peer-id'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { fetchContent } from '../../src/client/client.ts'
import type { FetchEvent, FetchSummary } from '../../src/client/fetch-events.ts'
import type { FetchOptions } from '../../src/client/fetch-options.ts'
import { RouteLostError, WrongRecordError } from '../../src/client/route-errors.ts'
import { ExitCode, WireStatus } from '../../src/errors.ts'
import { Pattern } from '../../src/pattern/pattern.ts'
import { type ContentRecord, signContentRecord } from '../../src/protocol/content-record.ts'
import type { PeerAddresses } from '../../src/protocol/director-messages.ts'
import { ROUTE_LIMITS } from '../../src/protocol/limits.ts'
import { decodeRouteMessage, encodeRouteMessage, ROUTE_PROTOCOL } from '../../src/protocol/route-codec.ts'
import type { Open, RouteMessage } from '../../src/protocol/route-messages.ts'
import { Relay } from '../../src/relay/relay.ts'
import { Catalog } from '../../src/source/catalog.ts'
import { Source } from '../../src/source/source.ts'
import { FramedStream } from '../../src/transport/framed-stream.ts'
import { createNode, type NodeOptions, type OverlayNode } from '../../src/transport/node.ts'
import { opened } from '../protocol/messages.ts'

const NAMES = ['a', 'b']
const SIZE_BYTES = 1_000_000

const cleanups: (() => unknown)[] = []
let source: PeerAddresses
/** A source of the same contents that serves sealed routes only. */
let strict: PeerAddresses
let honest: PeerAddresses
/** Signed records of the source, by name. */
let records: Map<string, Uint8Array>
let contents: Map<string, ContentRecord>

beforeEach(async () => {
  const home = await mkdtemp(join(tmpdir(), 'anabranch-fetch-'))
  cleanups.push(() => rm(home, { recursive: true }))
  const directory = join(home, 'contents')
  await mkdir(directory)
  for (const name of NAMES) {
    await writeFile(join(directory, name), randomBytes(SIZE_BYTES))
    // As old as can be, so that the catalog does not wait for more to be written to it.
    await utimes(join(directory, name), 0, 0)
  }
  const privateKey = await generateKeyPair('Ed25519')
  const cacheDirectory = join(home, 'hashes')
  const catalog = new Catalog({ directory, cacheDirectory, segmentBytes: 32 * 1024, privateKey })
  cleanups.push(() => catalog.stop())
  await catalog.start()
  await catalog.whenIdle()
  records = new Map(catalog.list().map(({ record, recordBytes }) => [record.name, recordBytes]))
  contents = new Map(catalog.list().map(({ record }) => [record.name, record]))
  const atSource = await startNode({ privateKey })
  await new Source({ node: atSource, contents: catalog, clear: true }).start()
  source = peerOf(atSource)
  const atStrict = await startNode()
  await new Source({ node: atStrict, contents: catalog }).start()
  strict = peerOf(atStrict)
  const atRelay = await startNode()
  await new Relay({ node: atRelay }).start()
  honest = peerOf(atRelay)
})

afterEach(async () => {
  for (const cleanup of cleanups.splice(0).reverse()) await cleanup()
})

describe('a fetch over routes given by hand, in clear', () => {
  it('takes no content but that of the source given', async () => {
    const failure = fetchOver([await relayThat(opened(await forgedRecord()))], { clear: true })
    await expect(failure).rejects.toBeInstanceOf(WrongRecordError)
    await expect(failure).rejects.toMatchObject({
      exitCode: ExitCode.integrity,
      message: expect.stringMatching(
        `^No route has brought the content that was asked for: .* not by the source ${source.peerId}$`
      )
    })
  })

  it('takes no other content of that source', async () => {
    await expect(
      fetchOver([await relayThat(opened(records.get('b')!))], { clear: true })
    ).rejects.toMatchObject({
      exitCode: ExitCode.integrity,
      message: expect.stringContaining('is of "b", not of "a"')
    })
  })

  it('takes no record that nobody has signed', async () => {
    const record = Uint8Array.from(records.get('a')!, (byte, at) => (at === 1 ? byte ^ 1 : byte))
    await expect(fetchOver([await relayThat(opened(record))], { clear: true })).rejects.toMatchObject({
      exitCode: ExitCode.integrity,
      message: expect.stringContaining('its signature is wrong')
    })
  })

  it('loses a route that lies about the content, and completes over one that does not', async () => {
    const liar = await relayThat(opened(await forgedRecord()))
    expect(await fetchOver([liar, honest], { clear: true })).toMatchObject({ bytes: SIZE_BYTES })
    expect(reasonsLost(liar)).toEqual([expect.stringContaining(`not by the source ${source.peerId}`)])
  })

  it('takes the source given for the one that is wanted, and no other', async () => {
    const peerId = String((await startNode()).peerId)
    await expect(fetchOver([honest], { from: peerId })).rejects.toMatchObject({
      exitCode: ExitCode.usage,
      message: expect.stringContaining(peerId)
    })
    expect(await fetchOver([honest], { from: source.peerId })).toMatchObject({ bytes: SIZE_BYTES })
  })

  it('finds a content by its root hash under whatever name the source has for it', async () => {
    const { rootHash } = contents.get('b')!
    await fetchOver([honest], { name: 'mine', rootHash })
    expect(opening?.name).toBe('b')
  })

  it('takes no content of another root hash', async () => {
    const { rootHash } = contents.get('b')!
    const liar = await relayThat(opened(records.get('a')!))
    await expect(fetchOver([liar], { rootHash, clear: true })).rejects.toMatchObject({
      exitCode: ExitCode.integrity,
      message: expect.stringContaining('is of the root hash')
    })
  })
})

describe('a fetch over a path without a relay', () => {
  it('gets the content from the source itself', async () => {
    expect(await fetchOver([], { paths: [{ relays: [], source }] })).toMatchObject({
      bytes: SIZE_BYTES,
      routes: { A: { bytes: SIZE_BYTES, relays: [] } }
    })
  })

  it('shares it with a path over a relay, as parts of one session', async () => {
    const paths = [
      { relays: [], source },
      { relays: [honest], source }
    ]
    const { bytes, routes } = await fetchOver([], { paths, policy: 'fixed', pattern: Pattern.parse('AB') })
    expect(bytes).toBe(SIZE_BYTES)
    expect([routes.A!.relays, routes.B!.relays]).toEqual([[], [honest.peerId]])
    for (const { bytes } of Object.values(routes)) expect(bytes).toBeGreaterThan(0)
  })

  it('ends with the word of the source that it has no such content', async () => {
    const failure = fetchOver([], { name: 'c', paths: [{ relays: [], source }] })
    await expect(failure).rejects.toMatchObject({ wireStatus: WireStatus.unknownContent })
  })

  it('says that it is the source that cannot be reached', async () => {
    const addresses = [`/ip4/127.0.0.1/tcp/1/p2p/${source.peerId}`]
    const paths = [{ relays: [], source: { ...source, addresses } }]
    const failure = fetchOver([], { paths, patienceMs: 1 })
    await expect(failure).rejects.toThrow(`the source ${source.peerId} cannot be reached`)
  })
})

describe('a fetch in clear that is told that the content is gone', () => {
  const changed: RouteMessage = {
    kind: 'status',
    status: WireStatus.contentChanged,
    message: 'the content has changed',
    peerId: ''
  }

  it('does not believe one route while another brings it', async () => {
    const liar = await relayThat(opened(records.get('a')!), changed)
    expect(await fetchOver([liar, honest], { clear: true })).toMatchObject({ bytes: SIZE_BYTES })
    expect(reasonsLost(liar)).toEqual(['the source says: the content has changed'])
  })

  it('does not believe one route while another is still being asked for the content', async () => {
    expect(await fetchOver([await relayThat(changed), honest], { clear: true })).toMatchObject({
      bytes: SIZE_BYTES
    })
  })

  it('ends when all routes say so', async () => {
    const relays = [
      await relayThat(opened(records.get('a')!), changed),
      await relayThat(opened(records.get('a')!), changed)
    ]
    const failure = fetchOver(relays, { clear: true })
    await expect(failure).rejects.toBeInstanceOf(RouteLostError)
    await expect(failure).rejects.toMatchObject({ exitCode: ExitCode.integrity })
  })

  it('ends when the source says over the only route that it has no such content', async () => {
    await expect(fetchOver([honest], { name: 'c' })).rejects.toMatchObject({
      exitCode: ExitCode.notFound,
      wireStatus: WireStatus.unknownContent
    })
  })
})

describe('a sealed fetch', () => {
  it('takes nothing that a relay makes up, and completes over an honest one', async () => {
    const liar = await relayThat(opened(records.get('a')!))
    expect(await fetchOver([liar, honest])).toMatchObject({ bytes: SIZE_BYTES })
    expect(reasonsLost(liar)).toEqual([expect.stringContaining('tampered with')])
  })

  it('fails where every relay makes up what it answers', async () => {
    await expect(fetchOver([await relayThat(opened(records.get('a')!))])).rejects.toMatchObject({
      exitCode: ExitCode.integrity
    })
  })

  it('says what it may mean that a relay ends the route before it has said a word', async () => {
    const node = await startNode()
    await node.handle(ROUTE_PROTOCOL, raw => void raw.close())
    const full = peerOf(node)
    expect(await fetchOver([full, honest])).toMatchObject({ bytes: SIZE_BYTES })
    expect(reasonsLost(full)).toEqual([expect.stringContaining('it may have no room for more')])
  })

  it('believes no status that a relay makes up', async () => {
    const status = { status: WireStatus.unknownContent, message: 'no such content', peerId: '' }
    const liar = await relayThat({ kind: 'status', ...status })
    expect(await fetchOver([liar, honest])).toMatchObject({ bytes: SIZE_BYTES })
  })

  it('does not talk to a relay that takes the place of the source', async () => {
    const liar = await relayWith(({ sessionId, handshake }, send, node) => {
      const end = node.services.handshakes.respond(sessionId, bytes => send({ kind: 'handshake', bytes }))
      end.receive(handshake!)
    })
    expect(await fetchOver([liar, honest])).toMatchObject({ bytes: SIZE_BYTES })
    expect(reasonsLost(liar)).toEqual([expect.stringContaining(`is not the source ${source.peerId}`)])
  })

  it('is refused in clear by a source that serves sealed routes only', async () => {
    await expect(
      fetchOver([], { paths: [{ relays: [], source: strict }], clear: true })
    ).rejects.toMatchObject({
      wireStatus: WireStatus.unsealed
    })
  })
})

let opening: ContentRecord | undefined
let events: FetchEvent[]

/** Fetches `a` from the source over one route each. */
async function fetchOver(relays: PeerAddresses[], more: Partial<FetchOptions> = {}): Promise<FetchSummary> {
  events = []
  return await fetchContent({
    name: 'a',
    directors: [],
    paths: relays.map(relay => ({ relays: [relay], source })),
    openOutput: async record => {
      opening = record
      return {
        resumeBytes: 0,
        write: async () => {},
        finish: async () => ({}),
        abandon: async () => {}
      }
    },
    onEvent: event => events.push(event),
    ...more
  })
}

function reasonsLost(relay: PeerAddresses): string[] {
  return events.flatMap(event =>
    event.event === 'route' && event.state === 'lost' && event.relays[0] === relay.peerId ? event.reason : []
  )
}

type Send = (...messages: RouteMessage[]) => void

/** A relay that gives these answers to whatever it is asked for. */
async function relayThat(...answers: RouteMessage[]): Promise<PeerAddresses> {
  return await relayWith((_, send) => send(...answers))
}

async function relayWith(
  onOpen: (open: Open, send: Send, node: OverlayNode) => void
): Promise<PeerAddresses> {
  const node = await startNode()
  await node.handle(ROUTE_PROTOCOL, raw => {
    const send: Send = (...messages) => {
      for (const message of messages) stream.send(...encodeRouteMessage(message))
    }
    const stream = new FramedStream(raw, {
      maxFrameBytes: ROUTE_LIMITS.maxFrameBytes,
      handlers: {
        onFrame: frame => {
          const message = decodeRouteMessage(frame)
          if (message?.kind === 'open') onOpen(message, send, node)
        },
        onEnd: () => void stream.close()
      }
    })
  })
  return peerOf(node)
}

/** Says of another source what the source says of `a`. */
async function forgedRecord(): Promise<Uint8Array> {
  const privateKey = await generateKeyPair('Ed25519')
  const sourcePeerId = peerIdFromPrivateKey(privateKey).toString()
  return await signContentRecord({ ...contents.get('a')!, sourcePeerId }, privateKey)
}

async function startNode(options: Partial<NodeOptions> = {}): Promise<OverlayNode> {
  const node = await createNode({ listen: ['/ip4/127.0.0.1/tcp/0'], ...options })
  cleanups.push(() => node.stop())
  return node
}

function peerOf(node: OverlayNode): PeerAddresses {
  return { peerId: node.peerId.toString(), addresses: node.getMultiaddrs().map(String) }
}
