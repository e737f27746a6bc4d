import { createHash, randomBytes } from 'node:crypto'
import { mkdir, mkdtemp, rm, utimes, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { generateKeyPair } from '@libp2p/crypto/keys'
import { fetchContent } from '../../src/client/client.ts'
import type { FetchEvent, FetchSummary } from '../../src/client/fetch-events.ts'
import type { FetchOptions } from '../../src/client/fetch-options.ts'
import { Director } from '../../src/director/director.ts'
import type { DirectorEvent } from '../../src/director/director-event.ts'
import { DirectorSession, type DirectorSessionOptions } from '../../src/discovery/director-session.ts'
import type { PeerAddresses } from '../../src/protocol/director-messages.ts'
import type { RelayLimits } from '../../src/relay/limits.ts'
import { Relay } from '../../src/relay/relay.ts'
import { Catalog } from '../../src/source/catalog.ts'
import { Source, type SourceOptions } from '../../src/source/source.ts'
import { createNode, type NodeOptions, type OverlayNode } from '../../src/transport/node.ts'
import { HostileRelay, type Tampering } from './hostile-relay.ts'

export const NAME = 'a'
export const SEGMENT_BYTES = 16 * 1024
export const SEGMENTS = 192
export const SIZE_BYTES = SEGMENTS * SEGMENT_BYTES

/** How a fetch over a stage went. */
export interface Outcome {
  summary: FetchSummary
  events: FetchEvent[]
  /** Whether the output got the content's bytes, all of them and in order. */
  isExact: boolean
}

/** Honest nodes over loopback, and hostile ones beside them; all are stopped by `stop`. */
export class Stage {
  readonly #cleanups: (() => unknown)[] = []
  readonly content = randomBytes(SIZE_BYTES)
  catalog!: Catalog
  node!: OverlayNode
  source!: PeerAddresses

  /** Starts the honest source. It also serves clients in clear, so that the tests can play both kinds. */
  static async start(options: Partial<SourceOptions> = {}): Promise<Stage> {
    const stage = new Stage()
    const home = await mkdtemp(join(tmpdir(), 'anabranch-hostile-'))
    stage.#cleanups.push(() => rm(home, { recursive: true }))
    const directory = join(home, 'contents')
    await mkdir(directory)
    await writeFile(join(directory, NAME), stage.content)
    // As old as can be, so that the catalog does not wait for more to be written to it.
    await utimes(join(directory, NAME), 0, 0)
    const privateKey = await generateKeyPair('Ed25519')
    const cacheDirectory = join(home, 'hashes')
    stage.catalog = new Catalog({ directory, cacheDirectory, segmentBytes: SEGMENT_BYTES, privateKey })
    stage.#cleanups.push(() => stage.catalog.stop())
    await stage.catalog.start()
    await stage.catalog.whenIdle()
    stage.node = await stage.startNode({ privateKey })
    await new Source({ node: stage.node, contents: stage.catalog, clear: true, ...options }).start()
    stage.source = peerOf(stage.node)
    return stage
  }

  async stop(): Promise<void> {
    for (const cleanup of this.#cleanups.splice(0).reverse()) await cleanup()
  }

  async startNode(options: Partial<NodeOptions> = {}): Promise<OverlayNode> {
    const node = await createNode({ listen: ['/ip4/127.0.0.1/tcp/0'], ...options })
    this.#cleanups.push(() => node.stop())
    return node
  }

  /** An honest relay. */
  async relay(limits: Partial<RelayLimits> = {}): Promise<{ peer: PeerAddresses; node: OverlayNode }> {
    const node = await this.startNode()
    await new Relay({ node, limits }).start()
    return { peer: peerOf(node), node }
  }

  /** A relay that does to its routes what `tampering` says. */
  async liar(tampering: Tampering): Promise<HostileRelay> {
    const node = await this.startNode()
    const relay = new HostileRelay(node, tampering)
    await relay.start()
    return relay
  }

  /** A director, with which the source and these nodes, as relays, are registered once this resolves. */
  async director(relays: OverlayNode[], onEvent: (event: DirectorEvent) => void): Promise<string> {
    const node = await this.startNode()
    const director = new Director({ node, onEvent, limits: { settleMs: 0, changeDebounceMs: 0 } })
    await director.start()
    this.#cleanups.push(() => director.stop())
    const address = peerOf(node).addresses[0]!
    const catalog = () => this.catalog.list()
    await this.#register(this.node, { directors: [address], role: 'source', catalog })
    for (const relay of relays) await this.#register(relay, { directors: [address], role: 'relay' })
    return address
  }

  async #register(node: OverlayNode, options: DirectorSessionOptions): Promise<void> {
    const registered = Promise.withResolvers<void>()
    const session = new DirectorSession(node, { ...options, onRegistered: () => registered.resolve() })
    this.#cleanups.push(() => session.stop())
    session.start()
    await registered.promise
  }

  /** Fetches the content over one route through each of these relays. */
  async fetch(
    relays: PeerAddresses[],
    { source = this.source, ...more }: Partial<FetchOptions> & { source?: PeerAddresses } = {}
  ): Promise<Outcome> {
    const paths = relays.map(relay => ({ relays: [relay], source }))
    return await this.fetchBy({ directors: [], paths, ...more })
  }

  /** Fetches the content over the routes that are given, or that the directors name. */
  async fetchBy(options: Partial<FetchOptions> & Pick<FetchOptions, 'directors'>): Promise<Outcome> {
    const events: FetchEvent[] = []
    const written: Uint8Array[] = []
    const summary = await fetchContent({
      name: NAME,
      openOutput: async () => ({
        resumeBytes: 0,
        write: async chunks => {
          for (const chunk of chunks) written.push(chunk.slice())
        },
        finish: async () => ({}),
        abandon: async () => {}
      }),
      onEvent: event => events.push(event),
      ...options
    })
    return { summary, events, isExact: sha256(Buffer.concat(written)) === sha256(this.content) }
  }
}

function sha256(bytes: Uint8Array): string {
  return createHash('sha256').update(bytes).digest('hex')
}

export function peerOf(node: OverlayNode): PeerAddresses {
  return { peerId: node.peerId.toString(), addresses: node.getMultiaddrs().map(String) }
}

/** Why routes through the relay were lost. */
export function reasonsLost({ events }: Outcome, { peerId }: PeerAddresses): string[] {
  return events.flatMap(event =>
    event.event === 'route' && event.state === 'lost' && event.relays[0] === peerId ? event.reason : []
  )
}

/** The states that routes through the relay went through. */
export function statesOf({ events }: Outcome, { peerId }: PeerAddresses): string[] {
  return events.flatMap(event => (event.event === 'route' && event.relays[0] === peerId ? [event.state] : []))
}

/** Bytes of the content that came through the relay, of all its routes. */
export function bytesOver({ summary }: Outcome, { peerId }: PeerAddresses): number {
  return Object.values(summary.routes)
    .filter(({ relays }) => relays[0] === peerId)
    .reduce((sum, { bytes }) => sum + bytes, 0)
}
