/**
 * Matches interfaces of bridges that container engines and virtual machines make on a host: Docker
 * (`docker0`, and `br-` with twelve hex digits for a user's own network; OpenWrt's `br-lan` is a
 * real network), libvirt, LXC, LXD, Incus, Podman, and the network plugins of Kubernetes. Each host
 * may have the same addresses there, so they lead others nowhere.
 */
const VIRTUAL_INTERFACE =
  /^(docker|br-[0-9a-f]{12}$|virbr|lxcbr|lxdbr|incusbr|podman|cni|flannel|cali|kube-|veth|vboxnet|vmnet)/

/** Tells by its name whether an interface leads to containers and virtual machines of this host only. */
export function isVirtualInterface(name: string): boolean {
  return VIRTUAL_INTERFACE.test(name)
}
