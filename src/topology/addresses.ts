import { type Family, linksOf, type NodeAddress, type Topology, type TopologyNode } from './model.ts'

type Network = Pick<Topology, 'nodes' | 'links'>
/** A node's `address` as the file has it: of the node, or of each link by the node that it leads to. */
export type WrittenAddresses = string[] | Record<string, string[]>

/**
 * The addresses of a node: those that the file gives, and for each version of IP that it gives none
 * of, one from the lab's own ranges. A client, a node behind a NAT and one whose addresses are given
 * by link have them on each link; any other node has one for all of its links.
 */
export function assignAddresses(network: Network, node: TopologyNode, written?: WrittenAddresses) {
  const links = linksOf(network, node.name)
  const byLink = Array.isArray(written) ? undefined : written
  const isPerLink =
    node.role === 'client' || byLink !== undefined || natsAround(network, node.name).length > 0
  const places = isPerLink ? links : [links.length === 1 ? links[0] : undefined]
  const given = (link: number | undefined): string[] => {
    if (Array.isArray(written)) return link === places[0] ? written : []
    return link === undefined ? [] : (byLink?.[otherEnd(network, link, node.name)] ?? [])
  }
  const found = places.flatMap(link => {
    const own = given(link).map((ip): NodeAddress => ({ family: familyOf(ip), ip, link }))
    const missing = node.families.filter(family => !own.some(address => address.family === family))
    const more = missing.map(
      (family): NodeAddress => ({
        family,
        ip: isPerLink
          ? linkAddress(network, link!, node.name, family)
          : nodeAddress(network, node.name, family),
        link
      })
    )
    return [...own, ...more]
  })
  return found.toSorted((a, b) => a.family - b.family)
}

export function familyOf(ip: string): Family {
  return ip.includes(':') ? 6 : 4
}

/** The other address that a node's interface has after the event `address: change`. */
export function changedAddress(ip: string): string {
  if (familyOf(ip) === 4) return ip.replace(/\d+$/, last => String((Number(last) + 100) % 256))
  return ip.replace(/[0-9a-f]*$/i, last => ((Number.parseInt(last || '0', 16) + 0x100) & 0xffff).toString(16))
}

/** Names of the NATs that a node is behind: its own, and those that these are behind. */
export function natsAround(network: Pick<Topology, 'nodes'>, name: string): string[] {
  const found = [name]
  for (const inner of found) {
    for (const { name: nat, inside } of network.nodes)
      if (inside.includes(inner) && !found.includes(nat)) found.push(nat)
  }
  return found.slice(1)
}

/** Name of the NAT to whose inside a link belongs; undefined for a link of the open network. */
export function natOfLink(network: Network, link: number): string | undefined {
  const { endpoints } = network.links[link]!
  return network.nodes.find(
    ({ name, inside }) => endpoints.includes(name) && endpoints.some(end => inside.includes(end))
  )?.name
}

/** Whether the connections that one node opens reach another, as far as NATs and firewalls go. */
export function acceptsFrom(network: Pick<Topology, 'nodes'>, to: string, from: string): boolean {
  const around = [...natsAround(network, from), from]
  const node = network.nodes.find(({ name }) => name === to)
  return node?.firewall === false && natsAround(network, to).every(nat => around.includes(nat))
}

/** The addresses of a node that another one can connect to: none behind a NAT, and none of a foreign version of IP. */
export function addressesFor(
  network: Pick<Topology, 'nodes'>,
  to: string,
  from: string
): readonly NodeAddress[] {
  if (!acceptsFrom(network, to, from)) return []
  const [target, asker] = [to, from].map(name => network.nodes.find(node => node.name === name)!)
  return target!.addresses.filter(({ family }) => asker!.families.includes(family))
}

/** Whether an IPv4 address is one of those that networks behind NATs use. */
export function isPrivate(ip: string): boolean {
  return /^(10|192\.168|172\.(1[6-9]|2\d|3[01])|100\.(6[4-9]|[7-9]\d|1[01]\d|12[0-7]))\./.test(ip)
}

export function otherEnd(network: Pick<Topology, 'links'>, link: number, name: string): string {
  const [a, b] = network.links[link]!.endpoints
  return a === name ? b : a
}

/** An address of a network of its own: no two nodes seem to be at one provider. */
function nodeAddress({ nodes }: Network, name: string, family: Family): string {
  const number = nodes.findIndex(node => node.name === name) + 1
  return family === 4 ? `5.${number >> 8}.${number & 255}.1` : `2a05:${number.toString(16)}::1`
}

/** An address of the link's network, which is private inside of a NAT. */
function linkAddress(network: Network, link: number, name: string, family: Family): string {
  const host = network.links[link]!.endpoints.indexOf(name) + 1
  if (family === 6) return `2a05:${(0x8000 + link).toString(16)}::${host}`
  if (natOfLink(network, link) !== undefined) return `10.${link >> 8}.${link & 255}.${host}`
  return `5.${128 + (link >> 8)}.${link & 255}.${host}`
}
