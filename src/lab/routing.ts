import { changedAddress, natOfLink, natsAround, otherEnd } from '../topology/addresses.ts'
import {
  type Family,
  linksOf,
  type NodeAddress,
  type Topology,
  type TopologyNode
} from '../topology/model.ts'
import { wayByLink, waysToAddress } from '../topology/paths.ts'
import type { EndNow } from '../topology/timeline.ts'
import { hardwareAddress, nodeDevice } from './wiring.ts'

/** Metric of the route that packets take; each further one is worse by as much. */
const METRIC_STEP = 100
/** Number of the routing table of what comes from link 0's address; that of link 1 is one higher. */
const FIRST_TABLE = 1000
/** Metric of what refuses packets that a link does not lead to their destination. */
const REFUSAL_METRIC = 10_000

/** Lines of `ip`, run in a node's namespace, that make its addresses and the routes to all others. */
export function nodeLines(topology: Topology, node: TopologyNode, ends: (link: number) => EndNow): string[] {
  const own = node.addresses.filter(({ link }) => link === undefined)
  return [
    'link set lo up',
    ...own.map(({ ip, family }) => addressLine(ip, family, 'lo')),
    ...linksOf(topology, node.name).flatMap(link => [
      ...(topology.links[link]!.mtu?.told === true
        ? [`link set ${nodeDevice(link)} mtu ${topology.links[link]!.mtu!.bytes}`]
        : []),
      `link set ${nodeDevice(link)} up`,
      ...interfaceLines(topology, node, link, ends(link))
    ])
  ]
}

/**
 * Lines of `ip`, run in a node's namespace, that let what comes from the address of one of several
 * links leave by that link.
 */
export function ruleLines(topology: Topology, node: TopologyNode, family: Family): string[] {
  return ownTables(topology, node).flatMap(({ address, table }) =>
    address.family === family
      ? addressesOverTime(topology, node.name, address).map(ip => `rule add from ${ip} lookup ${table}`)
      : []
  )
}

/** Lines of `ip`, run in a node's namespace, for a change at the node's end of a link. */
export function endLines(
  topology: Topology,
  node: TopologyNode,
  link: number,
  before: EndNow,
  now: EndNow
): string[] {
  const device = nodeDevice(link)
  const kept = new Set(currentAddresses(node, link, now).map(({ ip }) => ip))
  const gone = currentAddresses(node, link, before).filter(({ ip }) => !kept.has(ip))
  return [
    ...gone.map(({ ip, family }) => `addr del ${ip}/${lengthOf(family)} dev ${device}`),
    ...(before.isPresent && !now.isPresent ? [`link set ${device} down`] : []),
    ...(!before.isPresent && now.isPresent ? [`link set ${device} up`] : []),
    ...interfaceLines(topology, node, link, now)
  ]
}

/**
 * A line of `ip` that sends packets for an address by a link. The line also sets the congestion
 * control, since the namespace's own setting takes only algorithms that the host allows to all.
 */
export function routeLine(
  topology: Pick<Topology, 'links' | 'congestion'>,
  neighbor: string,
  link: number,
  to: NodeAddress,
  rest: string[]
): string {
  const far = topology.links[link]!.endpoints.indexOf(neighbor)
  return [
    `route replace ${to.ip}/${lengthOf(to.family)}`,
    `via ${gateway(to.family, far)} dev ${nodeDevice(link)} onlink`,
    ...rest,
    ...(topology.congestion === undefined ? [] : [`congctl ${topology.congestion}`])
  ].join(' ')
}

/** Lines for the address of one interface, the permanent neighbour behind it, and all routes by it. */
function interfaceLines(topology: Topology, node: TopologyNode, link: number, now: EndNow): string[] {
  if (!now.isPresent) return []
  const device = nodeDevice(link)
  const neighbor = otherEnd(topology, link, node.name)
  const far = topology.links[link]!.endpoints.indexOf(neighbor)
  const addresses = currentAddresses(node, link, now)
  return [
    ...addresses.map(({ ip, family }) => addressLine(ip, family, device)),
    ...topology.families.flatMap(family => {
      const lladdr = `lladdr ${hardwareAddress(link, far)} dev ${device} nud permanent`
      return [`neigh replace ${gateway(family, far)} ${lladdr}`]
    }),
    ...routeLines(topology, node, link, addresses)
  ]
}

function routeLines(topology: Topology, node: TopologyNode, link: number, here: NodeAddress[]): string[] {
  const neighbor = otherEnd(topology, link, node.name)
  const table = ownTables(topology, node).find(own => own.address.link === link)?.table
  const lostAll = node.addresses.some(address => address.link === link) && here.length === 0
  if (lostAll) return []
  const from = (family: Family) => {
    const own = [...here, ...node.addresses.filter(address => address.link === undefined)]
    const ip = own.find(address => address.family === family)?.ip
    return ip === undefined ? [] : [`src ${ip}`]
  }
  const main = destinations(topology, node.name).flatMap(({ owner, address }) => {
    const place = waysToAddress(topology, node.name, owner, address).findIndex(
      way => way.hops[0]!.link === link
    )
    const rest = [...from(address.family), `metric ${(place + 1) * METRIC_STEP}`]
    return place < 0 ? [] : [routeLine(topology, neighbor, link, address, rest)]
  })
  if (table === undefined) return main
  const own = destinations(topology, node.name).flatMap(({ owner, address }) =>
    wayByLink(topology, node.name, owner, link) === undefined
      ? []
      : [routeLine(topology, neighbor, link, address, [...from(address.family), `table ${table}`])]
  )
  const refusals = topology.families.map(
    family =>
      `route replace unreachable ${family === 4 ? '0.0.0.0/0' : '::/0'} table ${table} metric ${REFUSAL_METRIC}`
  )
  return [...main, ...own, ...refusals]
}

/** The addresses of other nodes to which packets of a node find their way. */
function destinations(topology: Topology, name: string): { owner: string; address: NodeAddress }[] {
  return topology.nodes
    .filter(node => node.name !== name)
    .flatMap(({ name: owner, addresses }) =>
      addresses
        .filter(address => isRouted(topology, name, address))
        .flatMap(address =>
          addressesOverTime(topology, owner, address).map(ip => ({ owner, address: { ...address, ip } }))
        )
    )
}

/** Whether a node has a route to an address: private ones are known to their NAT, and behind it. */
function isRouted(topology: Topology, name: string, { family, link }: NodeAddress): boolean {
  const nat = family === 4 && link !== undefined ? natOfLink(topology, link) : undefined
  return nat === undefined || nat === name || natsAround(topology, name).includes(nat)
}

/** The address, and the other one that an event may put in its place. */
function addressesOverTime(topology: Topology, owner: string, { ip, link }: NodeAddress): string[] {
  const changes = topology.events.some(
    event =>
      'link' in event &&
      event.link === link &&
      event.change.kind === 'address' &&
      event.change.what === 'change' &&
      topology.links[link]!.endpoints[event.change.end] === owner
  )
  return changes ? [ip, changedAddress(ip)] : [ip]
}

function currentAddresses(node: TopologyNode, link: number, now: EndNow): NodeAddress[] {
  if (!now.isPresent || now.address === 'none') return []
  const first = node.addresses.filter(address => address.link === link)
  return now.address === 'first'
    ? first
    : first.map(address => ({ ...address, ip: changedAddress(address.ip) }))
}

/** The addresses of a node that has several links and an address on each, with their routing tables. */
function ownTables(topology: Topology, node: TopologyNode): { address: NodeAddress; table: number }[] {
  if (linksOf(topology, node.name).length < 2) return []
  return node.addresses.flatMap(address =>
    address.link === undefined ? [] : [{ address, table: FIRST_TABLE + address.link }]
  )
}

/** The address by which a node means the other end of a link. No node has it: the neighbour entry is permanent. */
function gateway(family: Family, end: number): string {
  return family === 4 ? `169.254.0.${end + 1}` : `fe80::${end + 1}`
}

function addressLine(ip: string, family: Family, device: string): string {
  return `addr replace ${ip}/${lengthOf(family)} dev ${device}${family === 6 ? ' nodad' : ''}`
}

function lengthOf(family: Family): number {
  return family === 4 ? 32 : 128
}
