import { changedAddress } from '../topology/addresses.ts'
import { linksOf, nodeNamed, type Topology, type TopologyNode } from '../topology/model.ts'
import { nodeDevice } from './wiring.ts'

/**
 * Kernel settings of a NAT: it takes no connection up in the middle, so that one that it has
 * forgotten is lost, and is not strict about what belongs to one that it knows.
 */
export const NAT_SYSCTLS: Record<string, string> = {
  'net.netfilter.nf_conntrack_tcp_loose': '0',
  'net.netfilter.nf_conntrack_tcp_be_liberal': '1'
}

/** Whether any node needs a packet filter. */
export function needsFilters({ nodes }: Pick<Topology, 'nodes'>): boolean {
  return nodes.some(({ inside, firewall }) => inside.length > 0 || firewall)
}

/** Whether any event needs the program that makes a NAT forget its connections. */
export function needsConntrack({ events }: Pick<Topology, 'events'>): boolean {
  return events.some(event => 'node' in event && event.action === 'flush')
}

/** What `nft` reads for a node: nothing where the node filters nothing. */
export function filterText(topology: Topology, node: TopologyNode): string {
  if (node.inside.length > 0) return natText(topology, node)
  return node.firewall ? firewallText() : ''
}

/**
 * The filter of a NAT: what is inside leaves with the NAT's own address, over IPv6 with its own, and
 * whatever nobody inside has asked for is dropped without an answer.
 */
function natText(topology: Topology, { name, inside }: TopologyNode): string {
  const links = linksOf(topology, name).filter(link =>
    topology.links[link]!.endpoints.some(end => inside.includes(end))
  )
  const devices = links.map(link => `"${nodeDevice(link)}"`).join(', ')
  const hidden = inside
    .flatMap(node => nodeNamed(topology, node).addresses)
    .filter(({ family, link }) => family === 4 && links.includes(link!))
    .flatMap(({ ip }) => [ip, changedAddress(ip)])
  return `table inet lab {
  chain leave {
    type nat hook postrouting priority srcnat
    ${hidden.length === 0 ? '' : `ip saddr { ${hidden.join(', ')} } oifname != { ${devices} } masquerade`}
  }
  chain pass {
    type filter hook forward priority filter
    iifname { ${devices} } oifname != { ${devices} } ct state invalid drop
    iifname != { ${devices} } oifname { ${devices} } ct state != { established, related } drop
  }
  chain arrive {
    type filter hook input priority filter
    iifname { "lo", ${devices} } accept
    meta l4proto { icmp, ipv6-icmp } accept
    ct state != { established, related } drop
  }
}
`
}

function firewallText(): string {
  return `table inet lab {
  chain arrive {
    type filter hook input priority filter
    iifname "lo" accept
    meta l4proto { icmp, ipv6-icmp } accept
    ct state != { established, related } drop
  }
}
`
}
