import type { PeerAddresses } from '../protocol/director-messages.ts'
import type { Scheduler } from '../scheduler.ts'
import { DialBudget, placeOf } from '../transport/dial-budget.ts'

/** Milliseconds between two measurements of a neighbour at first. */
const PROBE_INTERVAL_MS = 10_000
/** Number of answers after which a neighbour is measured more rarely. */
const ANSWERS_TILL_STEADY = 3
/**
 * Milliseconds between two measurements of a neighbour then; the director forgets round trips after several of these.
 */
const STEADY_INTERVAL_MS = 30_000
/** Milliseconds after which a neighbour that did not answer is tried again, where it may be dialled then. */
const RETRY_INTERVAL_MS = 1_000
/** Number of misses in a row that mean a lost link; a single one may be a full queue. */
const MISSES_TILL_UNREACHABLE = 2
const PROBE_TIMEOUT_MS = 5_000

export interface NeighborProberOptions {
  /** The multiaddrs of the peer to which connections stand. */
  connectedAt(peerId: string): string[]
  /** One round trip in milliseconds; rejects when the peer cannot be reached. */
  measure(peer: PeerAddresses, signal: AbortSignal): Promise<number>
  /** A round trip, or undefined when the peer cannot be reached. */
  onMeasured(peerId: string, rttMs: number | undefined): void
  scheduler: Scheduler
}

interface Neighbor {
  peer: PeerAddresses
  rttMs?: number
  misses: number
  /** Answers in a row. */
  answers: number
  /** True once the first measurement has ended, either way. */
  isProbed: boolean
  isProbing: boolean
  cancelNext?: () => void
}

/**
 * Measures the round trips to a node's neighbours again and again, each on its own clock. Whatever a
 * director names, addresses that do not answer are dialled ever more rarely (DialBudget).
 */
export class NeighborProber {
  readonly #options: NeighborProberOptions
  readonly #neighbors = new Map<string, Neighbor>()
  readonly #stopped = new AbortController()
  readonly #budget = new DialBudget()

  constructor(options: NeighborProberOptions) {
    this.#options = options
  }

  /** Measures these peers from now on; new ones and those with new addresses at once. */
  setNeighbors(peers: readonly PeerAddresses[]): void {
    if (this.#stopped.signal.aborted) return
    const wanted = new Set(peers.map(peer => peer.peerId))
    for (const [peerId, neighbor] of this.#neighbors) {
      if (wanted.has(peerId)) continue
      neighbor.cancelNext?.()
      this.#neighbors.delete(peerId)
    }
    for (const peer of peers) this.#setNeighbor(peer)
  }

  /** Returns what is known of the neighbours named now, without new measurements. */
  known(peerIds: Iterable<string>): { peerId: string; rttMs: number }[] {
    return [...peerIds].flatMap(peerId => {
      const rttMs = this.#neighbors.get(peerId)?.rttMs
      return rttMs === undefined ? [] : [{ peerId, rttMs }]
    })
  }

  /** True when each of the neighbours was measured, or failed, at least once. */
  hasProbed(peerIds: Iterable<string>): boolean {
    return [...peerIds].every(peerId => this.#neighbors.get(peerId)?.isProbed !== false)
  }

  stop(): void {
    this.setNeighbors([])
    this.#stopped.abort()
  }

  #setNeighbor(peer: PeerAddresses): void {
    const known = this.#neighbors.get(peer.peerId)
    if (known?.peer.addresses.join() === peer.addresses.join()) return
    const neighbor = known ?? { peer, misses: 0, answers: 0, isProbed: false, isProbing: false }
    neighbor.peer = peer
    this.#neighbors.set(peer.peerId, neighbor)
    neighbor.cancelNext?.()
    if (!neighbor.isProbing) this.#probeIn(0, neighbor)
  }

  /** Probes after `delayMs`, or later where the neighbour may not be dialled before. */
  #probeIn(delayMs: number, neighbor: Neighbor): void {
    const waitMs = Math.max(delayMs, this.#waitMs(neighbor.peer))
    if (waitMs === 0) void this.#probe(neighbor)
    else neighbor.cancelNext = this.#options.scheduler.after(waitMs, () => this.#probeIn(0, neighbor))
  }

  #waitMs({ peerId, addresses }: PeerAddresses): number {
    if (addresses.length === 0 || this.#options.connectedAt(peerId).length > 0) return 0
    const nowMs = this.#options.scheduler.nowMs()
    return Math.min(...addresses.map(address => this.#budget.waitMs(address, nowMs)))
  }

  async #probe(neighbor: Neighbor): Promise<void> {
    const { scheduler } = this.#options
    const timeout = new AbortController()
    const cancelTimeout = scheduler.after(PROBE_TIMEOUT_MS, () =>
      timeout.abort(new Error('no answer in time'))
    )
    neighbor.isProbing = true
    try {
      const either = AbortSignal.any([timeout.signal, this.#stopped.signal])
      neighbor.rttMs = await this.#measure(neighbor.peer, either)
      neighbor.misses = 0
      neighbor.answers++
    } catch {
      neighbor.misses++
      neighbor.answers = 0
      if (neighbor.misses >= MISSES_TILL_UNREACHABLE) neighbor.rttMs = undefined
    }
    cancelTimeout()
    neighbor.isProbing = false
    neighbor.isProbed = true
    if (this.#neighbors.get(neighbor.peer.peerId) === neighbor) this.#probed(neighbor)
  }

  async #measure(peer: PeerAddresses, signal: AbortSignal): Promise<number> {
    const { measure, connectedAt, scheduler } = this.#options
    if (connectedAt(peer.peerId).length > 0) return await measure(peer, signal)
    const nowMs = scheduler.nowMs()
    const addresses = peer.addresses.filter(address => this.#budget.waitMs(address, nowMs) === 0)
    for (const address of addresses) this.#budget.began(address, nowMs)
    const rttMs = await measure({ ...peer, addresses }, signal)
    const answered = new Set(connectedAt(peer.peerId).map(placeOf))
    for (const address of addresses.filter(address => answered.has(placeOf(address))))
      this.#budget.succeeded(address, nowMs)
    return rttMs
  }

  #probed(neighbor: Neighbor): void {
    const { peer, misses, answers, rttMs } = neighbor
    const isReachable = misses === 0
    const isLost = misses > MISSES_TILL_UNREACHABLE
    const restMs = answers < ANSWERS_TILL_STEADY ? PROBE_INTERVAL_MS : STEADY_INTERVAL_MS
    this.#probeIn(isReachable || isLost ? restMs : RETRY_INTERVAL_MS, neighbor)
    if (isReachable || rttMs === undefined) this.#options.onMeasured(peer.peerId, rttMs)
  }
}
