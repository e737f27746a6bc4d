import { AnabranchError, ExitCode, WireStatus } from '../errors.ts'
import { hostOf, networkOf } from '../transport/ip-ranges.ts'
import { isWithinShare } from '../transport/share.ts'
import { hasAddressFor, type Whereabouts, whereaboutsOf } from './addresses-for.ts'
import { ContentIndex, type ContentKey, type HeldContent, type Holding } from './content-index.ts'
import type { DirectorLimits } from './limits.ts'
import { type Link, LinkTable, type Measurement } from './link-table.ts'
import { MultiMap } from './multi-map.ts'
import { chooseNeighbors, mayBeLinked } from './neighbor-choice.ts'
import { NeighborRings } from './neighbor-rings.ts'
import {
  addChoosers,
  noEffects,
  type Overdue,
  type Registration,
  type RegistryChange,
  type RegistryEffects,
  type ToldEntry
} from './registry-change.ts'
import { speaksRoutes } from './route-version.ts'
import { type Standing, StandingBook } from './standing.ts'

export interface RegisteredNode extends Registration {
  /** The multiaddr from which the node has come. */
  from: string
  /** The host from which the node has come, as `hostOf` tells it; absent over loopback. */
  host?: string
  /**
   * The multiaddrs at which its owner has found it. A node without any is led to or over only where
   * it has attached itself to relays, and nobody is asked to measure it.
   */
  reachable: readonly string[]
  /** While there are none: when the last one was lost or, without any before, when the node came. */
  unreachableSinceMs?: number
  /** What of its addresses is told to whom, see addressesFor. */
  whereabouts: Whereabouts
  /** The network of those addresses, as `networkOf` tells it; absent where none is public. */
  network?: string
  /** While there are none: the relays that say that the node has attached itself to them. */
  attachedTo: ReadonlySet<string>
  /** The director that has the node's stream; see RegistryChange. */
  owner: string
  /** The node is about to leave: nothing new is led over it. */
  draining: boolean
  /** The load that the node reports, from 0 (idle) to 1 (full). */
  load: number
  /** The node is a source that is still hashing files, and will tell them. */
  indexing: boolean
  /** True while the node's stream is open; false while it has its grace to come back. */
  connected: boolean
  leaseEndsAtMs: number
}

/** The outcome of a change. */
export interface ChangeOutcome {
  /** The reason why the change was not taken. */
  refusal?: RegistryFullError | HostFullError
  /** How many contents were left out because a limit is reached. */
  leftOut: number
}

/** Hears of each change that was taken. */
export type RegistryFollower = (change: RegistryChange, effects: RegistryEffects) => void

/** A registry for those who only read it. */
export type ReadonlyRegistry = Omit<Registry, 'apply' | 'follow'>

/** The director has no room for another node. */
export class RegistryFullError extends AnabranchError {
  constructor(maxNodes: number) {
    super('ERR_DIRECTOR_FULL', `The director holds ${maxNodes} nodes, its limit; use another director`, {
      exitCode: ExitCode.refused,
      wireStatus: WireStatus.refusedSessions
    })
  }
}

/** One host has as many nodes at the director as it may have. */
export class HostFullError extends AnabranchError {
  constructor(host: string, nodes: number) {
    super('ERR_DIRECTOR_HOST_FULL', `The director holds ${nodes} nodes of the host ${host}, its share`, {
      exitCode: ExitCode.refused,
      wireStatus: WireStatus.refusedPeerSessions
    })
  }
}

/**
 * All that a director knows: nodes under leases, what sources hold, which nodes are linked, and what clients hold against
 * relays. It is made of the changes that were applied to it and of nothing else: two registries with the same history give
 * the same answers.
 */
export class Registry {
  readonly #limits: DirectorLimits
  readonly #nodes = new Map<string, RegisteredNode>()
  /** The ids of the nodes of each network. */
  readonly #networks = new MultiMap<string, string>()
  readonly #contents: ContentIndex
  readonly #links = new LinkTable()
  readonly #rings: NeighborRings
  /** Numbers of nodes by the host from which they have come. */
  readonly #ofHost = new Map<string, number>()
  /** Outlives its relays: one that leaves and comes back is no better. */
  readonly #standings = new StandingBook()
  readonly #followers = new Set<RegistryFollower>()
  /** The effects of the change that is being applied. */
  #effects = noEffects()

  constructor(limits: DirectorLimits) {
    this.#limits = limits
    this.#contents = new ContentIndex(limits)
    this.#rings = new NeighborRings(limits.maxNeighbors)
  }

  /** Takes one change; the only way to change a registry. Durations count from `nowMs`. Followers hear of it before it returns. */
  apply(change: RegistryChange, nowMs: number): ChangeOutcome {
    const refusal = this.#refusalOf(change)
    if (refusal) return { refusal, leftOut: 0 }
    this.#effects = noEffects()
    const leftOut = this.#take(change, nowMs)
    this.#effects.contents = this.#contents.takeChangedKeys()
    for (const follower of this.#followers) follower(change, this.#effects)
    return { leftOut }
  }

  /** Calls `follower` for each change from now on; returns a function that ends that. */
  follow(follower: RegistryFollower): () => void {
    this.#followers.add(follower)
    return () => this.#followers.delete(follower)
  }

  node(peerId: string): RegisteredNode | undefined {
    return this.#nodes.get(peerId)
  }

  nodes(): RegisteredNode[] {
    return [...this.#nodes.values()]
  }

  /** The nodes whose public addresses are of one network, as `networkOf` tells it. */
  nodesOf(network: string): RegisteredNode[] {
    return Array.from(this.#networks.get(network), peerId => this.#nodes.get(peerId)!)
  }

  get nodeCount(): number {
    return this.#nodes.size
  }

  /** Returns who can be led to and holds a content, in the order in which they told it. */
  findContent(key: ContentKey): Holding[] {
    return this.#contents.find(key).filter(({ sourceId }) => this.isOffered(this.#nodes.get(sourceId)!))
  }

  /** The peer ids of all who have told that they hold a content. */
  tellersOf(key: ContentKey): string[] {
    return this.#contents.find(key).map(({ sourceId }) => sourceId)
  }

  /** The names of all contents, also as they come and go while this is read. */
  names(): Iterator<string> {
    return this.#contents.names()
  }

  contents(): Iterable<HeldContent> {
    return this.#contents.all()
  }

  /** Returns those of the names that another source told first, and with other bytes. */
  namesTaken(sourceId: string, names: readonly string[]): string[] {
    return this.#contents.namesTaken(sourceId, names)
  }

  /** The content that a source has told under this name. */
  entryOf(sourceId: string, name: string): ToldEntry | undefined {
    return this.#contents.entryOf(sourceId, name)
  }

  contentCountOf(sourceId: string): number {
    return this.#contents.countOf(sourceId)
  }

  get contentCount(): number {
    return this.#contents.count
  }

  /** Round trip of a link in milliseconds; undefined where there is none. */
  linkRttMs(a: string, b: string): number | undefined {
    return this.#links.rttMs(a, b)
  }

  /** Tells whether `from` has measured the round trip to `to` itself. */
  hasMeasured(from: string, to: string): boolean {
    return this.#links.hasMeasured(from, to)
  }

  /** The round trips that a node has measured, as they count now. */
  measuredBy(peerId: string): Measurement[] {
    return this.#links.measuredBy(peerId)
  }

  /** The nodes between which and this one routes may go. */
  linkedTo(peerId: string): string[] {
    const node = this.#nodes.get(peerId)
    return [...this.#links.neighborsOf(peerId)].filter(other => mayLead(node!, this.#nodes.get(other)!))
  }

  /** The links of a node over which routes may go, in order; with `among`, only those to these nodes. */
  linksOf(peerId: string, among?: ReadonlyMap<string, unknown>): (readonly [other: string, link: Link])[] {
    const node = this.#nodes.get(peerId)
    return this.#links
      .sortedLinksOf(peerId)
      .filter(([other]) => (among?.has(other) ?? true) && mayLead(node!, this.#nodes.get(other)!))
  }

  standingOf(relay: string, nowMs: number): Standing {
    return this.#standings.of(relay, nowMs)
  }

  /**
   * The nodes that others are led to or over: those that can be dialled, and those that are attached to
   * relays. Nodes of another route protocol are neither.
   */
  offeredNodes(): RegisteredNode[] {
    return this.nodes().filter(node => this.isOffered(node))
  }

  /**
   * Returns the peers that a node should measure, which are such as it could dial, and the others
   * that are linked to it. A node that cannot be dialled is to attach itself to relays among the
   * former; it is told all its links.
   */
  neighborsOf(peerId: string): { chosen: RegisteredNode[]; linked: RegisteredNode[] } {
    const node = this.#nodes.get(peerId)
    if (!node) return { chosen: [], linked: [] }
    const isKept = (other: string) =>
      this.hasMeasured(other, peerId) && (!isReachable(node) || this.hasMeasured(peerId, other))
    const { standpoint } = node.whereabouts
    const near = this.#rings.candidatesOf(node)
    const ids = near && new Set([...near, ...this.#links.neighborsOf(peerId)])
    const among = ids ? [...ids].flatMap(id => this.#nodes.get(id) ?? []) : this.nodes()
    const inReach = among.filter(other => isReachable(other) && hasAddressFor(standpoint, other.whereabouts))
    const chosen = chooseNeighbors(node, inReach, this.#limits.maxNeighbors, isKept)
    const linked = this.linkedTo(peerId).map(id => this.#nodes.get(id)!)
    // A node that is not found anywhere is told of all its links: they show that it is attached.
    return { chosen, linked: linked.filter(other => !isReachable(node) || !chosen.includes(other)) }
  }

  /** Tells whether others are led to a node or over it; see offeredNodes. */
  isOffered(node: RegisteredNode): boolean {
    return speaksRoutes(node) && (isReachable(node) || this.linkedTo(node.peerId).length > 0)
  }

  /** Returns what `owner` has to publish as expired; undefined where all is in time. */
  overdue(owner: string, nowMs: number): Overdue | undefined {
    const isOwn = (peerId: string) => this.#nodes.get(peerId)?.owner === owner
    const expired = this.nodes().filter(node => node.owner === owner && node.leaseEndsAtMs <= nowMs)
    const measurements = this.#links.overdue(nowMs).filter(([from]) => isOwn(from))
    if (expired.length === 0 && measurements.length === 0) return undefined
    return { peerIds: expired.map(({ peerId }) => peerId), measurements }
  }

  #refusalOf(change: RegistryChange): ChangeOutcome['refusal'] {
    const { maxNodes } = this.#limits
    if (change.kind !== 'registered' || this.#nodes.has(change.node.peerId)) return undefined
    if (this.#nodes.size >= maxNodes) return new RegistryFullError(maxNodes)
    const host = hostOf(change.from)
    if (host === undefined) return undefined
    const ofHost = this.#ofHost.get(host) ?? 0
    return isWithinShare(ofHost, this.#nodes.size, maxNodes) ? undefined : new HostFullError(host, ofHost)
  }

  /** Applies a change to the parts of the registry. Returns how many contents were left out. */
  #take(change: RegistryChange, nowMs: number): number {
    switch (change.kind) {
      case 'registered':
        this.#register(change, nowMs)
        break
      case 'reached':
        this.#reach(change, nowMs)
        break
      case 'renewed':
        this.#renew(change, nowMs)
        break
      case 'touched':
        this.#extendLease(change, nowMs)
        break
      case 'disconnected':
        this.#disconnect(change, nowMs)
        break
      case 'gone':
        this.#end(change.owner, change.peerId)
        break
      case 'measured':
        this.#measure(change, nowMs)
        break
      case 'expired':
        this.#expire(change)
        break
      case 'complained':
        this.#standings.complain(change.host, change.relays, nowMs)
        break
      default:
        return this.#takeContents(change)
    }
    return 0
  }

  #takeContents(change: ContentsChange): number {
    const { peerId } = change
    switch (change.kind) {
      case 'contentsBegun':
        if (this.#nodes.has(peerId)) this.#contents.begin(peerId, this.#nodes.get(peerId)!.host ?? peerId)
        break
      case 'contentsPut':
        return this.#contents.put(peerId, change.entries)
      case 'contentsRemoved':
        this.#contents.remove(peerId, change.names)
        break
      case 'contentsComplete':
        this.#contents.complete(peerId)
        break
      case 'contentChecked':
        this.#contents.check(peerId, change.name, change.record, change.isGenuine)
    }
    return 0
  }

  /**
   * A node that comes back keeps the addresses at which it was found until it was looked for anew,
   * and the relays to which it is attached.
   */
  #register({ owner, node, from, leaseMs }: Change<'registered'>, nowMs: number): void {
    const { peerId } = node
    const known = this.#nodes.get(peerId)
    if (known && known.role !== node.role) this.#remove(peerId)
    const state = {
      owner,
      draining: false,
      load: 0,
      indexing: false,
      connected: true,
      leaseEndsAtMs: nowMs + leaseMs
    }
    const reachable = known?.reachable ?? []
    const since = reachable.length > 0 ? {} : { unreachableSinceMs: known?.unreachableSinceMs ?? nowMs }
    const host = hostOf(from)
    const came = { from, ...(host === undefined ? {} : { host }) }
    const attached = known && { attachedTo: known.attachedTo }
    this.#uproot(peerId)
    this.#nodes.set(peerId, {
      ...node,
      ...state,
      ...came,
      ...foundAt(reachable, from, node),
      ...attached,
      ...since
    })
    this.#settle(peerId)
    this.#cutForbiddenLinks(peerId)
  }

  #reach({ owner, peerId, addresses }: Change<'reached'>, nowMs: number): void {
    const node = this.#nodes.get(peerId)
    if (node?.owner !== owner || node.reachable.join() === addresses.join()) return
    this.#uproot(peerId)
    delete node.network
    if (addresses.length > 0) delete node.unreachableSinceMs
    else node.unreachableSinceMs = nowMs
    Object.assign(node, foundAt(addresses, node.from, node))
    this.#settle(peerId)
  }

  #renew({ peerId, draining, load, indexing, leaseMs }: Change<'renewed'>, nowMs: number): void {
    const node = this.#nodes.get(peerId)
    if (!node) return
    if (node.draining !== draining) this.#unsettle(peerId)
    Object.assign(node, { draining, load, indexing, leaseEndsAtMs: nowMs + leaseMs })
  }

  #extendLease({ peerId, leaseMs }: Change<'touched'>, nowMs: number): void {
    const node = this.#nodes.get(peerId)
    // A lease that was given while nodes were more may be longer.
    if (node?.connected) node.leaseEndsAtMs = Math.max(node.leaseEndsAtMs, nowMs + leaseMs)
  }

  #disconnect({ owner, peerId, graceMs }: Change<'disconnected'>, nowMs: number): void {
    const node = this.#nodes.get(peerId)
    if (node?.owner !== owner) return
    node.leaseEndsAtMs = Math.min(node.leaseEndsAtMs, nowMs + graceMs)
    node.connected = false
    this.#unsettle(peerId)
  }

  #expire({ owner, peerIds, measurements }: Change<'expired'>): void {
    for (const peerId of peerIds) this.#end(owner, peerId)
    for (const [from, to] of measurements) {
      if (this.#nodes.get(from)?.owner === owner && this.#links.drop(from, to)) this.#relinked(from, to)
    }
  }

  #end(owner: string, peerId: string): void {
    if (this.#nodes.get(peerId)?.owner === owner) this.#remove(peerId)
  }

  #remove(peerId: string): void {
    this.#uproot(peerId)
    this.#nodes.delete(peerId)
    this.#contents.forget(peerId)
    this.#links.forget(peerId)
  }

  /** Puts a node where others find it. */
  #settle(peerId: string): void {
    const node = this.#nodes.get(peerId)!
    if (node.network !== undefined) this.#networks.add(node.network, peerId)
    if (node.host !== undefined) this.#ofHost.set(node.host, (this.#ofHost.get(node.host) ?? 0) + 1)
    this.#rings.put(node, isReachable(node))
    this.#moved(peerId)
  }

  /** Takes a node away from where others find it, before it changes or goes. */
  #uproot(peerId: string): void {
    const node = this.#nodes.get(peerId)
    if (!node) return
    this.#moved(peerId)
    if (node.network !== undefined) this.#networks.delete(node.network, peerId)
    const ofHost = node.host === undefined ? 0 : this.#ofHost.get(node.host)! - 1
    if (ofHost > 0) this.#ofHost.set(node.host!, ofHost)
    else if (node.host !== undefined) this.#ofHost.delete(node.host)
    this.#rings.remove(peerId)
  }

  /** Others may find a node elsewhere, or no more: they may have to choose other neighbours. */
  #moved(peerId: string): void {
    this.#unsettle(peerId)
    addChoosers(this.#effects, this.#rings.choosersAround(peerId) ?? 'all')
    addChoosers(this.#effects, this.#links.neighborsOf(peerId))
  }

  /** The state of a node has changed, and with it that of its links. */
  #unsettle(peerId: string): void {
    this.#effects.topology = true
    const { places } = this.#effects
    places.add(peerId)
    for (const other of this.#links.neighborsOf(peerId)) places.add(other)
    const network = this.#nodes.get(peerId)?.network
    if (network !== undefined) places.add(network)
  }

  /** A link has come or gone. */
  #relinked(a: string, b: string): void {
    this.#effects.topology = true
    this.#effects.places.add(a).add(b)
  }

  /**
   * Round trips to nodes that are unknown or no neighbours of the one that measured are ignored, and
   * those of a node beyond `maxMeasured`.
   */
  #measure({ peerId, peers, ttlMs, smoothed }: Change<'measured'>, nowMs: number): void {
    const node = this.#nodes.get(peerId)
    if (!node) return
    for (const measurement of peers) {
      const other = this.#nodes.get(measurement.peerId)
      if (!other || !mayBeLinked(node, other)) continue
      if (isReachable(node) && !isReachable(other)) this.#attach(other, peerId, measurement)
      const hasRoom = this.#links.hasRoom(peerId, measurement.peerId, this.#limits.maxMeasured)
      if (hasRoom && this.#links.measure(peerId, measurement, nowMs + ttlMs, smoothed))
        this.#relinked(peerId, measurement.peerId)
    }
  }

  /** A relay has measured a node that only the node's own connection can lead to, or found no such connection. */
  #attach(node: RegisteredNode, relay: string, { rttMs }: Measurement): void {
    const others = [...node.attachedTo].filter(each => each !== relay)
    node.attachedTo = new Set(rttMs === undefined ? others : [...others, relay])
    if (others.length !== node.attachedTo.size) this.#unsettle(node.peerId)
  }

  #cutForbiddenLinks(peerId: string): void {
    const node = this.#nodes.get(peerId)!
    for (const other of [...this.#links.neighborsOf(peerId)]) {
      if (!mayBeLinked(node, this.#nodes.get(other)!)) this.#links.cut(peerId, other)
    }
  }
}

/**
 * Tells whether routes may go between two nodes of which one has measured the other. To a node that cannot be dialled they
 * come over relays to which it has attached itself, and a relay of that kind dials sources.
 */
function mayLead(a: RegisteredNode, b: RegisteredNode): boolean {
  if (isReachable(a) && isReachable(b)) return true
  const comesTo = (from: RegisteredNode, to: RegisteredNode) =>
    isReachable(from) && (to.attachedTo.has(from.peerId) || from.role === 'source')
  return comesTo(a, b) || comesTo(b, a)
}

/** Tells whether others can dial the node. */
export function isReachable({ reachable }: RegisteredNode): boolean {
  return reachable.length > 0
}

/** The network of a node is that of its first public IPv4 address, which is the dearer to have; else of IPv6. */
function foundAt(
  reachable: readonly string[],
  from: string,
  { addresses }: Registration
): Pick<RegisteredNode, 'reachable' | 'attachedTo' | 'network' | 'whereabouts'> {
  const networks = reachable.flatMap(address => networkOf(address) ?? [])
  const network = networks.find(each => !each.includes(':')) ?? networks[0]
  const whereabouts = whereaboutsOf(from, addresses, reachable)
  return { reachable, attachedTo: new Set(), whereabouts, ...(network === undefined ? {} : { network }) }
}

type Change<K extends RegistryChange['kind']> = RegistryChange & { kind: K }
type ContentsChange = RegistryChange & { kind: `content${string}` }
