import { Pattern } from '../../src/pattern/pattern.ts'
import type { PlannerInit } from '../../src/planner/planner.ts'
import { PolicyCore } from '../../src/planner/policies/policy-core.ts'
import type { Random } from '../../src/simulation/index.ts'

const WINDOW_BYTES = 256 * 1024

/**
 * Orders that make no sense and are allowed all the same: random patterns, groups among them, with cut-overs below, at and
 * above the horizon, and reassignments to and fro, with and without copy. It only keeps what it must: every segment is
 * somebody's, and what a closed route owed is given to another.
 */
export class ChaoticPolicy extends PolicyCore {
  readonly name = 'chaotic'
  readonly #random: Random
  #current: Pattern | undefined

  constructor(init: PlannerInit, random: Random) {
    super(init)
    this.#random = random
  }

  protected override decide(): void {
    const living = [...this.routes.values()].filter(record => record.state !== 'closed')
    if (living.length === 0) return
    const routes = living.map(record => record.route)
    if (!this.#current) this.#usePattern(this.extent.firstSeq, routes)
    else if (this.#current.routes.some(route => !routes.includes(route))) {
      this.#usePattern(this.ledger.next, routes)
    } else if (this.#random() < 0.1) {
      this.#usePattern(Math.max(0, this.ledger.horizon + this.#between(-12, 12)), routes)
    }
    this.grantTo(this.ledger.horizon + this.#between(0, 20))
    // What is given to a route that the source does not know is lost.
    const open = living.filter(record => record.state === 'open').map(record => record.route)
    for (const record of living) {
      if (open.length > 0 && this.#random() < 0.05) this.#moveSome(record.route, this.#pick(open))
      this.credit(record, WINDOW_BYTES * this.#random() + this.extent.segmentBytes)
    }
    if (open.length > 0) this.#adoptOrphans(open)
  }

  protected override measures() {
    return { rateBytesPerSecond: 0, queueMs: 0, windowBytes: WINDOW_BYTES }
  }

  #usePattern(from: number, routes: number[]): void {
    const group = () => Array.from({ length: this.#random() < 0.1 ? 2 : 1 }, () => this.#pick(routes))
    this.#current = new Pattern(Array.from({ length: this.#between(1, 9) }, group))
    this.setPattern(from, this.#current)
  }

  #moveSome(from: number, to: number): void {
    const share = this.#random()
    const seqs = [...this.ledger.owed(from)].filter(() => this.#random() < share)
    this.reassign(seqs, from, to, this.#random() < 0.5)
  }

  #adoptOrphans(open: number[]): void {
    for (const seq of this.orphans) if (!this.ledger.has(seq)) this.adopt([seq], this.#pick(open))
    this.orphans = []
  }

  #pick(routes: number[]): number {
    return routes[Math.floor(this.#random() * routes.length)]!
  }

  /** A whole number, both ends included. */
  #between(low: number, high: number): number {
    return low + Math.floor(this.#random() * (high - low + 1))
  }
}
