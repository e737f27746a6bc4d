import { DIRECTOR_WIRE_LIMITS } from '../protocol/director-limits.ts'
import type { Scheduler } from '../scheduler.ts'
import { endpointIpOf } from '../transport/endpoint.ts'
import { isInReach } from '../transport/ip-ranges.ts'
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
  #cancelNext: (() => void) | undefined
  #isStopped = false

  constructor(options: ReachabilityOptions) {
    this.#options = options
    this.#plan = new DialBackPlan(options.limits)
  }

  /** A node tells the addresses at which it can be dialled, in place of those that it told before. */
  async check(asker: Asker, addresses: readonly string[]): Promise<void> {
    const undialled: Unreached[] = []
    this.#undialled.set(asker.peerId, undialled)
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
    const all = resolved.flat().slice(0, DIRECTOR_WIRE_LIMITS.maxAddresses)
    for (const address of all.filter(each => !mayBeDialled(each, asker)))
      undialled.push({ address, reason: 'the director dials such an address for nobody where this node is' })
    const claimed = all.filter(address => mayBeDialled(address, asker))
    this.#plan.claim(asker, claimed)
    this.#tell(asker.peerId)
    this.#dial()
  }

  forget(peerId: string): void {
    this.#undialled.delete(peerId)
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
      error => ({ reason: reasonOf(error) })
    )
    if (this.#isStopped) return
    for (const peerId of this.#plan.ended(address, outcome, scheduler.nowMs())) this.#tell(peerId)
    this.#dial()
  }

  #tell(peerId: string): void {
    const verdict = this.#plan.verdictOf(peerId)
    const failed = [...verdict.failed, ...(this.#undialled.get(peerId) ?? [])]
    this.#options.onVerdict(peerId, { ...verdict, failed })
  }
}

/** A director stands in networks, and on a host, that are not open to all: it dials what the node itself could. */
function mayBeDialled(address: string, asker: Asker): boolean {
  const ip = endpointIpOf(address)
  return ip !== undefined && isInReach(ip, asker.address)
}

/** What went wrong, as far as the node may know it. */
function reasonOf(error: unknown): string {
  const text = error instanceof Error ? error.message : String(error)
  if (/ECONNREFUSED/.test(text)) return 'connection refused'
  return /in time|EHOSTUNREACH|ENETUNREACH|ETIMEDOUT/.test(text) ? 'no answer' : 'no node answers there'
}
