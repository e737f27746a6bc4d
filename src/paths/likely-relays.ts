import { MinHeap } from './min-heap.ts'

/** A network that can be looked at from both ends. */
export interface Surroundings {
  /** The nodes at which paths may begin. */
  sources: readonly string[]
  /** The relays from which links lead to the client, with their costs: finite and not negative. */
  last: readonly (readonly [relay: string, cost: number])[]
  /** The relays to which links lead from a node, with the costs of the links; with `among`, only those of them. */
  linksFrom(node: string, among?: ReadonlyMap<string, unknown>): Iterable<readonly [to: string, cost: number]>
  /** The relays from which links lead to a relay, with the costs of the links; with `among`, only those of them. */
  linksTo(
    relay: string,
    among?: ReadonlyMap<string, unknown>
  ): Iterable<readonly [from: string, cost: number]>
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
/** The least that is taken of those that end with one relay, where there are not many such relays. */
const WAYS_PER_LAST = 2

/** The way from a relay to the client. */
interface Behind {
  cost: number
  next: string | undefined
  /** The relay at its end. */
  last: string
}

/** A way from a source to the client. */
interface Way {
  first: string
  last: string
  cost: number
  /** Its relays; those behind `met` are known by `Behind`. */
  relays: readonly string[]
  met?: string
}

/**
 * Returns relays over which `wanted` disjoint paths of little cost most likely lead: those of the cheapest ways, of which
 * only some may begin or end with the same relay. It looks at the links of so many nodes at most, however large the network
 * is: from the client it goes as far as `NEAR` allows, and from each source over one relay to where it meets that.
 */
export function likelyRelays(network: Surroundings, wanted: number): Set<string> {
  const behind = lookFromClient(network)
  const firstCosts = costsOfFirst(network)
  const likely = new Set<string>()
  const most = WAYS_PER_PATH * wanted
  const perLast = Math.max(WAYS_PER_FIRST, 2 * Math.ceil(most / Math.max(1, network.last.length)))
  const ofFirst = new Map<string, number>()
  const ofLast = new Map<string, number>()
  const take = ({ first, last, relays, met }: Way): boolean => {
    const [before, after] = [ofFirst.get(first) ?? 0, ofLast.get(last) ?? 0]
    if (before >= WAYS_PER_FIRST || after >= perLast) return false
    ofFirst.set(first, before + 1)
    ofLast.set(last, after + 1)
    for (const relay of relays) likely.add(relay)
    for (let relay = met; relay !== undefined; relay = behind.get(relay)!.next) likely.add(relay)
    return true
  }
  let taken = 0
  for (const way of waysOf(network, behind, firstCosts)) if (taken < most && take(way)) taken++
  // Where there are few relays at the end, none is left out because all ways lead past it.
  if (network.last.length <= wanted * WAYS_PER_LAST)
    for (const [last, cost] of network.last)
      for (const way of waysOver(network, last, cost, firstCosts)) {
        if ((ofLast.get(last) ?? 0) >= WAYS_PER_LAST) break
        take(way)
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
    for (const [from, linkCost] of network.linksTo(relay))
      if (!settled.has(from)) offer(from, { cost: onward + linkCost, next: relay, last })
  }
  return behind
}

/** By the relays to which links lead from the sources: the least cost to come there and pass. */
function costsOfFirst(network: Surroundings): Map<string, number> {
  const firstCosts = new Map<string, number>()
  for (const source of network.sources) {
    for (const [relay, linkCost] of network.linksFrom(source)) {
      const cost = linkCost + network.passing(relay)
      if (cost < (firstCosts.get(relay) ?? Number.POSITIVE_INFINITY)) firstCosts.set(relay, cost)
    }
  }
  return firstCosts
}

/** The ways on which a look from the sources meets that from the client, the cheapest first. */
function waysOf(
  network: Surroundings,
  behind: ReadonlyMap<string, Behind>,
  firstCosts: ReadonlyMap<string, number>
): Way[] {
  const ways: Way[] = []
  for (const [first, cost] of firstCosts) {
    const met = behind.get(first)
    if (met) ways.push({ first, last: met.last, cost: cost + met.cost, relays: [], met: first })
  }
  for (const [first, firstCost] of nearest(firstCosts, MOST_FIRST)) {
    for (const [met, linkCost] of network.linksFrom(first, behind)) {
      const { cost, last } = behind.get(met)!
      ways.push({
        first,
        last,
        cost: firstCost + linkCost + network.passing(met) + cost,
        relays: [first],
        met
      })
    }
  }
  return ways.sort((a, b) => a.cost - b.cost)
}

/** The ways that end with a certain relay, over one other relay or two; those over one come first, each the cheapest first. */
function* waysOver(
  network: Surroundings,
  last: string,
  lastCost: number,
  firstCosts: ReadonlyMap<string, number>
): Generator<Way> {
  const alone = firstCosts.get(last)
  if (alone !== undefined) yield { first: last, last, cost: alone + lastCost, relays: [last] }
  const beside = [...network.linksTo(last)].sort((a, b) => a[1] - b[1])
  for (const [first, cost] of beside) {
    const firstCost = firstCosts.get(first)
    if (firstCost !== undefined)
      yield { first, last, cost: firstCost + cost + lastCost, relays: [first, last] }
  }
  for (const [middle, cost] of beside) {
    const onward = cost + lastCost + network.passing(middle)
    for (const [first, linkCost] of network.linksTo(middle, firstCosts))
      yield { first, last, cost: firstCosts.get(first)! + linkCost + onward, relays: [first, middle, last] }
  }
}

function nearest(costs: ReadonlyMap<string, number>, most: number): (readonly [string, number])[] {
  return [...costs].sort((a, b) => a[1] - b[1]).slice(0, most)
}
