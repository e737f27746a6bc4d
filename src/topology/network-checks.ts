import {
  addressesFor,
  familyOf,
  isPrivate,
  natOfLink,
  natsAround,
  otherEnd,
  type WrittenAddresses
} from './addresses.ts'
import { linksOf, type Topology, type TopologyNode } from './model.ts'

type Network = Pick<Topology, 'nodes' | 'links'>
/** Takes one fault of the value at a path of the file. */
export type Report = (path: PropertyKey[], message: string) => void

/** Finds what is wrong with the insides of NATs. */
export function checkInside(network: Network, report: Report): void {
  const { nodes } = network
  for (const { name: nat, inside } of nodes) {
    inside.forEach((name, index) => {
      const fault = faultInside(network, nat, name)
      if (fault !== undefined) report(['topology', 'nodes', nat, 'nat', 'inside', index], fault)
    })
  }
}

/** The reason why a node cannot be inside of a NAT; undefined where it can. */
function faultInside(network: Network, nat: string, name: string): string | undefined {
  const node = network.nodes.find(candidate => candidate.name === name)
  if (node === undefined) return `'${name}' is no node of this file`
  if (name === nat || natsAround(network, nat).includes(name)) return `'${name}' would be inside of itself`
  if (node.role === 'director') return 'nobody would reach the director'
  if (node.role === 'router' && node.inside.length === 0)
    return `'${name}' is a router without nat: name the nodes behind it, and link them to ${nat}`
  const others = linksOf(network, name).map(link => otherEnd(network, link, name))
  if (!others.includes(nat)) return `'${name}' has no link to ${nat}`
  const open = others.find(other => !isNat(network.nodes, other, name) && !node.inside.includes(other))
  if (open === undefined) return undefined
  return `'${name}' has a link to ${open}, too: what is behind a NAT has links to NATs alone`
}

/** Finds what is wrong with addresses: written ones, and nodes that have none in common. */
export function checkAddresses(
  network: Network,
  writtenOf: (name: string) => WrittenAddresses | undefined,
  report: Report
): void {
  const seen = new Map<string, string>()
  for (const node of network.nodes) {
    const path = ['topology', 'nodes', node.name, 'address']
    checkPlaces(network, node, writtenOf(node.name), path, report)
    for (const { ip, family, link } of node.addresses) {
      if (!node.families.includes(family))
        report(path, `${ip} is IPv${family}, which ${node.name} does not have`)
      if (seen.has(ip)) report(path, `${ip} is an address of ${seen.get(ip)} already`)
      seen.set(ip, node.name)
      const isInside = link !== undefined && natOfLink(network, link) !== undefined
      if (familyOf(ip) === 4 && isInside !== isPrivate(ip))
        report(
          path,
          `${ip} is ${isInside ? 'public, but its link is behind a NAT' : 'private, but its link is not behind a NAT'}`
        )
    }
  }
}

/** Finds source and client that can have nothing to do with the director. */
export function checkEnds(network: Network, report: Report): void {
  const director = network.nodes.find(({ role }) => role === 'director')
  if (director === undefined) return
  for (const { name, role } of network.nodes) {
    if (role !== 'source' && role !== 'client') continue
    if (addressesFor(network, director.name, name).length === 0)
      report(['topology', 'nodes', name, 'ip'], `${name} and the director have no version of IP in common`)
  }
}

function checkPlaces(
  network: Network,
  { name, role }: TopologyNode,
  written: WrittenAddresses | undefined,
  path: PropertyKey[],
  report: Report
): void {
  const neighbors = linksOf(network, name).map(link => otherEnd(network, link, name))
  if (!Array.isArray(written)) {
    for (const neighbor of Object.keys(written ?? {}))
      if (!neighbors.includes(neighbor)) report([...path, neighbor], `${name} has no link to '${neighbor}'`)
    return
  }
  const isPerLink = role === 'client' || natsAround(network, name).length > 0
  if (isPerLink && neighbors.length > 1)
    report(path, `${name} has an address on each link: give them as {${neighbors[0]}: ADDRESS, ...}`)
}

function isNat(nodes: TopologyNode[], name: string, inside: string): boolean {
  return nodes.some(node => node.name === name && node.inside.includes(inside))
}
