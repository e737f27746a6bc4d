import { AnabranchError, ExitCode, WireStatus } from '../errors.ts'
import { type CatalogEntry, ContentIndex, type ContentKey, type Holding } from './content-index.ts'
import type { DirectorLimits } from './limits.ts'
import { LinkTable, type Measurement } from './link-table.ts'
import { chooseNeighbors, mayBeLinked, type Neighborly } from './neighbor-choice.ts'

/** What a source or relay says of itself when it registers. */
export interface Registration extends Neighborly {
  addresses: readonly string[]
  /** What a relay forwards at most, as its operator says; absent: unlimited or unknown. */
  capacityBytesPerSecond?: number
  labels: readonly string[]
  /** A restricted relay serves other relays, not clients. */
  restricted: boolean
}

export interface RegisteredNode extends Registration {
  /** The node is about to leave: nothing new is led over it. */
  draining: boolean
  /** 0 idle to 1 full, as the node reports it. */
  load: number
  /** Its stream is open; false while it has its grace to come back. */
  connected: boolean
  leaseEndsAtMs: number
}

export interface RegistryChanges {
  /** A node came, went or registered anew. */
  nodes: boolean
  /** A node came, went or changed its state, or a link came or went. */
  topology: boolean
  /** Names and root hashes whose holders changed. */
  contents: Set<string>
}

/** The director has no room for another node. */
export class RegistryFullError extends AnabranchError {
  constructor(maxNodes: number) {
    super('ERR_DIRECTOR_FULL', `The director holds ${maxNodes} nodes, its limit; use another director`, {
      exitCode: ExitCode.refused,
      wireStatus: WireStatus.refusedSessions
    })
  }
}

/** All that a director knows: nodes under leases, what sources hold, and which nodes are linked. */
export class Registry {
  readonly #limits: DirectorLimits
  readonly #nodes = new Map<string, RegisteredNode>()
  readonly #contents: ContentIndex
  readonly #links: LinkTable
  #nodesChanged = false
  #topologyChanged = false

  constructor(limits: DirectorLimits) {
    this.#limits = limits
    this.#contents = new ContentIndex(limits)
    this.#links = new LinkTable(limits.measurementTtlMs)
  }

  /** Adds a node or takes what it says anew; what it told of contents stays until it has told them again. */
  register(registration: Registration, nowMs: number): void {
    const { peerId } = registration
    const known = this.#nodes.get(peerId)
    if (!known && this.#nodes.size >= this.#limits.maxNodes)
      throw new RegistryFullError(this.#limits.maxNodes)
    if (known && known.role !== registration.role) this.remove(peerId)
    const leaseEndsAtMs = nowMs + this.#limits.leaseMs
    this.#nodes.set(peerId, { ...registration, draining: false, load: 0, connected: true, leaseEndsAtMs })
    if (registration.role === 'source') this.#contents.begin(peerId)
    this.#cutForbiddenLinks(peerId)
    this.#nodesChanged = this.#topologyChanged = true
  }

  /** A node gave a sign of life. */
  touch(peerId: string, nowMs: number): void {
    const node = this.#nodes.get(peerId)
    if (node) node.leaseEndsAtMs = nowMs + this.#limits.leaseMs
  }

  /** Extends a lease and takes the node's state; false when the node is not registered (any more). */
  renew(peerId: string, state: { draining: boolean; load: number }, nowMs: number): boolean {
    const node = this.#nodes.get(peerId)
    if (!node) return false
    if (node.draining !== state.draining) this.#topologyChanged = true
    node.draining = state.draining
    node.load = state.load
    node.leaseEndsAtMs = nowMs + this.#limits.leaseMs
    return true
  }

  /** The node's connection broke: it has a short grace to come back. */
  disconnected(peerId: string, nowMs: number): void {
    const node = this.#nodes.get(peerId)
    if (!node) return
    node.leaseEndsAtMs = Math.min(node.leaseEndsAtMs, nowMs + this.#limits.lostConnectionGraceMs)
    node.connected = false
    this.#topologyChanged = true
  }

  remove(peerId: string): void {
    if (!this.#nodes.delete(peerId)) return
    this.#contents.forget(peerId)
    this.#links.forget(peerId)
    this.#nodesChanged = this.#topologyChanged = true
  }

  /** Drops nodes and measurements whose time is over; returns the ids of the nodes. */
  expire(nowMs: number): string[] {
    const expired = [...this.#nodes.values()].filter(node => node.leaseEndsAtMs <= nowMs)
    for (const { peerId } of expired) this.remove(peerId)
    if (this.#links.expire(nowMs)) this.#topologyChanged = true
    return expired.map(node => node.peerId)
  }

  /** Adds what a source holds; returns how many entries were left out because a limit is reached. */
  putContents(sourceId: string, entries: readonly CatalogEntry[]): number {
    return this.#contents.put(sourceId, entries)
  }

  removeContents(sourceId: string, names: readonly string[]): void {
    this.#contents.remove(sourceId, names)
  }

  /** The source has told all it holds since it registered. */
  completeContents(sourceId: string): void {
    this.#contents.complete(sourceId)
  }

  /** Which of these names another source told first, and with other bytes. */
  namesTaken(sourceId: string, names: readonly string[]): string[] {
    return this.#contents.namesTaken(sourceId, names)
  }

  contentCountOf(sourceId: string): number {
    return this.#contents.countOf(sourceId)
  }

  get contentCount(): number {
    return this.#contents.count
  }

  /** Takes round trips that a node measured; those to nodes that are unknown or no neighbours of it are ignored. */
  measure(peerId: string, measurements: readonly Measurement[], nowMs: number): void {
    const node = this.#nodes.get(peerId)
    if (!node) return
    for (const measurement of measurements) {
      const other = this.#nodes.get(measurement.peerId)
      if (!other || !mayBeLinked(node, other)) continue
      if (this.#links.measure(peerId, measurement, nowMs)) this.#topologyChanged = true
    }
  }

  node(peerId: string): RegisteredNode | undefined {
    return this.#nodes.get(peerId)
  }

  nodes(): RegisteredNode[] {
    return [...this.#nodes.values()]
  }

  /** Who holds it, in the order in which they told so. */
  findContent(key: ContentKey): Holding[] {
    return this.#contents.find(key)
  }

  /** Round trip of a link in milliseconds; undefined where there is none. */
  linkRttMs(a: string, b: string): number | undefined {
    return this.#links.rttMs(a, b)
  }

  linkedTo(peerId: string): ReadonlySet<string> {
    return this.#links.neighborsOf(peerId)
  }

  /** The peers that a node should measure. */
  neighborsOf(peerId: string): RegisteredNode[] {
    const node = this.#nodes.get(peerId)
    return node ? chooseNeighbors(node, this.nodes(), this.#limits.maxNeighbors) : []
  }

  /** What changed since the last call. */
  takeChanges(): RegistryChanges {
    const contents = this.#contents.takeChangedKeys()
    const changes = { nodes: this.#nodesChanged, topology: this.#topologyChanged, contents }
    this.#nodesChanged = this.#topologyChanged = false
    return changes
  }

  #cutForbiddenLinks(peerId: string): void {
    const node = this.#nodes.get(peerId)!
    for (const other of [...this.#links.neighborsOf(peerId)]) {
      if (!mayBeLinked(node, this.#nodes.get(other)!)) this.#links.cut(peerId, other)
    }
  }
}
