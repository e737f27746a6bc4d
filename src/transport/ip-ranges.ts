import { type Component, multiaddr } from '@multiformats/multiaddr'

/**
 * The kind of place that an IP address leads to. No node of an overlay has a `special` address:
 * unspecified, link-local (with the metadata services of clouds), multicast, reserved, and IPv6
 * that stands for IPv4 (mapped, NAT64, 6to4, Teredo).
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
  // These are all of IPv6 outside of 2000::/3, and the parts of 2000::/3 that stand for IPv4, for
  // documentation or for no place.
  '::/3',
  '2001::/23',
  '2001:db8::/32',
  '2002::/16',
  '3fff::/20',
  '4000::/2',
  '8000::/1'
]

const GROUP_BITS = 16

const BLOCKS = [
  ...LOOPBACK.map(text => blockOf('loopback', text)),
  ...PRIVATE.map(text => blockOf('private', text)),
  ...SPECIAL.map(text => blockOf('special', text))
]

interface Block {
  scope: IpScope
  text: string
  groupCount: number
  /** The first bits of all addresses in the block; `restBits` is how many bits follow them. */
  prefix: bigint
  restBits: bigint
}

export function scopeOf(ip: string): IpScope {
  return findBlock(ip)?.scope ?? 'public'
}

/** The IPv4 address that a mapped IPv6 address (`::ffff:0:0/96`) stands for; any other address as it is. */
export function unmapped(ip: string): string {
  const groups = groupsOf(ip)
  const isMapped =
    groups.length === 8 && groups.slice(0, 5).every(group => group === 0) && groups[5] === 0xffff
  if (!isMapped) return ip
  return groups
    .slice(6)
    .flatMap(group => [group >> 8, group & 255])
    .join('.')
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
 * Identifies the host behind a multiaddr, as far as hosts can be told apart: by the IPv4 address,
 * or by the first 64 bits of an IPv6 address, since a host may choose the rest. Undefined over
 * loopback, where all peers are on one host, and without an IP address.
 */
export function hostOf(address: string): string | undefined {
  const ip = ipOf(address)
  if (ip === undefined || scopeOf(ip) === 'loopback') return undefined
  return isIp6(ip) ? prefixOf6(ip, 64) : ip
}

/**
 * Identifies the network of a multiaddr's public IP address, which mostly has one operator: the
 * first 24 bits of IPv4, the first 48 of IPv6. Undefined for any other address.
 */
export function networkOf(address: string): string | undefined {
  const ip = ipOf(address)
  if (ip === undefined || scopeOf(ip) !== 'public') return undefined
  return isIp6(ip) ? prefixOf6(ip, 48) : `${ip.split('.').slice(0, 3).join('.')}.0/24`
}

/**
 * Tells whether a node that has come from the multiaddr `asker` could reach an IP address by
 * itself, as far as can be known: a public one; one of its own private network; or, for one on this
 * host, any private or loopback address. A node may be asked to dial such addresses only, since it
 * stands in networks, and on a host, that are not open to all.
 */
export function isInReach(ip: string, asker: string): boolean {
  const scope = scopeOf(ip)
  if (scope === 'public' || scope === 'special') return scope === 'public'
  const askerIp = ipOf(asker)
  if (askerIp === undefined) return false
  if (scopeOf(askerIp) === 'loopback') return true
  return scope === 'private' && privateNetworkOf(askerIp) === privateNetworkOf(ip)
}

/**
 * Tells whether a multiaddr that a director has named may be dialled: it begins with an IP address that
 * is public, that a node at the director's own address `director` could reach (see isInReach), or that
 * is in the private network of one of this host's own addresses `ownIps`. What a stranger names leads
 * nowhere else, since this host stands in networks that are not open to all.
 */
export function isNear(address: string, director: string, ownIps: readonly string[]): boolean {
  const ip = ipOf(address)
  if (ip === undefined) return false
  const network = privateNetworkOf(ip)
  const isOwn = network !== undefined && ownIps.some(own => privateNetworkOf(own) === network)
  return isOwn || isInReach(ip, director)
}

function isIp6(ip: string): boolean {
  return ip.includes(':')
}

function prefixOf6(ip: string, bits: number): string {
  const groups = groupsOf(ip).slice(0, bits / GROUP_BITS)
  return `${groups.map(group => group.toString(16)).join(':')}::/${bits}`
}

function findBlock(ip: string): Block | undefined {
  const groups = groupsOf(ip)
  const value = numberOf(groups)
  return BLOCKS.find(
    ({ groupCount, prefix, restBits }) => groupCount === groups.length && value >> restBits === prefix
  )
}

function blockOf(scope: IpScope, text: string): Block {
  const [network, bits] = text.split('/') as [string, string]
  const groups = groupsOf(network)
  const restBits = BigInt(GROUP_BITS * groups.length - Number(bits))
  return { scope, text, groupCount: groups.length, prefix: numberOf(groups) >> restBits, restBits }
}

function numberOf(groups: readonly number[]): bigint {
  return groups.reduce((value, group) => (value << BigInt(GROUP_BITS)) | BigInt(group), 0n)
}

/** An address in groups of 16 bits: two of IPv4, eight of IPv6. */
function groupsOf(ip: string): number[] {
  if (!isIp6(ip)) {
    const [a, b, c, d] = ip.split('.').map(Number) as [number, number, number, number]
    return [a * 256 + b, c * 256 + d]
  }
  const [head, tail] = ip.split('::').map(part => part.split(':').filter(group => group !== ''))
  const left = head!.flatMap(groupsIn)
  const right = (tail ?? []).flatMap(groupsIn)
  return [...left, ...Array.from({ length: 8 - left.length - right.length }, () => 0), ...right]
}

/** The end of an IPv6 address may be written as an IPv4 address. */
function groupsIn(text: string): number[] {
  return text.includes('.') ? groupsOf(text) : [Number.parseInt(text, 16)]
}
