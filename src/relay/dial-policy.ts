import { componentsOf, isInReach, scopeOf, tcpIpOf } from '../transport/ip-ranges.ts'
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
 * An asker may have a relay dial nothing that the asker could not dial too: TCP to an address in its
 * reach.
 */
function isHarmless(address: string, asker: string, privateHops: PrivateHops): boolean {
  const ip = tcpIpOf(address)
  if (ip === undefined) return privateHops === 'any' && isTcpToName(address)
  if (privateHops === 'any') return true
  return privateHops === 'near' ? isInReach(ip, asker) : scopeOf(ip) === 'public'
}

/** True for a DNS name with a port, or for one that stands for whole addresses. */
function isTcpToName(address: string): boolean {
  const [host, ...rest] = componentsOf(address)?.map(({ name }) => name) ?? []
  if (host === 'dnsaddr') return rest.every(name => name === 'p2p')
  return DNS_NAMES.includes(host ?? '') && rest[0] === 'tcp' && rest.slice(1).every(name => name === 'p2p')
}
