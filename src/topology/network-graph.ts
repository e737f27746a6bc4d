import type { FlowGraph } from './flow-graph.ts'
import { carries, type NetworkNow } from './timeline.ts'
import { mayGoStraight, PAYLOAD_SHARE, type Topology } from './topology.ts'

/** Rate of a link without a rate limit, in bytes a second: more than any machine emulates. */
const UNLIMITED_BYTES_PER_SECOND = 125e9

/** What the nodes at the ends of routes do, by their names. */
export interface Ends {
  /** Content begins here, as much as is wanted. */
  givers: ReadonlySet<string>
  /** Content ends here. */
  takers: ReadonlySet<string>
  /** Clients that lead content on, as a relay does. */
  passers: ReadonlySet<string>
}

/** One network of several in a graph. */
export interface NetworkPlace {
  /** Whether content has to pass a relay. */
  overRelays: boolean
  /** What tells the network's nodes from those of others. Default: nothing. */
  prefix?: string
  /** For how long it carries, in seconds. Default: 1. */
  seconds?: number
}

/**
 * Which cuts bound what a network carries: the one without regard to relays, and where content may not go straight that
 * over relays, too.
 */
export function cutsOf(topology: Topology): boolean[] {
  return mayGoStraight(topology) ? [false] : [true, false]
}

/** What tells states of a network apart in which it carries different amounts. */
export function stateKey({ links, stopped, constant }: NetworkNow): string {
  const rates = links.map(l => `${carries(l)} ${l.down.rateBytesPerSecond} ${l.up.rateBytesPerSecond}`)
  const taken = constant.taken.map(({ down, up }) => `${down} ${up}`)
  return rates.join() + [...stopped].join() + taken.join()
}

/**
 * Adds the network in this state to a graph: what all give comes from `all`, and what a client takes goes to
 * `NAME wants`. Content that has passed no relay yet is kept apart with `overRelays` from content that has, and only the
 * latter may reach a client.
 */
export function addNetwork(
  graph: FlowGraph,
  topology: Topology,
  now: NetworkNow,
  ends: Ends,
  { overRelays, prefix = '', seconds = 1 }: NetworkPlace
): void {
  const roles = new Map(topology.nodes.map(({ name, role }) => [name, role]))
  const isEnd = (name: string) => ['source', 'client'].includes(roles.get(name)!)
  const add = (from: string, to: string, rate = UNLIMITED_BYTES_PER_SECOND) =>
    graph.add(from, to, rate * seconds)
  const copiesOf = (name: string) =>
    overRelays && roles.get(name) === 'router' ? ['before', 'after'] : ['after']
  for (const { name, role, maxRateBytesPerSecond } of topology.nodes) {
    if (role === 'director' || now.stopped.has(name)) continue
    if (ends.givers.has(name)) add('all', `${prefix}${name} after out`)
    if (ends.takers.has(name)) add(`${prefix}${name} after in`, `${name} wants`)
    if (isEnd(name) && !ends.passers.has(name)) continue
    for (const copy of copiesOf(name))
      add(`${prefix}${name} ${copy} in`, `${prefix}${name} ${copy} out`, maxRateBytesPerSecond)
  }
  const join = (from: string, to: string, rate = UNLIMITED_BYTES_PER_SECOND) => {
    for (const copy of copiesOf(from)) {
      const isBefore = overRelays && (copy === 'before' || isEnd(from))
      if (isBefore && roles.get(to) === 'client') continue
      const toCopy = isBefore && roles.get(to) === 'router' ? 'before' : 'after'
      add(`${prefix}${from} ${copy} out`, `${prefix}${to} ${toCopy} in`, rate * PAYLOAD_SHARE)
    }
  }
  topology.links.forEach(({ endpoints: [a, b] }, index) => {
    const { down, up } = now.links[index]!
    const taken = now.constant.taken[index]!
    if (!carries(now.links[index]!)) return
    join(a, b, (down.rateBytesPerSecond ?? UNLIMITED_BYTES_PER_SECOND) - taken.down)
    join(b, a, (up.rateBytesPerSecond ?? UNLIMITED_BYTES_PER_SECOND) - taken.up)
  })
}
