import { endpointIpOf, endpointOf } from '../transport/endpoint.ts'
import { componentsOf, isInReach } from '../transport/ip-ranges.ts'
import type { NextHops } from './limits.ts'

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
 * An asker may have a relay dial nothing that the asker could not dial too: TCP to an address in its
 * reach.
 */
function couldBeDialledBy(asker: string, address: string): boolean {
  const ip = endpointIpOf(address)
  return ip !== undefined && isInReach(ip, asker)
}

/** True for a port of an IP address or a DNS name, and for a name that stands for whole addresses. */
function isTcp(address: string): boolean {
  if (endpointOf(address)) return true
  const [host, ...rest] = componentsOf(address) ?? []
  return host?.name === 'dnsaddr' && rest.every(({ name }) => name === 'p2p')
}
