import { MinHeap } from './min-heap.ts'

/** A network that can be looked at from both ends. */
export interface Surroundings {
  /** The nodes at which paths may begin. */
  sources: readonly string[]
  /** The relays from which links lead to the client, with their costs: finite and not negative. */
  last: readonly (readonly [relay: string, cost: number])[]
  /** The relays linked to a node, over links that may be used both ways; with `among`, only those of them. */
  beside(node: string, among?: ReadonlyMap<string, unknown>): Iterable<string>
  /** The cost of a link. */
  cost(from: string, to: string): number
  /** What it costs to pass through a relay. */
  passing(relay: string): number
}

/** Relays near the client whose links are looked at, besides those from which links lead there. */
const NEAR = 24
/** Relays that the client can reach whose links are looked at: the nearest. */
const MOST_LAST = 64
/** Relays beside the sources whose links are looked at: the nearest. */
const MOST_FIRST = 64
/** Ways that are taken for each path that is wanted. */
const WAYS_PER_PATH = 8
/** The same of those that begin with one relay. */
const WAYS_PER_FIRST = 4

/** The way from a relay to the client. */
interface Behind {
  cost: number
  next: string | undefined
  /** The relay at its end. */
  last: string
}

/** A way from a source to the client: over its first relay, then over one that the look from the client came to. */
interface Way {
  first: string
  met: string
  cost: number
  last: string
}

/**
 * Returns relays over which `wanted` disjoint paths of little cost most likely lead: those of the cheapest ways, of which
 * only some may begin or end with the same relay. It looks at the links of so many nodes at most, however large the network
 * is: from the client it goes as far as `NEAR` allows, and from each source over one relay to where it meets that.
 */
export function likelyRelays(network: Surroundings, wanted: number): Set<string> {
  const behind = lookFromClient(network)
  const likely = new Set<string>()
  const most = WAYS_PER_PATH * wanted
  const perLast = Math.max(WAYS_PER_FIRST, 2 * Math.ceil(most / Math.max(1, network.last.length)))
  const ofFirst = new Map<string, number>()
  const ofLast = new Map<string, number>()
  let taken = 0
  for (const { first, met, last } of waysOf(network, behind)) {
    if (taken === most) break
    const [before, after] = [ofFirst.get(first) ?? 0, ofLast.get(last) ?? 0]
    if (before >= WAYS_PER_FIRST || after >= perLast) continue
    ofFirst.set(first, before + 1)
    ofLast.set(last, after + 1)
    taken++
    likely.add(first)
    for (let relay: string | undefined = met; relay !== undefined; relay = behind.get(relay)!.next)
      likely.add(relay)
  }
  return likely
}

/** Dijkstra against the links. What is known of relays at the rim is a way as well, though there may be a cheaper one. */
function lookFromClient(network: Surroundings): Map<string, Behind> {
  const behind = new Map<string, Behind>()
  const queue = new MinHeap<string>()
  const offer = (relay: string, way: Behind): void => {
    const known = behind.get(relay)
    if (known && known.cost <= way.cost) return
    behind.set(relay, way)
    queue.push(way.cost, relay)
  }
  for (const [relay, cost] of network.last) offer(relay, { cost, next: undefined, last: relay })
  const settled = new Set<string>()
  let left = NEAR + Math.min(MOST_LAST, network.last.length)
  for (let relay = queue.pop(); relay !== undefined && left > 0; relay = queue.pop()) {
    if (settled.has(relay)) continue
    settled.add(relay)
    left--
    const { cost, last } = behind.get(relay)!
    const onward = cost + network.passing(relay)
    for (const from of network.beside(relay))
      if (!settled.has(from)) offer(from, { cost: onward + network.cost(from, relay), next: relay, last })
  }
  return behind
}

/** The ways on which a look from the sources meets that from the client, the cheapest first. */
function waysOf(network: Surroundings, behind: ReadonlyMap<string, Behind>): Way[] {
  const firstCosts = new Map<string, number>()
  for (const source of network.sources) {
    for (const relay of network.beside(source)) {
      const cost = network.cost(source, relay) + network.passing(relay)
      if (cost < (firstCosts.get(relay) ?? Number.POSITIVE_INFINITY)) firstCosts.set(relay, cost)
    }
  }
  const ways: Way[] = []
  for (const [relay, cost] of firstCosts) {
    const met = behind.get(relay)
    if (met) ways.push({ first: relay, met: relay, cost: cost + met.cost, last: met.last })
  }
  for (const [first, firstCost] of nearest(firstCosts, MOST_FIRST)) {
    for (const met of network.beside(first, behind)) {
      const { cost, last } = behind.get(met)!
      const onward = firstCost + network.cost(first, met) + network.passing(met)
      ways.push({ first, met, cost: onward + cost, last })
    }
  }
  return ways.sort((a, b) => a.cost - b.cost)
}

function nearest(costs: ReadonlyMap<string, number>, most: number): (readonly [string, number])[] {
  return [...costs].sort((a, b) => a[1] - b[1]).slice(0, most)
}
