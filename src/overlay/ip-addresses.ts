import { BlockList, isIPv4, isIPv6 } from 'node:net'
import type { Multiaddr } from '@multiformats/multiaddr'

/** From how far an address can be reached. */
export type Reach = 'host' | 'link' | 'private' | 'public'

const HOST = blockList('127.0.0.0/8', '::1/128')
const LINK = blockList('169.254.0.0/16', 'fe80::/10')
/** RFC 1918, the carriers' own range of RFC 6598, and RFC 4193. */
const PRIVATE = blockList('10.0.0.0/8', '172.16.0.0/12', '192.168.0.0/16', '100.64.0.0/10', 'fc00::/7')

/** The IP address that a multiaddr begins with; undefined where it begins with a name. */
export function ipOf(address: Multiaddr): string | undefined {
  const [first] = address.getComponents()
  return first?.name === 'ip4' || first?.name === 'ip6' ? first.value : undefined
}

export function reachOf(ip: string): Reach {
  const family = isIPv6(ip) ? 'ipv6' : 'ipv4'
  if (HOST.check(ip, family)) return 'host'
  if (LINK.check(ip, family)) return 'link'
  return PRIVATE.check(ip, family) ? 'private' : 'public'
}

/**
 * The same addresses, IPv4 and IPv6 in turn from the family of the first one on (RFC 8305, section 4), so that a family
 * that does not work holds up no more than one try. Names count as IPv4.
 */
export function alternateFamilies(addresses: readonly Multiaddr[]): Multiaddr[] {
  const isFirstFamily = (address: Multiaddr) => isIp6(address) === isIp6(addresses[0]!)
  const first = addresses.filter(isFirstFamily)
  const second = addresses.filter(address => !isFirstFamily(address))
  const pairs = Math.max(first.length, second.length)
  return Array.from({ length: pairs }, (_, at) => [first[at], second[at]])
    .flat()
    .filter(address => address !== undefined)
}

function isIp6(address: Multiaddr): boolean {
  const [first] = address.getComponents()
  return first?.name === 'ip6' || first?.name === 'dns6'
}

function blockList(...subnets: string[]): BlockList {
  const list = new BlockList()
  for (const subnet of subnets) {
    const [network, bits] = subnet.split('/')
    list.addSubnet(network!, Number(bits), isIPv4(network!) ? 'ipv4' : 'ipv6')
  }
  return list
}
