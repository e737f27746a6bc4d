import type { Multiaddr } from '@multiformats/multiaddr'

/**
 * Returns the same addresses with IPv4 and IPv6 in turn, beginning with the family of the first one
 * (RFC 8305, section 4), so that a family that does not work holds up no more than one try. Names
 * count as IPv4.
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
