import { componentsOf, ipOf, isIp, privateNetworkOf, scopeOf } from '../transport/ip-ranges.ts'
import type { NextHops } from './limits.ts'

const DNS_NAMES = ['dns', 'dns4', 'dns6']

export interface DialQuestion {
  /** Multiaddrs that the asker gives for the next hop. */
  offered: readonly string[]
  /** Multiaddrs that directors or the operator give for it; undefined where none of them has named it. */
  known: readonly string[] | undefined
  /** The multiaddr that the asker has come from. */
  asker: string
  nextHops: NextHops
}

/**
 * Returns the addresses at which the next hop may be dialled: those that are known as they are, and
 * of the asker's own those that the operator allows. Undefined where the route may not lead there at
 * all, not even over a connection that stands.
 */
export function dialable({ offered, known, asker, nextHops }: DialQuestion): string[] | undefined {
  if (nextHops === 'known') return known && [...known]
  const allowed = offered.filter(address =>
    nextHops === 'any' ? isTcp(address) : couldBeDialledBy(asker, address)
  )
  return [...new Set([...(known ?? []), ...allowed])]
}

/**
 * An asker may have a relay dial nothing that the asker could not dial too: a relay stands in networks, and on a host, that
 * are not open to all. So an address is TCP to a public IP address; or to one of the asker's own private network; or, for
 * an asker on the relay's host, to any private or loopback address.
 */
function couldBeDialledBy(asker: string, address: string): boolean {
  const ip = tcpIpOf(address)
  if (ip === undefined) return false
  const scope = scopeOf(ip)
  if (scope === 'public') return true
  if (scope === 'special') return false
  const askerIp = ipOf(asker)
  if (askerIp === undefined) return false
  if (scopeOf(askerIp) === 'loopback') return true
  return scope === 'private' && privateNetworkOf(askerIp) === privateNetworkOf(ip)
}

function isTcp(address: string): boolean {
  return tcpIpOf(address) !== undefined || isTcpToName(address)
}

/** The IP address of a multiaddr that is no more than IP, TCP and a peer id; undefined for any other. */
function tcpIpOf(address: string): string | undefined {
  const [host, ...rest] = componentsOf(address) ?? []
  const names = rest.map(({ name }) => name).join('/')
  return host && isIp(host) && (names === 'tcp' || names === 'tcp/p2p') ? host.value : undefined
}

/** True for a DNS name with a port, or for one that stands for whole addresses. */
function isTcpToName(address: string): boolean {
  const [host, ...rest] = componentsOf(address)?.map(({ name }) => name) ?? []
  if (host === 'dnsaddr') return rest.every(name => name === 'p2p')
  return DNS_NAMES.includes(host ?? '') && rest[0] === 'tcp' && rest.slice(1).every(name => name === 'p2p')
}
