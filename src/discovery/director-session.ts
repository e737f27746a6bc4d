import { peerIdFromString } from '@libp2p/peer-id'
import { multiaddr } from '@multiformats/multiaddr'
import { ConfigurationError } from '../errors.ts'
import { OWN_CAPABILITIES } from '../protocol/capabilities.ts'
import { DIRECTOR_WIRE_LIMITS } from '../protocol/director-limits.ts'
import type { NeighborsReply, PeerAddresses } from '../protocol/director-messages.ts'
import { ROUTE_PROTOCOL } from '../protocol/route-codec.ts'
import { type Scheduler, systemScheduler } from '../scheduler.ts'
import type { OverlayNode } from '../transport/overlay-node.ts'
import { parsePeer } from '../transport/peer-address.ts'
import { withSeenAddresses } from '../transport/seen-address.ts'
import { Attachments } from './attachments.ts'
import type { AnnouncedContent, CatalogDelta } from './catalog-sender.ts'
import { NodeUnreachedError } from './director-errors.ts'
import { DirectorLink } from './director-link.ts'
import { checkNamed } from './director-stream.ts'
import { NeighborProber } from './neighbor-prober.ts'

export interface DirectorSessionOptions {
  /** Multiaddrs. Those that name different peers are different directors: the node registers with each of them. */
  directors: readonly string[]
  role: 'source' | 'relay'
  /** The most bytes a second that a relay forwards. Default: not told. */
  capacityBytesPerSecond?: number
  /** Words for people and tools, at most 16 of 64 bytes. */
  labels?: readonly string[]
  /** The relay serves other relays, not clients. Default: false. */
  restricted?: boolean
  /** Peer ids, or multiaddrs that end in one, of the only nodes to be linked to. Default: the director chooses. */
  neighbors?: readonly string[]
  /**
   * The token by which the directors let this node in. It goes to directors only whose addresses name
   * their peer ids.
   */
  token?: string
  /** The node tells no address: it is reached over relays to which it attaches itself. Default: false. */
  reverse?: boolean
  /**
   * The relays to which the node has attached itself, as a director has found it at none of its
   * addresses; called when they change.
   */
  onAttached?: (relays: string[]) => void
  /** Returns all contents of a source; asked at each registration. */
  catalog?: () => Iterable<AnnouncedContent>
  /** The director has this node, its catalog and its first round trips; also after each return. */
  onRegistered?: (director: string) => void
  /** A director could not be reached, was lost or refused something; the session goes on trying. */
  onProblem?: (error: Error) => void
  /** One round trip to a neighbour in milliseconds. Default: libp2p's ping. */
  measure?: (peer: PeerAddresses, signal: AbortSignal) => Promise<number>
  scheduler?: Scheduler
  /** Returns the load, from 0 (idle) to 1 (full), for each renewal. Default: 0. */
  load?: () => number
  /** Returns a random number between 0 and 1, for back-off. Default: Math.random. */
  random?: () => number
}

/**
 * Keeps a source or relay registered with its directors, whatever happens to them, and measures its
 * neighbours for them.
 */
export class DirectorSession {
  readonly #node: OverlayNode
  readonly #options: DirectorSessionOptions
  readonly #prober: NeighborProber
  readonly #links: DirectorLink[]
  readonly #neighborsByLink = new Map<number, PeerAddresses[]>()
  readonly #linkedByLink = new Map<number, PeerAddresses[]>()
  readonly #attachments: Attachments
  /** The links over which a director has asked that the node attaches itself. */
  readonly #attaching = new Set<number>()
  /** The peers that are attached to this relay. */
  #attached: PeerAddresses[] = []
  /** The nodes that the operator has named as neighbours, with their addresses where given. */
  readonly #given: PeerAddresses[]
  readonly #state = { draining: false, indexing: false }

  /**
   * Throws ConfigurationError when an address or neighbour cannot be read, and TokenExposedError for
   * a token with an address that names no peer id.
   */
  constructor(node: OverlayNode, options: DirectorSessionOptions) {
    this.#node = node
    this.#options = options
    if (options.token !== undefined) checkNamed(options.directors)
    this.#given = options.neighbors?.map(toPeer) ?? []
    const neighbors = options.neighbors && this.#given.map(({ peerId }) => peerId)
    const scheduler = options.scheduler ?? systemScheduler
    this.#prober = new NeighborProber({
      scheduler,
      connectedAt: peerId =>
        node.getConnections(peerIdFromString(peerId)).map(({ remoteAddr }) => remoteAddr.toString()),
      measure: options.measure ?? ((peer, signal) => ping(node, peer, signal)),
      onMeasured: (peerId, rttMs) => {
        this.#attachments.measured(peerId, rttMs)
        for (const link of this.#links) link.report([{ peerId, ...(rttMs === undefined ? {} : { rttMs }) }])
      }
    })
    this.#attachments = new Attachments({
      node,
      onAttached: relays => options.onAttached?.(relays),
      scheduler
    })
    this.#links = byDirector(options.directors).map(
      (addresses, index) =>
        new DirectorLink({
          node,
          addresses,
          registration: () => this.#registration(neighbors),
          state: () => ({ ...this.#state, load: options.load?.() ?? 0 }),
          ...(options.catalog ? { catalog: options.catalog } : {}),
          onNeighbors: neighbors => this.#onNeighbors(index, neighbors),
          known: peerIds => this.#prober.known(peerIds),
          hasProbed: peerIds => this.#prober.hasProbed(peerIds),
          onReady: address => options.onRegistered?.(address),
          onProblem: error => {
            // A node that tells no address knows that nobody finds it.
            if (!(options.reverse && error instanceof NodeUnreachedError)) options.onProblem?.(error)
          },
          scheduler,
          random: options.random ?? Math.random
        })
    )
  }

  /** Whether there is any director to register with. */
  get hasDirectors(): boolean {
    return this.#links.length > 0
  }

  /** How many directors there are to register with, and how many have this node now. */
  get directors(): { named: number; registered: number } {
    const registered = this.#links.filter(link => link.isRegistered).length
    return { named: this.#links.length, registered }
  }

  /** Starts to register; `onRegistered` tells when it is done. */
  start(): void {
    for (const link of this.#links) link.start()
  }

  /** Leaves all directors in good order. */
  async stop(): Promise<void> {
    this.#prober.stop()
    this.#attachments.stop()
    await Promise.all(this.#links.map(link => link.stop()))
  }

  /** Tells the directors which contents came to and went from the catalog since the session asked for it. */
  catalogChanged(delta: CatalogDelta): void {
    for (const link of this.#links) link.catalogChanged(delta)
  }

  /**
   * The addresses of a node that a director has named as a neighbour or linked, or the operator as a
   * neighbour; undefined for any other node.
   */
  addressesOf(peerId: string): string[] | undefined {
    const all = [...this.#neighborsByLink.values(), ...this.#linkedByLink.values(), this.#given].flat()
    const named = all.filter(peer => peer.peerId === peerId)
    if (named.length === 0) return undefined
    return [...new Set(named.flatMap(({ addresses }) => addresses))]
  }

  /** Tells whether a director has named the node as one to measure. */
  isNeighbor(peerId: string): boolean {
    return [...this.#neighborsByLink.values()].some(peers => peers.some(peer => peer.peerId === peerId))
  }

  /**
   * Takes the peers that have attached themselves to this relay: by the round trips to them the
   * directors know that they are.
   */
  setAttached(peerIds: readonly string[]): void {
    this.#attached = peerIds.map(peerId => ({ peerId, addresses: [] }))
    this.#setProbed()
  }

  /**
   * Tells the directors, from now on, whether anything new may be led over this node: not while it
   * is draining.
   */
  setDraining(draining: boolean): void {
    this.#state.draining = draining
    for (const link of this.#links) link.renew()
  }

  /** Tells the directors, from now on, whether this source is still hashing files that it will offer. */
  setIndexing(indexing: boolean): void {
    this.#state.indexing = indexing
    for (const link of this.#links) link.renew()
  }

  #addresses(): string[] {
    const addresses = this.#node.getMultiaddrs().map(address => address.toString())
    return withSeenAddresses(addresses).slice(0, DIRECTOR_WIRE_LIMITS.maxAddresses)
  }

  #registration(neighbors: string[] | undefined) {
    const { role, labels, restricted, token, reverse } = this.#options
    const capacityBytesPerSecond = Math.round(
      this.#options.capacityBytesPerSecond ?? Number.POSITIVE_INFINITY
    )
    return {
      kind: 'register' as const,
      role,
      addresses: reverse ? [] : this.#addresses(),
      labels: [...(labels ?? [])],
      restricted: restricted ?? false,
      capabilities: [...OWN_CAPABILITIES],
      routeProtocol: ROUTE_PROTOCOL,
      ...(Number.isSafeInteger(capacityBytesPerSecond) ? { capacityBytesPerSecond } : {}),
      ...(neighbors ? { neighbors } : {}),
      ...(token === undefined ? {} : { token })
    }
  }

  #onNeighbors(link: number, { peers, linked, attach }: NeighborsReply): void {
    this.#neighborsByLink.set(link, peers)
    this.#linkedByLink.set(link, linked)
    if (attach) this.#attaching.add(link)
    else this.#attaching.delete(link)
    this.#setProbed()
    this.#attachments.setCandidates(this.#neighborsOf(this.#attaching))
  }

  #setProbed(): void {
    this.#prober.setNeighbors(unique([...this.#neighborsOf(this.#neighborsByLink.keys()), ...this.#attached]))
  }

  #neighborsOf(links: Iterable<number>): PeerAddresses[] {
    return unique([...links].flatMap(link => this.#neighborsByLink.get(link)!))
  }
}

function unique(peers: readonly PeerAddresses[]): PeerAddresses[] {
  return [...new Map(peers.map(peer => [peer.peerId, peer])).values()]
}

async function ping(
  node: OverlayNode,
  { peerId, addresses }: PeerAddresses,
  signal: AbortSignal
): Promise<number> {
  const id = peerIdFromString(peerId)
  const isConnected = node.getConnections(id).length > 0
  const target = isConnected || addresses.length === 0 ? id : addresses.map(address => multiaddr(address))
  const firstMs = await node.services.ping.ping(target, { signal })
  if (isConnected) return firstMs
  // The first ping on a cold connection also measures the time that it takes to get there.
  return Math.min(firstMs, await node.services.ping.ping(id, { signal }))
}

/** Returns the addresses in groups, one for each director; those that name no peer stand together. */
function byDirector(addresses: readonly string[]): string[][] {
  const groups = new Map<string, string[]>()
  for (const address of addresses) {
    const peerId = peerIdIn(address) ?? ''
    groups.set(peerId, [...(groups.get(peerId) ?? []), address])
  }
  return [...groups.values()]
}

function toPeer(neighbor: string): PeerAddresses {
  try {
    return parsePeer(neighbor)
  } catch (error) {
    throw new ConfigurationError(
      `'${neighbor}' names no neighbour; give a peer id, or a multiaddr that ends in /p2p/ and one`,
      error
    )
  }
}

function peerIdIn(address: string): string | undefined {
  try {
    return multiaddr(address)
      .getComponents()
      .findLast(component => component.name === 'p2p')?.value
  } catch (error) {
    throw new ConfigurationError(
      `'${address}' is no multiaddr; give one such as /ip4/127.0.0.1/tcp/4000`,
      error
    )
  }
}
