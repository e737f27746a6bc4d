import type { PeerAddresses } from '../protocol/director-messages.ts'
import { networkOf } from '../transport/ip-ranges.ts'

/**
 * Relays that a node attaches itself to: enough for routes that share none, few enough that a node
 * behind a small NAT box keeps its connections.
 */
export const MAX_ATTACHMENTS = 8
/**
 * Milliseconds after which a relay that has failed or refused is asked again: doubled each time. An attachment that has
 * lasted is made anew at once.
 */
const FIRST_RETRY_MS = 1_000
const LAST_RETRY_MS = 120_000
/** Milliseconds for which an attachment has to last until earlier failures no longer count. */
const STEADY_MS = 10_000

interface Candidate {
  peer: PeerAddresses
  /** False once the directors name it no more: it is left. */
  isNamed: boolean
  rttMs: number | undefined
  state: 'idle' | 'opening' | 'attached' | 'draining' | 'source'
  failures: number
  retryAtMs: number
  attachedAtMs: number
}

/**
 * Decides to which of its neighbours a node that nobody can dial attaches itself: the nearest first,
 * of different networks where that can be. One that drains is left once another has taken its place.
 */
export class AttachmentPlan {
  readonly #candidates = new Map<string, Candidate>()

  setCandidates(peers: readonly PeerAddresses[]): void {
    for (const candidate of this.#candidates.values()) candidate.isNamed = false
    for (const peer of peers) {
      const known = this.#candidates.get(peer.peerId)
      if (known) Object.assign(known, { peer, isNamed: true })
      else this.#candidates.set(peer.peerId, newCandidate(peer))
    }
    for (const { peer, isNamed, state } of this.#candidates.values()) {
      if (!isNamed && (state === 'idle' || state === 'source')) this.#candidates.delete(peer.peerId)
    }
  }

  /** A round trip to a candidate in milliseconds; undefined where it does not answer. */
  measured(peerId: string, rttMs: number | undefined): void {
    const candidate = this.#candidates.get(peerId)
    if (candidate) candidate.rttMs = rttMs
  }

  /** Returns the relays to attach to now; each has to end with `attached`, `isNoRelay` or `ended`. */
  due(nowMs: number): PeerAddresses[] {
    const due: Candidate[] = []
    const held = () => this.#in('attached', 'opening')
    while (held().length < MAX_ATTACHMENTS) {
      const next = this.#best(nowMs, held())
      if (!next) break
      next.state = 'opening'
      due.push(next)
    }
    return due.map(({ peer }) => peer)
  }

  /** Milliseconds until a relay that has failed may be asked again; undefined where none waits. */
  waitMs(nowMs: number): number | undefined {
    const waiting = this.#in('idle').filter(
      ({ rttMs, retryAtMs }) => rttMs !== undefined && retryAtMs > nowMs
    )
    if (waiting.length === 0) return undefined
    return Math.min(...waiting.map(({ retryAtMs }) => retryAtMs - nowMs))
  }

  attached(peerId: string, nowMs: number): void {
    const candidate = this.#candidates.get(peerId)
    if (candidate) Object.assign(candidate, { state: 'attached', attachedAtMs: nowMs })
  }

  /** The relay is about to stop: another is to take its place first. */
  draining(peerId: string): void {
    const candidate = this.#candidates.get(peerId)
    if (candidate?.state === 'attached') candidate.state = 'draining'
  }

  /** The neighbour is a source: it takes no attachments. */
  isNoRelay(peerId: string): void {
    const candidate = this.#candidates.get(peerId)
    if (candidate) candidate.state = 'source'
  }

  /** The attachment has ended, or has not come about. */
  ended(peerId: string, nowMs: number): void {
    const candidate = this.#candidates.get(peerId)
    if (!candidate) return
    if (!candidate.isNamed) {
      this.#candidates.delete(peerId)
      return
    }
    const wasSteady = candidate.state === 'attached' && nowMs - candidate.attachedAtMs >= STEADY_MS
    candidate.failures = wasSteady ? 0 : candidate.failures + 1
    const waitMs = wasSteady ? 0 : FIRST_RETRY_MS * 2 ** (candidate.failures - 1)
    Object.assign(candidate, { state: 'idle', retryAtMs: nowMs + Math.min(LAST_RETRY_MS, waitMs) })
  }

  /** Returns the relays to be left now: those that are no longer named, and those that drain once others have taken their place. */
  get toLeave(): string[] {
    const spare = this.#in('attached').length - (MAX_ATTACHMENTS - 1)
    const draining = this.#in('draining').filter(({ isNamed }) => isNamed)
    const isAlone = this.#in('idle', 'opening').length === 0
    const replaced = isAlone ? draining : draining.slice(0, Math.max(0, spare))
    const unnamed = this.#in('attached', 'draining').filter(({ isNamed }) => !isNamed)
    return [...replaced, ...unnamed].map(({ peer }) => peer.peerId)
  }

  isAttached(peerId: string): boolean {
    return this.#candidates.get(peerId)?.state === 'attached'
  }

  /** The relays that this node is attached to. */
  get relays(): string[] {
    return this.attachedPeers.map(({ peerId }) => peerId)
  }

  get attachedPeers(): PeerAddresses[] {
    return this.#in('attached').map(({ peer }) => peer)
  }

  #best(nowMs: number, held: readonly Candidate[]): Candidate | undefined {
    const taken = new Set(held.flatMap(networkIn))
    const crowding = (candidate: Candidate) =>
      Number(networkIn(candidate).some(network => taken.has(network)))
    return this.#in('idle')
      .filter(({ rttMs, retryAtMs }) => rttMs !== undefined && retryAtMs <= nowMs)
      .sort((a, b) => crowding(a) - crowding(b) || a.rttMs! - b.rttMs!)[0]
  }

  #in(...states: Candidate['state'][]): Candidate[] {
    return [...this.#candidates.values()].filter(({ state }) => states.includes(state))
  }
}

function newCandidate(peer: PeerAddresses): Candidate {
  return { peer, isNamed: true, rttMs: undefined, state: 'idle', failures: 0, retryAtMs: 0, attachedAtMs: 0 }
}

function networkIn({ peer }: Candidate): string[] {
  return peer.addresses.flatMap(address => networkOf(address) ?? []).slice(0, 1)
}
