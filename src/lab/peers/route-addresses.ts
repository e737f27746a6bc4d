import type { TopologyPath } from '../capacity.ts'
import type { Topology } from '../topology.ts'
import { routeLine } from '../wiring.ts'

/** The source's own address on the given route. */
export const sourceAddress = (route: number) => `10.1.${route}.1`
/** The client's own address on the given route. */
export const clientAddress = (route: number) => `10.1.${route}.2`

/**
 * Lines of `ip` for each node that give source and client one address for each path, between which packets go along that
 * path alone, there and back: for what is to use a route without relays that know of it.
 */
export function routeAddressLines(topology: Topology, paths: TopologyPath[]): Map<string, string[]> {
  const lines = new Map<string, string[]>()
  const add = (node: string, line: string) => lines.set(node, [...(lines.get(node) ?? []), line])
  paths.forEach(({ nodes, hops }, route) => {
    nodes.forEach((node, index) => {
      const own =
        index === 0 ? sourceAddress(route) : index === nodes.length - 1 ? clientAddress(route) : undefined
      if (own !== undefined) add(node, `addr replace ${own}/32 dev lo`)
      if (index < nodes.length - 1) {
        add(node, routeLine(topology, nodes[index + 1]!, hops[index]!.link, clientAddress(route), own))
      }
      if (index > 0) {
        add(node, routeLine(topology, nodes[index - 1]!, hops[index - 1]!.link, sourceAddress(route), own))
      }
    })
  })
  return lines
}
