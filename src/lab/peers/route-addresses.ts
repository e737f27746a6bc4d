import { ConfigurationError } from '../../errors.ts'
import type { Hop, TopologyPath } from '../../topology/paths.ts'
import type { Topology } from '../../topology/topology.ts'
import { routeLine } from '../routing.ts'

/** The source's own address on the given route. */
export const sourceAddress = (route: number) => `10.1.${route}.1`
/** The client's own address on the given route. */
export const clientAddress = (route: number) => `10.1.${route}.2`

const at = (ip: string) => ({ family: 4 as const, ip })

/**
 * Lines of `ip` for each node that give source and client one address for each path. Packets
 * between the two addresses of a path go along that path alone, in both directions. The addresses
 * serve means that use a route without relays that know of it. Throws ConfigurationError where a
 * path passes a router twice, as the router then cannot tell by the address where to send a packet
 * on.
 */
export function routeAddressLines(topology: Topology, paths: TopologyPath[]): Map<string, string[]> {
  const lines = new Map<string, string[]>()
  const add = (node: string, line: string) => lines.set(node, [...(lines.get(node) ?? []), line])
  paths.forEach(({ nodes: [first], legs }, route) => {
    const hops = legs.flat()
    const nodes = nodesAlong(topology, first!, hops)
    const twice = nodes.find((node, index) => nodes.indexOf(node) < index)
    if (twice !== undefined)
      throw new ConfigurationError(
        `packets of one route pass ${twice} twice, which iperf3, mptcp and srt cannot do: leave them out by --no-limits and --with`
      )
    nodes.forEach((node, index) => {
      const own =
        index === 0 ? sourceAddress(route) : index === nodes.length - 1 ? clientAddress(route) : undefined
      const source = own === undefined ? [] : [`src ${own}`]
      if (own !== undefined) add(node, `addr replace ${own}/32 dev lo`)
      if (index < nodes.length - 1) {
        add(node, routeLine(topology, nodes[index + 1]!, hops[index]!.link, at(clientAddress(route)), source))
      }
      if (index > 0) {
        add(
          node,
          routeLine(topology, nodes[index - 1]!, hops[index - 1]!.link, at(sourceAddress(route)), source)
        )
      }
    })
  })
  return lines
}

/** All nodes along the hops, routers among them. */
function nodesAlong(topology: Topology, from: string, hops: Hop[]): string[] {
  return [
    from,
    ...hops.map(({ link, direction }) => topology.links[link]!.endpoints[direction === 'down' ? 1 : 0])
  ]
}
