import { componentsOf, ipOf, isIp, privateNetworkOf, scopeOf } from '../transport/ip-ranges.ts'
import type { PrivateHops } from './limits.ts'

const DNS_NAMES = ['dns', 'dns4', 'dns6']

export interface DialQuestion {
  /** Multiaddrs that the asker gives for the next hop. */
  offered: readonly string[]
  /** Multiaddrs that a director gives for it. */
  known: readonly string[]
  /** The multiaddr that the asker has come from. */
  asker: string
  privateHops: PrivateHops
}

/**
 * Returns the addresses that may be dialled: a director's as they are, and of the asker's own those
 * that do no harm.
 */
export function dialable({ offered, known, asker, privateHops }: DialQuestion): string[] {
  const harmless = offered.filter(address => isHarmless(address, asker, privateHops))
  return [...new Set([...known, ...harmless])]
}

/**
 * An asker may have a relay dial nothing that the asker could not dial too: a relay stands in networks, and on a host, that
 * are not open to all. So an address is TCP to a public IP address; or to one of the asker's own private network; or, for
 * an asker on the relay's host, to any private or loopback address.
 */
function isHarmless(address: string, asker: string, privateHops: PrivateHops): boolean {
  const ip = tcpIpOf(address)
  if (ip === undefined) return privateHops === 'any' && isTcpToName(address)
  const scope = scopeOf(ip)
  if (scope === 'public' || privateHops === 'any') return true
  if (scope === 'special' || privateHops === 'never') return false
  const askerIp = ipOf(asker)
  if (askerIp === undefined) return false
  if (scopeOf(askerIp) === 'loopback') return true
  return scope === 'private' && privateNetworkOf(askerIp) === privateNetworkOf(ip)
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
