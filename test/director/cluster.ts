import { generateKeyPair } from '@libp2p/crypto/keys'
import type { PrivateKey } from '@libp2p/interface'
import { peerIdFromPrivateKey } from '@libp2p/peer-id'
import { Director, type DirectorOptions } from '../../src/director/director.ts'
import type { DirectorEvent } from '../../src/director/director-event.ts'
import type { AnnouncedContent } from '../../src/discovery/catalog-sender.ts'
import { DirectorSession, type DirectorSessionOptions } from '../../src/discovery/director-session.ts'
import { type RouteUpdate, type RouteWatch, watchRoutes } from '../../src/discovery/route-watch.ts'
import { signContentRecord } from '../../src/protocol/content-record.ts'
import { createNode, type OverlayNode } from '../../src/transport/node.ts'
import { VirtualScheduler } from '../virtual-scheduler.ts'

/** A director is settled by then. */
const SETTLED_MS = 5_000
export const ANY_PORT = '/ip4/127.0.0.1/tcp/0'

/** Values that come one after the other, to be awaited one after the other. */
export class Inbox<T> {
  readonly #values: T[] = []
  readonly #readers: ((value: T) => void)[] = []

  push(value: T): void {
    const reader = this.#readers.shift()
    if (reader) reader(value)
    else this.#values.push(value)
  }

  /** Values that nobody has read. */
  get size(): number {
    return this.#values.length
  }

  async next(): Promise<T> {
    if (this.#values.length > 0) return this.#values.shift()!
    return await new Promise(resolve => this.#readers.push(resolve))
  }

  /** Reads on until a value fits. */
  async until(fits: (value: T) => boolean): Promise<T> {
    for (;;) {
      const value = await this.next()
      if (fits(value)) return value
    }
  }
}

export interface Member {
  id: string
  node: OverlayNode
  session: DirectorSession
  registered: Inbox<string>
  problems: Inbox<Error>
}

/** A director with sources, relays and clients over loopback in one process; the director's and nodes' clocks stand still. */
export class Cluster {
  readonly directorClock = new VirtualScheduler()
  readonly nodeClock = new VirtualScheduler()
  readonly events = new Inbox<DirectorEvent>()
  readonly #options: Partial<DirectorOptions>
  readonly #cleanups: (() => unknown)[] = []
  #isRetrying = false
  #isAdvancing = false
  #key: PrivateKey | undefined
  #directorNode: OverlayNode | undefined
  director!: Director
  /** The director's address, the same after a restart. */
  address!: string

  constructor(options: Partial<DirectorOptions> = {}) {
    this.#options = options
  }

  async startDirector(): Promise<void> {
    this.#key ??= await generateKeyPair('Ed25519')
    this.#directorNode = await this.addNode([this.address?.replace(/\/p2p\/.*/, '') ?? ANY_PORT], this.#key)
    this.director = new Director({
      node: this.#directorNode,
      privateKey: this.#key,
      scheduler: this.directorClock,
      onEvent: event => this.events.push(event),
      ...this.#options,
      limits: { changeDebounceMs: 0, ...this.#options.limits }
    })
    const { director } = this
    this.#cleanups.push(() => director.stop())
    await director.start()
    if (this.address === undefined) this.directorClock.advance(SETTLED_MS)
    this.address = this.#directorNode.getMultiaddrs()[0]!.toString()
  }

  /** Stops the director and starts it again; nodes and watches are back, or on their way, in the nodes' next two seconds. */
  async restartDirector({ before = async () => {} } = {}): Promise<void> {
    await this.director.stop()
    await this.#directorNode?.stop()
    await before()
    await this.startDirector()
    this.#isRetrying = true
    this.nodeClock.advance(1_500)
  }

  async addNode(listen = [ANY_PORT], privateKey?: PrivateKey): Promise<OverlayNode> {
    const node = await createNode({ listen, ...(privateKey ? { privateKey } : {}) })
    this.#cleanups.push(() => node.stop())
    return node
  }

  /** A node that is registered once this resolves. */
  async join(node: OverlayNode, options: Partial<DirectorSessionOptions> = {}): Promise<Member> {
    const member = this.begin(node, options)
    await member.registered.next()
    return member
  }

  /** A node that tries to register. */
  begin(node: OverlayNode, options: Partial<DirectorSessionOptions> = {}): Member {
    const registered = new Inbox<string>()
    const problems = new Inbox<Error>()
    const session = new DirectorSession(node, {
      directors: [this.address],
      role: 'relay',
      scheduler: this.nodeClock,
      random: () => this.#random(),
      onRegistered: director => registered.push(director),
      onProblem: error => problems.push(error),
      ...options
    })
    this.#cleanups.push(() => session.stop())
    session.start()
    return { id: node.peerId.toString(), node, session, registered, problems }
  }

  async addRelay(options: Partial<DirectorSessionOptions> = {}): Promise<Member> {
    return await this.join(await this.addNode(), options)
  }

  /** Sources have the same bytes under a name unless they say which byte fills the root hash of theirs. */
  async addSource(
    names: string[],
    options: Partial<DirectorSessionOptions> = {},
    rootByte?: number
  ): Promise<Member & { contents: AnnouncedContent[] }> {
    const key = await generateKeyPair('Ed25519')
    const contents = await Promise.all(names.map(name => contentOf(name, key, rootByte)))
    const node = await this.addNode([ANY_PORT], key)
    return { ...(await this.join(node, { role: 'source', catalog: () => contents, ...options })), contents }
  }

  async watch(
    name: string,
    routes: number,
    source?: string
  ): Promise<{ watch: RouteWatch; updates: Inbox<RouteUpdate>; problems: Inbox<Error> }> {
    const updates = new Inbox<RouteUpdate>()
    const problems = new Inbox<Error>()
    const watch = watchRoutes(
      await this.addNode([]),
      [this.address],
      { content: { name }, routes, ...(source ? { source } : {}) },
      {
        scheduler: this.nodeClock,
        random: () => this.#random(),
        onUpdate: update => updates.push(update),
        onProblem: error => problems.push(error)
      }
    )
    this.#cleanups.push(() => watch.stop())
    return { watch, updates, problems }
  }

  /** Randomness of the back-off, asked for before each wait: the waits after a restart are then let pass. */
  #random(): number {
    if (this.#isRetrying && !this.#isAdvancing) {
      this.#isAdvancing = true
      setImmediate(() => {
        this.#isAdvancing = false
        this.nodeClock.advance(1_500)
      })
    }
    return 0
  }

  async stop(): Promise<void> {
    for (const cleanup of this.#cleanups.reverse()) await cleanup()
  }
}

/** A content as its source announces it. */
export async function contentOf(
  name: string,
  key: PrivateKey,
  rootByte = name.length
): Promise<AnnouncedContent> {
  const sourcePeerId = peerIdFromPrivateKey(key).toString()
  const rootHash = new Uint8Array(32).fill(rootByte)
  const record = { name, sizeBytes: 100, segmentBytes: 32_768, rootHash, sourcePeerId }
  return { record, recordBytes: await signContentRecord(record, key) }
}
