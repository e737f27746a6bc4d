import type { networkInterfaces } from 'node:os'
import type { Multiaddr } from '@multiformats/multiaddr'
import { alternateFamilies } from './address-families.ts'
import { type IpScope, ipOf, scopeOf } from './ip-ranges.ts'

/**
 * Matches interfaces of bridges that container engines and virtual machines make on a host: Docker
 * (`docker0`, and `br-` with twelve hex digits for a user's own network; OpenWrt's `br-lan` is a
 * real network), libvirt, LXC, LXD, Incus, Podman, and the network plugins of Kubernetes. Each host
 * may have the same addresses there, so they lead others nowhere.
 */
const VIRTUAL_INTERFACE =
  /^(docker|br-[0-9a-f]{12}$|virbr|lxcbr|lxdbr|incusbr|podman|cni|flannel|cali|kube-|veth|vboxnet|vmnet)/

/**
 * Returns those addresses listened on that others should be told: public ones first, then private
 * ones, both families in turn. Loopback is told where there are no others, so that nodes on one host
 * find each other without a network; link-local addresses and virtual bridges are never told, since
 * they mean something else to everybody.
 */
export function addressesToTell(
  listening: readonly Multiaddr[],
  interfaces: ReturnType<typeof networkInterfaces>
): Multiaddr[] {
  const virtual = virtualIps(interfaces)
  const ranked = Map.groupBy(unique(listening), address => rankOf(ipOf(address.toString()), virtual))
  const inOrder = (...ranks: Rank[]) => ranks.flatMap(rank => alternateFamilies(ranked.get(rank) ?? []))
  const useful = inOrder('public', 'private')
  return useful.length > 0 ? useful : inOrder('loopback', 'other')
}

/** The IP addresses by which this host stands in networks: those that virtual interfaces alone have are left out. */
export function ipsInNetworks(interfaces: ReturnType<typeof networkInterfaces>): string[] {
  const virtual = virtualIps(interfaces)
  const all = Object.values(interfaces).flatMap(addresses => addresses ?? [])
  return all.map(({ address }) => address).filter(ip => !virtual.has(ip))
}

type Rank = IpScope | 'virtual' | 'other'

function rankOf(ip: string | undefined, virtual: ReadonlySet<string>): Rank {
  if (ip === undefined) return 'other'
  return virtual.has(ip) ? 'virtual' : scopeOf(ip)
}

/** IP addresses that only virtual interfaces have. */
function virtualIps(interfaces: ReturnType<typeof networkInterfaces>): Set<string> {
  const ipsOf = (isVirtual: boolean) =>
    Object.entries(interfaces)
      .filter(([name]) => VIRTUAL_INTERFACE.test(name) === isVirtual)
      .flatMap(([, addresses]) => addresses ?? [])
      .map(({ address }) => address)
  const real = new Set(ipsOf(false))
  return new Set(ipsOf(true).filter(ip => !real.has(ip)))
}

function unique(addresses: readonly Multiaddr[]): Multiaddr[] {
  return [...new Map(addresses.map(address => [address.toString(), address])).values()]
}
