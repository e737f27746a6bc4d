/**
 * A flow network whose arcs all have capacity one, for minimum-cost flows: each `augment` adds one unit along the
 * cheapest way that is left, taking back earlier choices where that is cheaper.
 */
export class FlowNetwork {
  readonly #arcsOf: number[][] = []
  // Arc i and its reverse i ^ 1 stand side by side; an arc's residual capacity is free (1) or used (0).
  readonly #heads: number[] = []
  readonly #costs: number[] = []
  readonly #free: number[] = []
  readonly #potentials: number[] = []

  /** Adds an arc of cost >= 0 and returns its id. Nodes are small whole numbers. */
  addArc(from: number, to: number, cost: number): number {
    const arc = this.#heads.length
    this.#heads.push(to, from)
    this.#costs.push(cost, -cost)
    this.#free.push(1, 0)
    this.#node(from).push(arc)
    this.#node(to).push(arc + 1)
    return arc
  }

  carriesFlow(arc: number): boolean {
    return this.#free[arc] === 0
  }

  /** Sends one more unit from `from` to `to` at least cost; false when there is no way left. */
  augment(from: number, to: number): boolean {
    const { distances, arrivals } = this.#cheapest(from, to)
    const total = distances.get(to)
    if (total === undefined) return false
    for (let node = 0; node < this.#arcsOf.length; node++) {
      this.#potentials[node] = this.#potential(node) + Math.min(distances.get(node) ?? total, total)
    }
    for (let node = to; node !== from; ) {
      const arc = arrivals.get(node)!
      this.#free[arc] = 0
      this.#free[arc ^ 1] = 1
      node = this.#heads[arc ^ 1]!
    }
    return true
  }

  /** Returns the nodes that one more unit could reach from `from`. */
  residualReach(from: number): Set<number> {
    const reached = new Set([from])
    for (const node of reached) {
      for (const arc of this.#node(node)) if (this.#free[arc] === 1) reached.add(this.#heads[arc]!)
    }
    return reached
  }

  /** Dijkstra over residual arcs at reduced costs, ended when `to` is settled. */
  #cheapest(from: number, to: number) {
    const distances = new Map([[from, 0]])
    const arrivals = new Map<number, number>()
    const settled = new Set<number>()
    const queue = new MinHeap()
    queue.push(0, from)
    for (let node = queue.pop(); node !== undefined; node = queue.pop()) {
      if (settled.has(node)) continue
      settled.add(node)
      if (node === to) break
      const distance = distances.get(node)!
      for (const arc of this.#node(node)) {
        const head = this.#heads[arc]!
        if (this.#free[arc] === 0 || settled.has(head)) continue
        // Rounding may leave a reduced cost a hair under zero.
        const reduced = Math.max(0, this.#costs[arc]! + this.#potential(node) - this.#potential(head))
        if (distance + reduced >= (distances.get(head) ?? Number.POSITIVE_INFINITY)) continue
        distances.set(head, distance + reduced)
        arrivals.set(head, arc)
        queue.push(distance + reduced, head)
      }
    }
    return { distances, arrivals }
  }

  #node(node: number): number[] {
    this.#arcsOf[node] ??= []
    return this.#arcsOf[node]
  }

  #potential(node: number): number {
    return this.#potentials[node] ?? 0
  }
}

class MinHeap {
  readonly #entries: { key: number; node: number }[] = []

  push(key: number, node: number): void {
    const entries = this.#entries
    let at = entries.push({ key, node }) - 1
    while (at > 0) {
      const parent = (at - 1) >> 1
      if (entries[parent]!.key <= key) break
      entries[at] = entries[parent]!
      at = parent
    }
    entries[at] = { key, node }
  }

  pop(): number | undefined {
    const entries = this.#entries
    const top = entries[0]
    const last = entries.pop()
    if (top === undefined || last === undefined) return undefined
    if (entries.length > 0) this.#sink(last)
    return top.node
  }

  #sink(entry: { key: number; node: number }): void {
    const entries = this.#entries
    let at = 0
    for (;;) {
      let child = 2 * at + 1
      if (child >= entries.length) break
      if (child + 1 < entries.length && entries[child + 1]!.key < entries[child]!.key) child++
      if (entries[child]!.key >= entry.key) break
      entries[at] = entries[child]!
      at = child
    }
    entries[at] = entry
  }
}
