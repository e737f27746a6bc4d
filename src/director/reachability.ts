import { DIRECTOR_WIRE_LIMITS } from '../protocol/director-limits.ts'
import type { Scheduler } from '../scheduler.ts'
import { endpointIpOf } from '../transport/endpoint.ts'
import { NO_FILES, reasonOf, UnreachableError } from '../transport/failure-reasons.ts'
import { isInReach, scopeOf } from '../transport/ip-ranges.ts'
import { seenAddress } from '../transport/seen-address.ts'
import type { Asker } from '../transport/share.ts'
import { type DialBack, resolveAddress } from './dial-back.ts'
import { DialBackPlan, type DialOutcome, type Unreached, type Verdict } from './dial-back-plan.ts'
import type { DirectorLimits } from './limits.ts'

export interface ReachabilityOptions {
  dialBack: DialBack
  /** Hears what is known by now of a node's addresses, each time that more is known. */
  onVerdict(peerId: string, verdict: Verdict): void
  limits: DirectorLimits
  scheduler: Scheduler
}

/** Finds out at which of the addresses that nodes tell of themselves they can be reached. */
export class Reachability {
  readonly #options: ReachabilityOptions
  readonly #plan: DialBackPlan
  /** For each node, the addresses that are not dialled. */
  readonly #undialled = new Map<string, Unreached[]>()
  /** For each node, the addresses from which it is seen to come, and which it has not told itself. */
  readonly #guessed = new Map<string, string[]>()
  #cancelNext: (() => void) | undefined
  #isStopped = false

  constructor(options: ReachabilityOptions) {
    this.#options = options
    this.#plan = new DialBackPlan(options.limits)
  }

  /**
   * A node tells the addresses at which it can be dialled, in place of those that it told before; see
   * withSeenAddresses.
   */
  async check(asker: Asker, told: readonly string[]): Promise<void> {
    const undialled: Unreached[] = []
    this.#undialled.set(asker.peerId, undialled)
    const addresses = [...new Set(told.flatMap(address => seenAddress(address, asker.address) ?? []))]
    const guessed = addresses.filter(address => !told.includes(address))
    this.#guessed.set(asker.peerId, guessed)
    const resolved = await Promise.all(
      addresses.map(async address => {
        const found = await resolveAddress(address).catch((error: Error) => error)
        if (Array.isArray(found)) return found
        undialled.push({ address, reason: found.message })
        return []
      })
    )
    // The node may have gone, or told other addresses, meanwhile.
    if (this.#undialled.get(asker.peerId) !== undialled || this.#isStopped) return
    const all = [...new Set(resolved.flat())].slice(0, DIRECTOR_WIRE_LIMITS.maxAddresses)
    for (const address of all.filter(each => !mayBeDialled(each, asker))) undialled.push(notDialled(address))
    const claimed = all.filter(address => mayBeDialled(address, asker))
    this.#plan.claim(asker, claimed)
    this.#tell(asker.peerId)
    this.#dial()
  }

  /** What is known by now of the addresses that a node has told. */
  verdictOf(peerId: string): Verdict {
    const verdict = this.#plan.verdictOf(peerId)
    const guessed = this.#guessed.get(peerId) ?? []
    const dialled = verdict.failed.map(each =>
      guessed.includes(each.address) ? { ...each, isExpected: true } : each
    )
    return { ...verdict, failed: [...dialled, ...(this.#undialled.get(peerId) ?? [])] }
  }

  forget(peerId: string): void {
    this.#undialled.delete(peerId)
    this.#guessed.delete(peerId)
    this.#plan.withdraw(peerId)
  }

  stop(): void {
    this.#isStopped = true
    this.#cancelNext?.()
  }

  #dial(): void {
    if (this.#isStopped) return
    const { scheduler } = this.#options
    this.#cancelNext?.()
    for (const address of this.#plan.due(scheduler.nowMs())) void this.#dialOne(address)
    const waitMs = this.#plan.waitMs(scheduler.nowMs())
    this.#cancelNext = waitMs === undefined ? undefined : scheduler.after(waitMs, () => this.#dial())
  }

  async #dialOne(address: string): Promise<void> {
    const { dialBack, scheduler } = this.#options
    const outcome: DialOutcome = await dialBack(address).then(
      peerId => ({ peerId }),
      error => ({ reason: toldReasonOf(error) })
    )
    if (this.#isStopped) return
    for (const peerId of this.#plan.ended(address, outcome, scheduler.nowMs())) this.#tell(peerId)
    this.#dial()
  }

  #tell(peerId: string): void {
    this.#options.onVerdict(peerId, this.verdictOf(peerId))
  }
}

/** A director stands in networks, and on a host, that are not open to all: it dials what the node itself could. */
function mayBeDialled(address: string, asker: Asker): boolean {
  const ip = endpointIpOf(address)
  return ip !== undefined && isInReach(ip, asker.address)
}

function notDialled(address: string): Unreached {
  const ip = endpointIpOf(address)
  return ip !== undefined && scopeOf(ip) === 'private'
    ? { address, reason: 'private, and the director is not in its network', isExpected: true }
    : { address, reason: 'the director dials such an address for nobody where this node is' }
}

/** What went wrong, as far as the node may know it. */
function toldReasonOf(error: unknown): string {
  const reason = error instanceof UnreachableError ? error.failures[0]!.reason : reasonOf(error)
  if (reason === NO_FILES) return `${reason} at the director`
  if (reason === 'connection refused') return reason
  return /^no answer|no route/.test(reason) ? 'no answer' : 'no node answers there'
}
