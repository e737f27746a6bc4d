import { DialBudget, placeOf } from '../transport/dial-budget.ts'
import { hostOf } from '../transport/ip-ranges.ts'
import type { Asker } from '../transport/share.ts'
import type { DirectorLimits } from './limits.ts'

/** What a dial has brought: the peer id of the node at the address, or why there is none. */
export type DialOutcome = { peerId: string } | { reason: string }

/** An address at which a node was not found. */
export interface Unreached {
  address: string
  reason: string
  /**
   * True where this says nothing against a node that is reached at another address: the address may be
   * true in the node's own network, or the director has guessed it.
   */
  isExpected?: boolean
}

/** What is known by now of the addresses that a node has told. */
export interface Verdict {
  /** Those at which the node was found, in its order. */
  reached: string[]
  /** Those of which nothing is known yet. */
  open: string[]
  failed: Unreached[]
}

interface Claim {
  asker: Asker
  address: string
  /** True until a dial has ended: the address has not failed for this registration yet. */
  isFresh: boolean
  outcome?: 'reached' | { reason: string }
}

/** A place to be dialled, and the nodes that say that they are there. */
interface Place {
  address: string
  claims: Set<Claim>
  /** What the last dial has brought: it counts for those who come later until they have had a dial of their own. */
  last?: DialOutcome
}

/**
 * Decides which of the addresses that nodes tell of themselves are dialled, and when. A place is
 * dialled for all nodes at once that say that they are there, by the rules of DialBudget, and so many
 * at once in all, for one host, and on behalf of one host: nobody can have others flooded, or hold
 * up the addresses of others.
 */
export class DialBackPlan {
  readonly #limits: DirectorLimits
  readonly #budget = new DialBudget()
  readonly #claims = new Map<string, Claim[]>()
  readonly #places = new Map<string, Place>()
  /** Places with a claim that is not proved, the one that waits longest first. */
  readonly #open = new Set<Place>()
  /** The hosts that each running dial counts for. */
  readonly #dialling = new Map<string, string[]>()

  constructor(limits: DirectorLimits) {
    this.#limits = limits
  }

  /** A node tells its addresses, in place of those that it told before. */
  claim(asker: Asker, addresses: readonly string[]): void {
    const before = this.#claims.get(asker.peerId) ?? []
    const claims = addresses.map(address => this.#add({ asker, address, isFresh: true }))
    this.#claims.set(asker.peerId, claims)
    for (const claim of before) this.#drop(claim)
  }

  withdraw(peerId: string): void {
    for (const claim of this.#claims.get(peerId) ?? []) this.#drop(claim)
    this.#claims.delete(peerId)
  }

  /** Returns the addresses to dial now, without peer ids; each dial has to end with `ended`. */
  due(nowMs: number): string[] {
    const due: string[] = []
    for (const place of this.#open) {
      if (this.#dialling.size >= this.#limits.maxDialBacks) break
      const claim = [...place.claims].find(each => this.#mayDial(each, nowMs))
      if (!claim) continue
      due.push(place.address)
      this.#open.delete(place)
      this.#dialling.set(place.address, hostsOf(claim))
      this.#budget.began(place.address, nowMs)
    }
    return due
  }

  /** Milliseconds until a further place may be dialled; undefined where that depends on no time. */
  waitMs(nowMs: number): number | undefined {
    // The end of a dial, for which a place is free then, is waited for.
    if (this.#dialling.size >= this.#limits.maxDialBacks) return undefined
    const waits = [...this.#open].flatMap(({ claims }) => [...claims].map(each => this.#waitOf(each, nowMs)))
    const later = waits.filter(waitMs => waitMs > 0)
    return later.length > 0 ? Math.min(...later) : undefined
  }

  /** A dial has ended. Returns the peer ids of the nodes whose verdict it changes. */
  ended(address: string, outcome: DialOutcome, nowMs: number): string[] {
    this.#dialling.delete(address)
    const place = this.#places.get(address)
    if (!place) return []
    place.last = outcome
    for (const claim of place.claims) {
      claim.isFresh = false
      claim.outcome = outcomeOf(claim, outcome)
    }
    if ([...place.claims].some(claim => claim.outcome === 'reached')) this.#budget.succeeded(address, nowMs)
    this.#reopen(place)
    return [...place.claims].map(({ asker }) => asker.peerId)
  }

  verdictOf(peerId: string): Verdict {
    const verdict: Verdict = { reached: [], open: [], failed: [] }
    for (const { address, outcome } of this.#claims.get(peerId) ?? []) {
      if (outcome === undefined) verdict.open.push(address)
      else if (outcome === 'reached') verdict.reached.push(address)
      else verdict.failed.push({ address, ...outcome })
    }
    return verdict
  }

  #add(claim: Claim): Claim {
    const address = placeOf(claim.address)
    const place = this.#places.get(address) ?? { address, claims: new Set() }
    this.#places.set(address, place)
    place.claims.add(claim)
    if (place.last) claim.outcome = outcomeOf(claim, place.last)
    this.#reopen(place)
    return claim
  }

  #drop(claim: Claim): void {
    const place = this.#places.get(placeOf(claim.address))
    place?.claims.delete(claim)
    if (place?.claims.size === 0) this.#places.delete(place.address)
    if (place) this.#reopen(place)
  }

  #reopen(place: Place): void {
    const isOpen = [...place.claims].some(({ outcome }) => outcome !== 'reached')
    if (isOpen && !this.#dialling.has(place.address)) this.#open.add(place)
    else this.#open.delete(place)
  }

  #mayDial(claim: Claim, nowMs: number): boolean {
    if (this.#waitOf(claim, nowMs) > 0) return false
    const running = [...this.#dialling.values()]
    return hostsOf(claim).every(
      host => running.filter(hosts => hosts.includes(host)).length < this.#limits.maxDialBacksPerHost
    )
  }

  /**
   * A node that has just come gets its turn soon at an address of the host from which it has come:
   * others who said that they are there cannot keep it from being found.
   */
  #waitOf({ asker, address, isFresh, outcome }: Claim, nowMs: number): number {
    if (outcome === 'reached') return Number.POSITIVE_INFINITY
    const isAtHome = this.#budget.hostOf(address) === asker.host
    if (!isFresh || !isAtHome) return this.#budget.waitMs(address, nowMs)
    const soonMs = this.#limits.ownAddressRetryMs - this.#budget.sinceMs(address, nowMs)
    return Math.max(0, Math.min(soonMs, this.#budget.waitMs(address, nowMs)))
  }
}

function outcomeOf({ asker }: Claim, outcome: DialOutcome): Claim['outcome'] {
  if ('reason' in outcome) return { reason: outcome.reason }
  return outcome.peerId === asker.peerId ? 'reached' : { reason: 'another node answers there' }
}

/** The hosts for which a dial counts: the one that is dialled, and the one that has asked for it. */
function hostsOf({ asker, address }: Claim): string[] {
  return [...new Set([hostOf(address), asker.host])].filter(host => host !== undefined)
}
