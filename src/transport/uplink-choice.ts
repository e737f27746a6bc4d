import { scopeOf } from './ip-ranges.ts'
import { isVirtualInterface } from './virtual-interfaces.ts'

/** The addresses of this host by interface, as node:os tells them. */
export type Interfaces = Readonly<Record<string, readonly { address: string; family: string }[] | undefined>>

/** Interfaces by name, or single addresses of them; or every interface that leads anywhere. */
export type UplinkNames = 'all' | readonly string[]

/** The addresses that an uplink's connections come from, by family. */
export interface LocalAddresses {
  ip4?: string
  ip6?: string
}

/** An uplink in use, under the name that its user has given it. */
export interface UplinkPlace {
  name: string
  /** Name of its interface. */
  device: string
  local: LocalAddresses
}

/** An uplink of which one family's address is new. */
type Widened = Pick<UplinkPlace, 'name' | 'local'>

/** What has to happen to the uplinks in use. One whose address has changed is gone, and comes anew. */
export interface UplinkSteps {
  gone: string[]
  come: UplinkPlace[]
  widened: Widened[]
}

/** An uplink as it could be used now: all its usable addresses, the best first. */
interface FoundUplink {
  name: string
  device: string
  addresses: string[]
}

/**
 * Compares the uplinks in use with what the interfaces are now. An uplink keeps its addresses while
 * the interface has them, whatever others come. Pure.
 */
export function uplinkSteps(
  current: Iterable<UplinkPlace>,
  wanted: UplinkNames,
  interfaces: Interfaces
): UplinkSteps {
  const found = new Map(findUplinks(wanted, interfaces).map(uplink => [uplink.name, uplink]))
  const steps: UplinkSteps = { gone: [], come: [], widened: [] }
  for (const { name, local } of current) {
    const now = found.get(name)
    const lost = Object.values(local).some(ip => !now?.addresses.includes(ip))
    if (lost) {
      steps.gone.push(name)
      continue
    }
    found.delete(name)
    const wider = { ...localOf(now!.addresses), ...local }
    if (Object.keys(wider).length > Object.keys(local).length) steps.widened.push({ name, local: wider })
  }
  for (const { name, device, addresses } of found.values()) {
    steps.come.push({ name, device, local: localOf(addresses) })
  }
  return steps
}

/** The names among these that are neither an interface nor an address of one. Pure. */
export function unknownUplinks(
  names: readonly string[],
  devices: readonly string[],
  interfaces: Interfaces
): string[] {
  const ips = Object.values(interfaces).flatMap(addresses => addresses?.map(({ address }) => address) ?? [])
  return names.filter(name => !devices.includes(name) && !ips.includes(name))
}

/** Only uplinks with a usable address are found. */
function findUplinks(wanted: UplinkNames, interfaces: Interfaces): FoundUplink[] {
  const addressesOf = (device: string) => interfaces[device]?.map(({ address }) => address) ?? []
  const devices = Object.keys(interfaces)
  const found =
    wanted === 'all'
      ? devices
          .filter(device => !isVirtualInterface(device))
          .map(name => ({ name, device: name, addresses: addressesOf(name).filter(leadsAnywhere) }))
      : wanted.map(name => {
          const device = devices.find(other => other === name || addressesOf(other).includes(name)) ?? name
          return { name, device, addresses: addressesOf(device).filter(ip => device === name || ip === name) }
        })
  return found
    .map(uplink => ({ ...uplink, addresses: inOrder(uplink.addresses.filter(ip => !isLinkLocal6(ip))) }))
    .filter(({ addresses }) => addresses.length > 0)
}

function localOf(addresses: readonly string[]): LocalAddresses {
  const ip4 = addresses.find(ip => !ip.includes(':'))
  const ip6 = addresses.find(ip => ip.includes(':'))
  return { ...(ip4 ? { ip4 } : {}), ...(ip6 ? { ip6 } : {}) }
}

function leadsAnywhere(ip: string): boolean {
  return ['public', 'private'].includes(scopeOf(ip))
}

/** Public addresses come first: they reach private ones, too, and not the other way round. */
function inOrder(addresses: readonly string[]): string[] {
  const isPublic = (ip: string) => scopeOf(ip) === 'public'
  return [...addresses.filter(isPublic), ...addresses.filter(ip => !isPublic(ip))]
}

/** Such an address works with the name of its interface only. */
function isLinkLocal6(ip: string): boolean {
  return /^fe[89ab]/i.test(ip) && ip.includes(':')
}
