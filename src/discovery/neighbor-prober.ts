import type { PeerAddresses } from '../protocol/director-messages.ts'
import type { Scheduler } from '../scheduler.ts'

/**
 * Milliseconds between two measurements of a neighbour; the director forgets round trips after
 * several of these.
 */
const PROBE_INTERVAL_MS = 10_000
/** Milliseconds after which a neighbour that did not answer is tried again. */
const RETRY_INTERVAL_MS = 1_000
/** Number of misses in a row that mean a lost link; a single one may be a full queue. */
const MISSES_TILL_UNREACHABLE = 2
const PROBE_TIMEOUT_MS = 5_000

export interface NeighborProberOptions {
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
  /** True once the first measurement has ended, either way. */
  isProbed: boolean
  isProbing: boolean
  cancelNext?: () => void
}

/** Measures the round trips to a node's neighbours again and again, each on its own clock. */
export class NeighborProber {
  readonly #options: NeighborProberOptions
  readonly #neighbors = new Map<string, Neighbor>()
  readonly #stopped = new AbortController()

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
    const neighbor = known ?? { peer, misses: 0, isProbed: false, isProbing: false }
    neighbor.peer = peer
    this.#neighbors.set(peer.peerId, neighbor)
    neighbor.cancelNext?.()
    if (!neighbor.isProbing) void this.#probe(neighbor)
  }

  async #probe(neighbor: Neighbor): Promise<void> {
    const { scheduler, measure } = this.#options
    const timeout = new AbortController()
    const cancelTimeout = scheduler.after(PROBE_TIMEOUT_MS, () =>
      timeout.abort(new Error('no answer in time'))
    )
    neighbor.isProbing = true
    try {
      neighbor.rttMs = await measure(neighbor.peer, AbortSignal.any([timeout.signal, this.#stopped.signal]))
      neighbor.misses = 0
    } catch {
      neighbor.misses++
      if (neighbor.misses >= MISSES_TILL_UNREACHABLE) neighbor.rttMs = undefined
    }
    cancelTimeout()
    neighbor.isProbing = false
    neighbor.isProbed = true
    if (this.#neighbors.get(neighbor.peer.peerId) === neighbor) this.#probed(neighbor)
  }

  #probed(neighbor: Neighbor): void {
    const { peer, misses, rttMs } = neighbor
    const isReachable = misses === 0
    const delayMs = isReachable || misses > MISSES_TILL_UNREACHABLE ? PROBE_INTERVAL_MS : RETRY_INTERVAL_MS
    neighbor.cancelNext = this.#options.scheduler.after(delayMs, () => void this.#probe(neighbor))
    if (isReachable || rttMs === undefined) this.#options.onMeasured(peer.peerId, rttMs)
  }
}
