import { componentsOf, ipOf, isIp, scopeOf } from './ip-ranges.ts'

/**
 * The IP addresses that stand, in what a node tells a director, for the one from which the director
 * sees it come.
 */
const STAND_INS: Record<string, string> = { ip4: '0.0.0.0', ip6: '::' }

/**
 * Adds to the multiaddrs of a node, for each private one, the same port at the address from which it
 * is seen: a node behind an address translation does not know that address, and may be reached there
 * (a cloud's machine, or a port that is forwarded).
 */
export function withSeenAddresses(addresses: readonly string[]): string[] {
  const isPrivate = (address: string) => isOfScope(address, 'private')
  const standIns = addresses.filter(isPrivate).map(address => {
    const family = address.split('/')[1]!
    return withIp(address, STAND_INS[family]!)
  })
  const at = addresses.findIndex(isPrivate)
  return at < 0 ? [...addresses] : [...addresses.slice(0, at), ...new Set(standIns), ...addresses.slice(at)]
}

/**
 * Returns the multiaddr that a stand-in means for a node that has come from `from`; undefined where it
 * means none: the node has come by the other family, or over loopback. Any other multiaddr is returned
 * as it is.
 */
export function seenAddress(address: string, from: string): string | undefined {
  if (!isStandIn(address)) return address
  const [told] = componentsOf(address)!
  const [seen] = componentsOf(from) ?? []
  if (seen?.name !== told!.name || seen.value === undefined || isOfScope(from, 'loopback')) return undefined
  return withIp(address, seen.value)
}

function isStandIn(address: string): boolean {
  const [first] = componentsOf(address) ?? []
  return first !== undefined && isIp(first) && first.value === STAND_INS[first.name]
}

function isOfScope(address: string, scope: ReturnType<typeof scopeOf>): boolean {
  const ip = ipOf(address)
  return ip !== undefined && scopeOf(ip) === scope
}

/** The same multiaddr, which begins with an IP address, with another one in its place. */
function withIp(address: string, ip: string): string {
  return address.replace(/^(\/ip[46]\/)[^/]+/, `$1${ip}`)
}
