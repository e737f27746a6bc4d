import { MinHeap } from './min-heap.ts'

/** What a flow network is told of its nodes when it comes to them. Nodes are small whole numbers. */
export interface FlowNodes {
  /** Adds the arcs that go out from a node; called once, before the first of them could be used. */
  addArcs(from: number): void
  /**
   * The least that can still be to pay from here to the goal. No arc may cost less than the difference
   * between its ends.
   */
  leastLeft(node: number): number
}

/** What searches may still look at together: links; one that is looked at again counts as an eighth. */
export interface SearchBudget {
  linksLeft: number
}

/** Part of a link's price for one that is looked at again: it is in memory by then. */
const AGAIN = 1 / 8

/**
 * A flow network whose arcs all have capacity one, for minimum-cost flows: each `augment` adds one unit along the
 * cheapest way that is left, taking back earlier choices where that is cheaper. It looks no farther than it has to: it
 * never comes to nodes over which a way would cost more than the cheapest one.
 */
export class FlowNetwork {
  readonly #nodes: FlowNodes
  /** By node; undefined where the network has not come to the node. */
  readonly #arcsOf: (number[] | undefined)[] = []
  readonly #isExpanded: boolean[] = []
  // Arc i and its reverse i ^ 1 stand side by side; an arc's residual capacity is free (1) or used (0).
  readonly #heads: number[] = []
  readonly #costs: number[] = []
  readonly #free: number[] = []
  readonly #potentials: (number | undefined)[] = []
  readonly #budget: SearchBudget | undefined

  /** Searches end without a way once the budget is used up. Default: they look at all. */
  constructor(nodes: FlowNodes, budget?: SearchBudget) {
    this.#nodes = nodes
    this.#budget = budget
  }

  /** Whether a search has ended, or the next one will, since nothing more may be looked at. */
  get hasGivenUp(): boolean {
    return this.#budget !== undefined && this.#budget.linksLeft <= 0
  }

  /** Adds an arc of cost >= 0 and returns its id. */
  addArc(from: number, to: number, cost: number): number {
    const arc = this.#heads.length
    this.#heads.push(to, from)
    this.#costs.push(cost, -cost)
    this.#free.push(1, 0)
    this.#known(from).push(arc)
    this.#known(to).push(arc + 1)
    return arc
  }

  carriesFlow(arc: number): boolean {
    return this.#free[arc] === 0
  }

  /** Sends one more unit from `from` to `to` at least cost; false when there is no way left. */
  augment(from: number, to: number): boolean {
    const { distances, settled, arrivals } = this.#cheapest(from, to)
    if (!settled.has(to)) return false
    const total = distances.get(to)!
    // Potentials count from each other only. All others would grow by `total`, so they stay and these shrink.
    for (const node of settled) {
      this.#potentials[node] = this.#potential(node) + Math.min(distances.get(node)!, total) - total
    }
    for (let node = to; node !== from; ) {
      const arc = arrivals.get(node)!
      this.#free[arc] = 0
      this.#free[arc ^ 1] = 1
      node = this.#heads[arc ^ 1]!
    }
    return true
  }

  /** Returns the nodes that one more unit could reach from `from`; no more of them once `until` is among them. */
  residualReach(from: number, until?: number): Set<number> {
    const reached = new Set([from])
    for (const node of reached) {
      if (until !== undefined && reached.has(until)) break
      for (const arc of this.#arcsFrom(node)) if (this.#free[arc] === 1) reached.add(this.#heads[arc]!)
    }
    return reached
  }

  /** Dijkstra over residual arcs at reduced costs, ended when `to` is settled. */
  #cheapest(from: number, to: number) {
    const distances = new Map([[from, 0]])
    const arrivals = new Map<number, number>()
    const settled = new Set<number>()
    const queue = new MinHeap<number>()
    queue.push(0, from)
    for (let node = queue.pop(); node !== undefined; node = queue.pop()) {
      if (settled.has(node)) continue
      if (this.hasGivenUp) break
      settled.add(node)
      if (node === to) break
      const distance = distances.get(node)!
      const potential = this.#potential(node)
      for (const arc of this.#arcsFrom(node)) {
        const head = this.#heads[arc]!
        if (this.#free[arc] === 0 || settled.has(head)) continue
        // Rounding may leave a reduced cost a hair under zero.
        const reduced = Math.max(0, this.#costs[arc]! + potential - this.#potential(head))
        if (distance + reduced >= (distances.get(head) ?? Number.POSITIVE_INFINITY)) continue
        distances.set(head, distance + reduced)
        arrivals.set(head, arc)
        queue.push(distance + reduced, head)
      }
    }
    return { distances, settled, arrivals }
  }

  #arcsFrom(node: number): number[] {
    const isNew = !this.#isExpanded[node]
    if (isNew) {
      this.#isExpanded[node] = true
      this.#nodes.addArcs(node)
    }
    const arcs = this.#known(node)
    if (this.#budget) this.#budget.linksLeft -= arcs.length * (isNew ? 1 : AGAIN)
    return arcs
  }

  #known(node: number): number[] {
    this.#arcsOf[node] ??= []
    return this.#arcsOf[node]
  }

  #potential(node: number): number {
    return this.#potentials[node] ?? -this.#nodes.leastLeft(node)
  }
}
