import type { networkInterfaces } from 'node:os'
import type { Multiaddr } from '@multiformats/multiaddr'
import { alternateFamilies } from './address-families.ts'
import { type IpScope, ipOf, scopeOf } from './ip-ranges.ts'

/**
 * Interfaces of bridges that container engines and virtual machines make on a host: Docker (`docker0`, and `br-` with twelve
 * hex digits for a network of one's own; OpenWrt's `br-lan` is a real network), libvirt, LXC, LXD, Incus, Podman, and what
 * the network plugins of Kubernetes make. Each host may have the same addresses there, so they lead others nowhere.
 */
const VIRTUAL_INTERFACE =
  /^(docker|br-[0-9a-f]{12}$|virbr|lxcbr|lxdbr|incusbr|podman|cni|flannel|cali|kube-|veth|vboxnet|vmnet)/

/**
 * What to tell others of the addresses that a node listens on: public ones first, then private ones, both families in turn.
 * Those that only this host can reach (loopback, link-local, virtual bridges) are told where there are no others, so that
 * nodes on one host find each other without a network.
 */
export function addressesToTell(
  listening: readonly Multiaddr[],
  interfaces: ReturnType<typeof networkInterfaces>
): Multiaddr[] {
  const virtual = virtualIps(interfaces)
  const ranked = Map.groupBy(unique(listening), address => rankOf(ipOf(address.toString()), virtual))
  const inOrder = (...ranks: Rank[]) => ranks.flatMap(rank => alternateFamilies(ranked.get(rank) ?? []))
  const useful = inOrder('public', 'private')
  return useful.length > 0 ? useful : inOrder('loopback', 'special', 'virtual', 'other')
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
