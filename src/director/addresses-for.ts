import { DIRECTOR_WIRE_LIMITS } from '../protocol/director-limits.ts'
import { hostOf, type IpScope, ipOf, privateNetworkOf, scopeOf } from '../transport/ip-ranges.ts'

/** Where a node or client stands, as far as a director can tell from the multiaddr that it has come from. */
export interface Standpoint {
  /** `loopback` is the director's own host. Absent where the multiaddr has no IP address. */
  scope?: IpScope
  /** Its host, as `hostOf` tells it. */
  host?: string
  /** Its private network, as `privateNetworkOf` tells it. */
  network?: string
}

/** An address of a node, and where it is true. */
interface Place {
  address: string
  /** Absent where the multiaddr has no IP address. */
  scope?: IpScope
  network?: string
}

/** The addresses of a node, as a director knows them. */
export interface Whereabouts {
  standpoint: Standpoint
  /** Where the director has found the node: none where it may be offered to nobody. */
  reached: readonly Place[]
  /** The private addresses that the node tells: the director may not be in their network. */
  told: readonly Place[]
}

export function standpointOf(address: string): Standpoint {
  const host = hostOf(address)
  return { ...scopeIn(address), ...(host === undefined ? {} : { host }) }
}

/**
 * `from`: the multiaddr that the node has come from. `told`, `reached`: multiaddrs that it tells, and
 * those at which the director has found it.
 */
export function whereaboutsOf(
  from: string,
  told: readonly string[],
  reached: readonly string[]
): Whereabouts {
  const placeAt = (address: string): Place => ({ address, ...scopeIn(address) })
  return {
    standpoint: standpointOf(from),
    reached: reached.map(placeAt),
    told: told.map(placeAt).filter(({ scope }) => scope === 'private')
  }
}

/**
 * Returns the addresses of a node that are true for an asker, best first: public ones for all, those of
 * the director's own host for askers there, and private ones for askers of the same network. That is
 * an asker who has come from that network, which the director is then in, too; or one who has come from
 * the same public address as the node: both are behind one address translation, and what the node
 * tells of its network is told though the director cannot try it.
 */
export function addressesFor(asker: Standpoint, { standpoint, reached, told }: Whereabouts): string[] {
  if (reached.length === 0) return []
  const isNeighbor = asker.scope === 'public' && asker.host === standpoint.host
  const places = reached.filter(place => isTrueFor(asker, place))
  const untried = isNeighbor ? told.filter(({ address }) => !places.some(at => at.address === address)) : []
  return [...places, ...untried].slice(0, DIRECTOR_WIRE_LIMITS.maxAddresses).map(({ address }) => address)
}

/** Tells whether the asker could dial the node at all: see addressesFor. */
export function hasAddressFor(asker: Standpoint, { reached }: Whereabouts): boolean {
  return reached.some(place => isTrueFor(asker, place))
}

function isTrueFor(asker: Standpoint, { scope, network }: Place): boolean {
  if (scope === undefined || scope === 'public') return true
  if (scope === 'special') return false
  if (asker.scope === 'loopback') return true
  return scope === 'private' && network === asker.network
}

function scopeIn(address: string): Pick<Place, 'scope' | 'network'> {
  const ip = ipOf(address)
  if (ip === undefined) return {}
  const network = privateNetworkOf(ip)
  return { scope: scopeOf(ip), ...(network === undefined ? {} : { network }) }
}
