import type { PathEdge, PathGraph } from '../paths/disjoint-paths.ts'
import { leastCosts } from '../paths/least-costs.ts'
import { likelyRelays } from '../paths/likely-relays.ts'
import type { DirectRoutes } from '../protocol/director-messages.ts'
import { hasAddressFor, type Standpoint } from './addresses-for.ts'
import { ROUTE_COSTS } from './limits.ts'
import { type Link, roundTripFrom } from './link-table.ts'
import type { ReadonlyRegistry, RegisteredNode } from './registry.ts'
import { type Draw, drawRelays } from './relay-draw.ts'

/** The client's node in the graph: no peer id has this form. */
export const CLIENT = '(client)'

/**
 * Relays near a client that names those which it can reach, whose links are looked at before a search begins: it then goes
 * straight there.
 */
const RELAYS_LOOKED_AT_FIRST = 48

/** Nodes up to which the whole network is looked at for what the routes of a client share that names its relays. */
const SMALL_NETWORK = 64

/** Relays of one network among which an answer chooses. */
const MAX_RELAYS_OF_NETWORK = 8

/** Nodes to which a look at links is limited. */
type Among = ReadonlyMap<string, unknown>

export interface ReachableRelay {
  peerId: string
  rttMs?: number
}

/** A query as far as it says over which nodes and links its routes may go. */
export interface RouteLimits {
  /** The only relays that the client can reach; absent: it can reach all that are not restricted. */
  neighbors?: readonly ReachableRelay[]
  /** Routes that the asker uses already. */
  held?: readonly { readonly relays: readonly string[] }[]
  /** True where routes may go over relays of one network or operator. Default: false. */
  sameNetwork?: boolean
  /** Whether routes may go straight to a source that has an address for the client, or have to. Default: never. */
  direct?: DirectRoutes
  /** Where the client stands: its routes begin at relays that have an address for it. */
  asker: Standpoint
  /** The draw among the relays of each source that has more; absent: all count alike. */
  draw?: Draw
}

/**
 * The relays over which the routes of one answer may go, with their links and costs. Of a large network
 * most is never asked for: each part is looked up when a search comes to it, and then kept.
 */
export class RouteGraph implements PathGraph {
  readonly leastLastCost: number
  readonly leastRelayCost = ROUTE_COSTS.relayPenaltyMs
  readonly #registry: ReadonlyRegistry
  readonly #query: RouteLimits
  readonly #nowMs: number
  readonly #reachable: ReadonlyMap<string, ReachableRelay> | undefined
  readonly #named: ReadonlySet<string>
  readonly #links = new Map<string, readonly PathEdge[]>()
  readonly #relays = new Map<string, RegisteredNode | undefined>()
  readonly #relayCosts = new Map<string, number>()
  #hasSeenAll = false
  #leastBehind: ((relay: string) => number) | undefined
  readonly #lookedAtFirst = new Set<string>()
  /** By network: those of its relays among which the answer chooses. */
  readonly #chosen = new Map<string, ReadonlySet<string>>()

  constructor(registry: ReadonlyRegistry, query: RouteLimits, nowMs: number) {
    this.#registry = registry
    this.#query = query
    this.#nowMs = nowMs
    const { neighbors, held = [] } = query
    this.#reachable = neighbors && new Map(neighbors.map(neighbor => [neighbor.peerId, neighbor]))
    this.#named = new Set([...held.flatMap(({ relays }) => relays), ...(this.#reachable?.keys() ?? [])])
    this.leastLastCost = Math.min(ROUTE_COSTS.unknownClientRttMs, ...(neighbors?.map(lastCostMs) ?? []))
  }

  /** Whether the network is too large for one query to look at all of it. */
  get isLarge(): boolean {
    return this.#registry.nodeCount > SMALL_NETWORK
  }

  /** The number of relays that the client can reach where it names them; undefined where that says nothing, and in a small network. */
  get mostPaths(): number | undefined {
    const { direct = 'never' } = this.#query
    if (!this.#reachable || direct !== 'never' || !this.isLarge) return undefined
    return this.#lastLinks().length
  }

  /** See PathGraph. Known better where the client names its relays: searches from a source would go in all directions. */
  leastBehind(relay: string): number {
    if (!this.#reachable || this.#reachable.size === 0) return this.leastLastCost
    this.#leastBehind ??= this.#lookFromClient()
    return this.#leastBehind(relay)
  }

  /**
   * The part of the graph over which `count` routes from these sources most likely lead; undefined where the client does
   * not name its relays, and in a small network.
   */
  likelyPart(sources: readonly string[], count: number): PathGraph | undefined {
    if (this.mostPaths === undefined) return undefined
    const last = this.#lastLinks()
    const look = (node: string, among?: Among) => {
      this.#lookedAtFirst.add(node)
      return this.#costsFrom(node, among)
    }
    const passing = (relay: string) => this.relayCost(relay)
    const linksTo = (relay: string, among?: Among) => {
      this.#lookedAtFirst.add(relay)
      return this.#costsTo(relay, among)
    }
    const found = likelyRelays({ sources, last, linksFrom: look, linksTo, passing }, count)
    const { held = [] } = this.#query
    const ids = [...found, ...held.flatMap(({ relays }) => relays)]
    const part = new Map(ids.filter(id => this.relay(id)).map(id => [id, this.relay(id)]))
    const known = new Map<string, readonly PathEdge[]>()
    const linksFrom = (from: string) => {
      const links = known.get(from) ?? [
        ...look(from, part).map(([to, cost]) => ({ from, to, cost })),
        ...(part.has(from) ? this.#lastLink(from) : [])
      ]
      known.set(from, links)
      return links
    }
    const ends = last.filter(([relay]) => part.has(relay))
    const behind = { last: ends, linksTo: (relay: string) => linksTo(relay, part), passing }
    const leastBehind = leastCosts(behind, part.size, () => {})
    return { linksFrom, leastBehind, leastLastCost: this.leastLastCost, leastRelayCost: this.leastRelayCost }
  }

  /** The links over which routes lead from a source or relay towards the client, those straight to it included. */
  linksFrom(from: string): readonly PathEdge[] {
    const known = this.#links.get(from)
    if (known) return known
    const links = this.relay(from) ? this.#linksFromRelay(from) : this.#linksFromSource(from)
    this.#links.set(from, links)
    return links
  }

  /** The relay; undefined where no route may go over it. */
  relay(peerId: string): RegisteredNode | undefined {
    if (this.#relays.has(peerId)) return this.#relays.get(peerId)
    const node = this.#registry.node(peerId)
    const relay = node && this.#isUsable(node) ? node : undefined
    this.#relays.set(peerId, relay)
    return relay
  }

  relayCost(peerId: string): number {
    const known = this.#relayCosts.get(peerId)
    if (known !== undefined) return known
    const costMs = this.#passingCostMs(this.#registry.node(peerId)!)
    this.#relayCosts.set(peerId, costMs)
    return costMs
  }

  /** The cost of one link; undefined where there is none. */
  linkCost(from: string, to: string): number | undefined {
    if (!this.#links.has(from) && this.relay(from)) return this.#relayLinkCost(from, to)
    return this.linksFrom(from).find(link => link.to === to)?.cost
  }

  /**
   * The nodes whose links were looked at, the relays of routes in use, and the networks among whose relays
   * was chosen; undefined where all nodes were looked at.
   */
  get lookedAt(): string[] | undefined {
    if (this.#hasSeenAll) return undefined
    const { held = [] } = this.#query
    return [
      ...this.#links.keys(),
      ...this.#lookedAtFirst,
      ...held.flatMap(({ relays }) => relays),
      ...this.#chosen.keys()
    ]
  }

  get hasRelays(): boolean {
    this.#hasSeenAll = true
    return this.#registry.offeredNodes().some(({ peerId }) => this.relay(peerId))
  }

  get hasLinksToClient(): boolean {
    this.#hasSeenAll = true
    const ids = this.#reachable?.keys() ?? this.#registry.offeredNodes().map(({ peerId }) => peerId)
    return [...ids].some(peerId => this.relay(peerId) && this.#lastLink(peerId).length > 0)
  }

  /** The same without a look at all links of the relay. */
  #relayLinkCost(from: string, to: string): number | undefined {
    this.#lookedAtFirst.add(from)
    if (to === CLIENT) return this.#lastLink(from)[0]?.cost
    return this.#costsFrom(from, new Map([[to, to]]))[0]?.[1]
  }

  #linksFromSource(source: string): PathEdge[] {
    const { direct = 'never', asker } = this.#query
    const isStraight = direct !== 'never' && hasAddressFor(asker, this.#registry.node(source)!.whereabouts)
    const straight = { from: source, to: CLIENT, cost: ROUTE_COSTS.unknownClientRttMs }
    return [
      ...(isStraight ? [straight] : []),
      ...(direct === 'only' ? [] : this.#drawnFirst(this.#linksToRelays(source)))
    ]
  }

  /** Relays that are not drawn cost so much more that routes go over them only where they are the last that lead anywhere. */
  #drawnFirst(links: PathEdge[]): PathEdge[] {
    const { draw } = this.#query
    if (draw === undefined || links.length <= draw.count) return links
    const drawn = drawRelays(
      links.map(({ to }) => this.relay(to)!),
      draw
    )
    return links.map(link => {
      const counts = drawn.has(link.to) || this.#named.has(link.to)
      return counts ? link : { ...link, cost: link.cost + ROUTE_COSTS.undrawnPenaltyMs }
    })
  }

  #linksFromRelay(relay: string): PathEdge[] {
    return [...this.#linksToRelays(relay), ...this.#lastLink(relay)]
  }

  #linksToRelays(from: string): PathEdge[] {
    return this.#costsFrom(from).map(([to, cost]) => ({ from, to, cost }))
  }

  /** The relays to which links lead from a node, with the costs of the links; with `among`, only those of them. */
  #costsFrom(from: string, among?: Among): [to: string, costMs: number][] {
    const costs: [string, number][] = []
    for (const [to, link] of this.#registry.linksOf(from, among))
      if (this.relay(to)) costs.push([to, linkCostMs(from, link)])
    return costs
  }

  /** The relays from which links lead to a relay. */
  #costsTo(to: string, among?: Among): [from: string, costMs: number][] {
    const costs: [string, number][] = []
    for (const [from, link] of this.#registry.linksOf(to, among))
      if (this.relay(from)) costs.push([from, linkCostMs(from, link)])
    return costs
  }

  /** The relays that the client can reach of those that it names, with the costs of the links to it. */
  #lastLinks(): (readonly [relay: string, cost: number])[] {
    const named = [...(this.#reachable?.keys() ?? [])].filter(peerId => this.relay(peerId))
    return named.flatMap(peerId => this.#lastLink(peerId).map(({ cost }) => [peerId, cost] as const))
  }

  #lookFromClient(): (relay: string) => number {
    const last = this.#lastLinks()
    return leastCosts(
      {
        last,
        linksTo: to => this.#costsTo(to),
        passing: relay => this.relayCost(relay)
      },
      last.length + RELAYS_LOOKED_AT_FIRST,
      relay => this.#lookedAtFirst.add(relay)
    )
  }

  /** The link from a relay to the client, if there is one. */
  #lastLink(peerId: string): PathEdge[] {
    const { restricted, whereabouts } = this.relay(peerId)!
    const told = this.#reachable ? this.#reachable.get(peerId) : { peerId }
    if (told === undefined || restricted || !hasAddressFor(this.#query.asker, whereabouts)) return []
    return [{ from: peerId, to: CLIENT, cost: lastCostMs(told) }]
  }

  #isUsable(node: RegisteredNode): boolean {
    return node.role === 'relay' && !node.draining && this.#registry.isOffered(node) && this.#isOfChosen(node)
  }

  /**
   * Few relays of each network count, as only one route of an answer goes over them: those first that
   * the client uses or can reach, then those that cost least.
   */
  #isOfChosen({ peerId, network }: RegisteredNode): boolean {
    if (network === undefined || this.#query.sameNetwork) return true
    const chosen = this.#chosen.get(network) ?? this.#chooseOf(network)
    this.#chosen.set(network, chosen)
    return chosen.has(peerId)
  }

  #chooseOf(network: string): ReadonlySet<string> {
    const relays = this.#registry
      .nodesOf(network)
      .filter(node => node.role === 'relay' && !node.draining && this.#registry.isOffered(node))
    if (relays.length > MAX_RELAYS_OF_NETWORK) {
      const costs = new Map(relays.map(relay => [relay, this.#passingCostMs(relay)]))
      const isNamed = ({ peerId }: RegisteredNode) => Number(this.#named.has(peerId))
      relays.sort((a, b) => isNamed(b) - isNamed(a) || costs.get(a)! - costs.get(b)!)
    }
    return new Set(relays.slice(0, MAX_RELAYS_OF_NETWORK).map(({ peerId }) => peerId))
  }

  #passingCostMs({ peerId, load }: RegisteredNode): number {
    const { relayPenaltyMs, fullLoadPenaltyMs, complaintPenaltyMs } = ROUTE_COSTS
    const { blame } = this.#registry.standingOf(peerId, this.#nowMs)
    return relayPenaltyMs + load * fullLoadPenaltyMs + blame * complaintPenaltyMs
  }
}

/** The same graph without some of its links. */
export function without(graph: PathGraph, isLeftOut: (link: PathEdge) => boolean): PathGraph {
  const { leastLastCost, leastRelayCost } = graph
  const linksFrom = (node: string) => graph.linksFrom(node).filter(link => !isLeftOut(link))
  const leastBehind = (relay: string) => graph.leastBehind?.(relay) ?? leastLastCost ?? 0
  return { linksFrom, leastLastCost, leastRelayCost, leastBehind }
}

function linkCostMs(from: string, link: Link): number {
  const { rttMs, isMeasured } = roundTripFrom(from, link)
  return isMeasured ? rttMs : Math.max(rttMs, ROUTE_COSTS.unconfirmedRttMs)
}

function lastCostMs({ rttMs }: ReachableRelay): number {
  return rttMs ?? ROUTE_COSTS.unknownClientRttMs
}
