// A BlockList only compares numbers: nothing in this file opens a socket.
import { BlockList, isIPv6 } from 'node:net'
import { type Component, multiaddr } from '@multiformats/multiaddr'

/**
 * What may be reached at an IP address. `special` is whatever no node of an overlay has: unspecified, link-local (with the
 * metadata services of clouds), multicast, reserved, and IPv6 that stands for IPv4 (mapped, NAT64, 6to4, Teredo).
 */
export type IpScope = 'public' | 'private' | 'loopback' | 'special'

const LOOPBACK = ['127.0.0.0/8', '::1/128']
/** The networks that anybody may use inside: RFC 1918, RFC 6598 (behind a carrier's NAT) and RFC 4193. */
const PRIVATE = ['10.0.0.0/8', '172.16.0.0/12', '192.168.0.0/16', '100.64.0.0/10', 'fc00::/7']
const SPECIAL = [
  '0.0.0.0/8',
  '169.254.0.0/16',
  '192.0.0.0/24',
  '192.0.2.0/24',
  '192.88.99.0/24',
  '198.18.0.0/15',
  '198.51.100.0/24',
  '203.0.113.0/24',
  '224.0.0.0/3',
  // All of IPv6 outside of 2000::/3, and in it what stands for IPv4, documentation and what is no place.
  '::/3',
  '2001::/23',
  '2001:db8::/32',
  '2002::/16',
  '3fff::/20',
  '4000::/2',
  '8000::/1'
]

const BLOCKS = [
  ...LOOPBACK.map(text => blockOf('loopback', text)),
  ...PRIVATE.map(text => blockOf('private', text)),
  ...SPECIAL.map(text => blockOf('special', text))
]

interface Block {
  scope: IpScope
  text: string
  isIPv6: boolean
  list: BlockList
}

export function scopeOf(ip: string): IpScope {
  return findBlock(ip)?.scope ?? 'public'
}

/** The private network that an address lies in, such as 10.0.0.0/8; undefined when it is not private. */
export function privateNetworkOf(ip: string): string | undefined {
  const block = findBlock(ip)
  return block?.scope === 'private' ? block.text : undefined
}

/** The IP address that a multiaddr begins with; undefined when it begins with anything else, or is no multiaddr. */
export function ipOf(address: string): string | undefined {
  const [first] = componentsOf(address) ?? []
  return first !== undefined && isIp(first) ? first.value : undefined
}

/** The parts of a multiaddr; undefined when it cannot be read. */
export function componentsOf(address: string): Component[] | undefined {
  try {
    return multiaddr(address).getComponents()
  } catch {
    return undefined
  }
}

export function isIp({ name }: Component): boolean {
  return name === 'ip4' || name === 'ip6'
}

/**
 * Who stands behind a multiaddr, as far as one can be told from others: the IPv4 address, or the first 64 bits of an IPv6
 * address, of which a host may choose the rest. Undefined over loopback, where all are on one host, and without an IP.
 */
export function hostOf(address: string): string | undefined {
  const ip = ipOf(address)
  if (ip === undefined || scopeOf(ip) === 'loopback') return undefined
  return isIPv6(ip) ? `${groupsOf(ip).slice(0, 4).join(':')}::/64` : ip
}

function findBlock(ip: string): Block | undefined {
  const isSix = isIPv6(ip)
  return BLOCKS.find(block => block.isIPv6 === isSix && block.list.check(ip, isSix ? 'ipv6' : 'ipv4'))
}

function blockOf(scope: IpScope, text: string): Block {
  const [network, bits] = text.split('/') as [string, string]
  const list = new BlockList()
  list.addSubnet(network, Number(bits), isIPv6(network) ? 'ipv6' : 'ipv4')
  return { scope, text, isIPv6: isIPv6(network), list }
}

/** The eight groups of an IPv6 address, in hexadecimal without leading zeros. */
function groupsOf(ip: string): string[] {
  const shortest = new URL(`http://[${ip}]`).hostname.slice(1, -1)
  const [head, tail] = shortest.split('::').map(part => part.split(':').filter(group => group !== ''))
  const left = head ?? []
  const right = tail ?? []
  return [...left, ...Array.from({ length: 8 - left.length - right.length }, () => '0'), ...right]
}
