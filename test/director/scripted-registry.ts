import type { DirectorLimits } from '../../src/director/limits.ts'
import type { Measurement } from '../../src/director/link-table.ts'
import { type ChangeOutcome, Registry } from '../../src/director/registry.ts'
import {
  addEffects,
  noEffects,
  type Registration,
  type RegistryEffects,
  type ToldEntry
} from '../../src/director/registry-change.ts'
import { ROUTE_PROTOCOL } from '../../src/protocol/route-codec.ts'

/** The one director of these tests. */
export const OWNER = 'director'
/** The director's own host. */
export const HERE = '/ip4/127.0.0.1/tcp/1'

/** A registry with a word for each change that a director with these limits would publish. */
export class ScriptedRegistry extends Registry {
  readonly #limits: DirectorLimits
  #effects = noEffects()

  constructor(limits: DirectorLimits) {
    super(limits)
    this.#limits = limits
    this.follow((_, effects) => addEffects(this.#effects, effects))
  }

  /** The node is found at the addresses that it tells, or at a name of its own, and speaks the director's route protocol unless it tells another. */
  register(told: Registration, nowMs: number, from = HERE): ChangeOutcome {
    const node = { routeProtocol: ROUTE_PROTOCOL, ...told }
    const { leaseMs } = this.#limits
    const outcome = this.apply({ kind: 'registered', owner: OWNER, node, from, leaseMs }, nowMs)
    const addresses = node.addresses.length > 0 ? node.addresses : [`/dns/${node.peerId}/tcp/1`]
    if (!outcome.refusal) this.reach(node.peerId, addresses)
    if (node.role === 'source') this.apply({ kind: 'contentsBegun', peerId: node.peerId }, nowMs)
    return outcome
  }

  reach(peerId: string, addresses: readonly string[]): void {
    this.apply({ kind: 'reached', owner: OWNER, peerId, addresses }, 0)
  }

  renew(peerId: string, state: { draining: boolean; load: number; indexing?: boolean }, nowMs: number): void {
    this.apply({ kind: 'renewed', peerId, indexing: false, ...state, leaseMs: this.#limits.leaseMs }, nowMs)
  }

  disconnected(peerId: string, nowMs: number): void {
    const graceMs = this.#limits.lostConnectionGraceMs
    this.apply({ kind: 'disconnected', owner: OWNER, peerId, graceMs }, nowMs)
  }

  remove(peerId: string): void {
    this.apply({ kind: 'gone', owner: OWNER, peerId }, 0)
  }

  /** Gives the nodes whose leases ended. */
  expire(nowMs: number): readonly string[] {
    const overdue = this.overdue(OWNER, nowMs)
    if (overdue) this.apply({ kind: 'expired', owner: OWNER, ...overdue }, nowMs)
    return overdue?.peerIds ?? []
  }

  /** Gives how many were left out. */
  putContents(peerId: string, entries: readonly ToldEntry[]): number {
    return this.apply({ kind: 'contentsPut', peerId, entries }, 0).leftOut
  }

  removeContents(peerId: string, names: readonly string[]): void {
    this.apply({ kind: 'contentsRemoved', peerId, names }, 0)
  }

  completeContents(peerId: string): void {
    this.apply({ kind: 'contentsComplete', peerId }, 0)
  }

  check(peerId: string, { name, record }: ToldEntry, isGenuine: boolean): void {
    this.apply({ kind: 'contentChecked', peerId, name, record, isGenuine }, 0)
  }

  measure(peerId: string, peers: readonly Measurement[], nowMs: number): void {
    this.apply({ kind: 'measured', peerId, peers, ttlMs: this.#limits.measurementTtlMs }, nowMs)
  }

  complain(host: string, relays: readonly string[], nowMs: number): void {
    this.apply({ kind: 'complained', host, relays }, nowMs)
  }

  /** What changed since the last call. */
  takeChanges(): RegistryEffects {
    const effects = this.#effects
    this.#effects = noEffects()
    return effects
  }
}
