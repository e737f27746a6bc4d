/** Computes a maximum flow by shortest augmenting paths (Edmonds and Karp). */
export class FlowGraph {
  readonly #residual = new Map<string, Map<string, number>>()

  add(from: string, to: string, capacity: number): void {
    this.#push(from, to, capacity)
    this.#push(to, from, 0)
  }

  maximumFlow(source: string, sink: string): number {
    let total = 0
    for (;;) {
      const path = this.#augmentingPath(source, sink)
      if (path === undefined) return total
      const flow = Math.min(...path.map(([from, to]) => this.#residual.get(from)!.get(to)!))
      for (const [from, to] of path) {
        this.#push(from, to, -flow)
        this.#push(to, from, flow)
      }
      total += flow
    }
  }

  #push(from: string, to: string, capacity: number): void {
    const edges = this.#residual.get(from) ?? new Map<string, number>()
    this.#residual.set(from, edges.set(to, (edges.get(to) ?? 0) + capacity))
  }

  #augmentingPath(source: string, sink: string): [string, string][] | undefined {
    const cameFrom = new Map<string, string>()
    const queue = [source]
    for (const at of queue) {
      for (const [next, capacity] of this.#residual.get(at) ?? []) {
        // Rounding leaves tiny rests of capacity; following them would take for ever.
        if (capacity < 1e-3 || next === source || cameFrom.has(next)) continue
        cameFrom.set(next, at)
        if (next !== sink) queue.push(next)
      }
    }
    if (!cameFrom.has(sink)) return undefined
    const path: [string, string][] = []
    for (let at = sink; at !== source; at = cameFrom.get(at)!) path.unshift([cameFrom.get(at)!, at])
    return path
  }
}
