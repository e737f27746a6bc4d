import { MinHeap } from './min-heap.ts'

/** A graph that is looked at against the direction of its links. */
export interface BackwardGraph {
  /** The nodes from which links lead to the goal, with their costs: finite and not negative. */
  last: Iterable<readonly [node: string, cost: number]>
  /** The nodes from which links lead to a node, with the costs of the links. */
  linksTo(node: string): Iterable<readonly [from: string, cost: number]>
  /** What it costs to pass through a node. */
  passing(node: string): number
}

/**
 * Finds out, going from the goal, what is the least to pay from nodes near it to the goal, until the links of `most`
 * nodes were looked at. Returns a function that gives this for each node, behind the node itself; for nodes farther away
 * it gives the least that they can cost. So what it gives is never too much, and no link or node costs less than the
 * difference between its ends. `onLook` is told of each node whose links were looked at.
 */
export function leastCosts(
  graph: BackwardGraph,
  most: number,
  onLook: (node: string) => void
): (node: string) => number {
  const costs = new Map<string, number>()
  const settled = new Set<string>()
  const queue = new MinHeap<string>()
  const offer = (node: string, cost: number): void => {
    if (cost >= (costs.get(node) ?? Number.POSITIVE_INFINITY)) return
    costs.set(node, cost)
    queue.push(cost, node)
  }
  for (const [node, cost] of graph.last) offer(node, cost)
  let atLeast = 0
  for (let node = queue.pop(); node !== undefined; node = queue.pop()) {
    if (settled.has(node)) continue
    atLeast = costs.get(node)!
    if (settled.size >= most) break
    settled.add(node)
    onLook(node)
    const passing = graph.passing(node)
    for (const [from, cost] of graph.linksTo(node))
      if (!settled.has(from)) offer(from, atLeast + passing + cost)
  }
  return node => Math.min(atLeast, costs.get(node) ?? Number.POSITIVE_INFINITY)
}
