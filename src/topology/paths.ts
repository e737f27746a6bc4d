import { findDisjointPaths, graphOf } from '../paths/disjoint-paths.ts'
import {
  type Direction,
  linksOf,
  mayGoStraight,
  type NodeAddress,
  nodeNamed,
  type Role,
  type Topology
} from './model.ts'

/** A link, passed in one direction. */
export interface Hop {
  link: number
  direction: Direction
}

/** A way that packets take along links, whatever nodes lie on it. */
export interface Way {
  /** Names of all nodes on the way, both ends included. */
  nodes: string[]
  hops: Hop[]
  /** Sum of the links' one-way delays at the start, in ms. */
  delayMs: number
}

/** A way of the content over relays: the nodes that the overlay knows, and the links between them. */
export interface TopologyPath {
  /** Names of the nodes whose roles take part: the source first, the client last. No routers. */
  nodes: string[]
  /** The links between each two of the nodes: several where routers lie between. */
  legs: Hop[][]
  /** Sum of the links' one-way delays at the start, in ms. */
  delayMs: number
}

/**
 * Names of the relays and sources, for a relay also of the clients that serve, to which a node connects: those that it reaches by links
 * and over routers, with no other node between, and with which it has a version of IP in common.
 */
export function neighborsOf(topology: Topology, name: string): string[] {
  const found = new Set<string>([name])
  const queue = [name]
  for (const at of queue) {
    if (at !== name && roleOf(topology, at) !== 'router') continue
    for (const { endpoints } of topology.links) {
      const end = endpoints.indexOf(at)
      const other = end < 0 ? undefined : endpoints[1 - end]!
      if (other === undefined || found.has(other)) continue
      found.add(other)
      queue.push(other)
    }
  }
  const { families, role } = nodeNamed(topology, name)
  return queue.slice(1).filter(node => {
    const other = nodeNamed(topology, node)
    return (
      (['relay', 'source'].includes(other.role) || (role === 'relay' && other.serves)) &&
      other.families.some(family => families.includes(family))
    )
  })
}

/**
 * The way that packets take between two nodes: to a neighbour over links and routers, else the
 * quickest way along any nodes. Each node on it leads packets on in the same way.
 */
export function wayBetween(
  topology: Pick<Topology, 'nodes' | 'links'>,
  from: string,
  to: string
): Way | undefined {
  return wayOverRouters(topology, from, to) ?? quickestWay(topology, from, to, () => true)
}

/**
 * The ways by which a node reaches an address of another one, the one that packets take first: it
 * ends with the link on which the address is, where there is such a way. The others lead over
 * routers only, and each begins with another link, quickest first.
 */
export function waysToAddress(topology: Topology, from: string, to: string, { link }: NodeAddress): Way[] {
  const isLast = (hop: number) => link === undefined || hop === link
  const isRouter = (name: string) => roleOf(topology, name) === 'router'
  const first =
    quickestWay(topology, from, to, isRouter, { isLast }) ??
    quickestWay(topology, from, to, () => true, { isLast }) ??
    wayBetween(topology, from, to)
  if (first === undefined) return []
  const others = linksOf(topology, from)
    .filter(start => start !== first.hops[0]!.link)
    .map(start => quickestWay(topology, from, to, isRouter, { isLast, isFirst: hop => hop === start }))
    .filter(way => way !== undefined)
  return [first, ...others.toSorted((a, b) => a.delayMs - b.delayMs)]
}

/** The quickest way to another node that begins with a link. */
export function wayByLink(topology: Topology, from: string, to: string, link: number): Way | undefined {
  const isFirst = (hop: number) => hop === link
  const isRouter = (name: string) => roleOf(topology, name) === 'router'
  return (
    quickestWay(topology, from, to, isRouter, { isFirst }) ??
    quickestWay(topology, from, to, () => true, { isFirst })
  )
}

/** The links between each two consecutive nodes, whose roles are connected; none where they are not. */
export function legsAlong(topology: Topology, nodes: string[]): Hop[][] {
  return nodes.slice(1).map((node, index) => wayOverRouters(topology, nodes[index]!, node)?.hops ?? [])
}

/**
 * Paths from the sources to a client, by default the first one, that have no relay in common, though perhaps routers and their links:
 * as many as there are, of least total delay, quickest first. A director finds these, and the other
 * means have one connection over each.
 */
export function disjointPaths(topology: Topology, client = nameOf(topology, 'client')): TopologyPath[] {
  const sources = topology.nodes.filter(({ role }) => role === 'source').map(({ name }) => name)
  const areRelaysPassed = topology.client.direct !== 'only'
  const edges = topology.nodes
    .filter(({ name, role }) => name === client || (areRelaysPassed && role === 'relay'))
    .flatMap(({ name: to }) =>
      neighborsOf(topology, to)
        .filter(from => roleOf(topology, from) !== 'client')
        .filter(from => to !== client || mayGoStraight(topology) || !sources.includes(from))
        .map(from => ({ from, to, cost: wayOverRouters(topology, from, to)!.delayMs }))
    )
  const { paths } = findDisjointPaths({
    graph: graphOf(edges),
    sources,
    client,
    count: topology.nodes.length
  })
  return paths.map(({ source, relays, cost }) => {
    const nodes = [source, ...relays.toReversed(), client]
    return { nodes, legs: legsAlong(topology, nodes), delayMs: cost }
  })
}

/** Name of the only node with this role, or of the first source or client. */
export function nameOf(topology: Pick<Topology, 'nodes'>, role: 'source' | 'client' | 'director'): string {
  return topology.nodes.find(node => node.role === role)!.name
}

/** The quickest way between two nodes along links and routers alone; undefined where there is none. */
export function wayOverRouters(
  topology: Pick<Topology, 'nodes' | 'links'>,
  from: string,
  to: string
): Way | undefined {
  return quickestWay(topology, from, to, name => roleOf(topology, name) === 'router')
}

/** Which links may be the first and the last one of a way. */
interface WayEnds {
  isFirst?(link: number): boolean
  isLast?(link: number): boolean
}

/**
 * The way of least total one-way delay along nodes that may be passed; of several the one with
 * fewest hops. Undefined where there is none.
 */
function quickestWay(
  topology: Pick<Topology, 'links'>,
  from: string,
  to: string,
  mayPass: (name: string) => boolean,
  { isFirst = () => true, isLast = () => true }: WayEnds = {}
): Way | undefined {
  const HOP_COST_MS = 1e-6
  const best = new Map<string, Way & { cost: number }>([
    [from, { nodes: [from], hops: [], delayMs: 0, cost: 0 }]
  ])
  const settled = new Set<string>()
  for (;;) {
    const next = [...best.entries()]
      .filter(([name]) => !settled.has(name))
      .toSorted((a, b) => a[1].cost - b[1].cost)[0]
    if (next === undefined) return undefined
    const [name, { cost, ...way }] = next
    if (name === to) return way
    settled.add(name)
    if (name !== from && !mayPass(name)) continue
    topology.links.forEach(({ endpoints, down, up }, link) => {
      const end = endpoints.indexOf(name)
      if (end < 0) return
      const neighbor = endpoints[1 - end]!
      if ((name === from && !isFirst(link)) || (neighbor === to && !isLast(link))) return
      const delayMs = (end === 0 ? down : up).delayMs
      const candidate = cost + delayMs + HOP_COST_MS
      if (candidate >= (best.get(neighbor)?.cost ?? Number.POSITIVE_INFINITY)) return
      best.set(neighbor, {
        nodes: [...way.nodes, neighbor],
        hops: [...way.hops, { link, direction: end === 0 ? 'down' : 'up' }],
        delayMs: way.delayMs + delayMs,
        cost: candidate
      })
    })
  }
}

function roleOf(topology: Pick<Topology, 'nodes'>, name: string): Role {
  return nodeNamed(topology, name).role
}
