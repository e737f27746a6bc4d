import type { LinkNow, Traces } from '../topology/timeline.ts'
import type { Direction, LinkState, Topology, TopologyLink } from '../topology/topology.ts'
import { FRAME_BYTES } from '../topology/topology.ts'
import { traceKey } from '../topology/trace.ts'

/**
 * Packets that netem may hold: more than any queue in front of a delay, as netem's own limit must
 * never be what drops.
 */
const NETEM_LIMIT_PACKETS = 1_000_000
/**
 * Length of a train, in milliseconds at the link's rate: what a link sends at once. A timer for
 * each packet would cost the machine as much as all roles together, and its lateness would cost
 * rate.
 */
const TRAIN_MS = 1

/**
 * Bytes by which a veth takes larger packets than its MTU says. What is larger still it drops
 * without an answer.
 */
const VLAN_TAG_BYTES = 4

/**
 * Kernel settings of each node's namespace, made before anything runs in it. The other means get
 * the same.
 */
export const NODE_SYSCTLS: Record<string, string> = {
  'net.ipv4.ip_forward': '1',
  'net.ipv4.conf.all.rp_filter': '0',
  'net.ipv4.conf.default.rp_filter': '0',
  'net.ipv4.conf.all.send_redirects': '0',
  'net.ipv4.conf.default.send_redirects': '0',
  // A stream that pauses because its credit is used up must not fall back to the first window of a
  // new connection.
  'net.ipv4.tcp_slow_start_after_idle': '0',
  // Little may be written but not sent, so that a change of plan takes effect at once.
  'net.ipv4.tcp_notsent_lowat': '131072',
  // A second measurement in the same network must not start with what the first one has learnt.
  'net.ipv4.tcp_no_metrics_save': '1'
}

/** Names of a lab's namespaces: one for each node, and one for the wires between them. */
export const namespaces = {
  wires: (labId: string) => `ab-${labId}`,
  node: (labId: string, node: string) => `ab-${labId}.${node}`
}

/** The node's own device of a link. */
export const nodeDevice = (link: number) => `l${link}`
/** The middle's device that faces endpoint 0 or 1 of a link. */
export const wireDevice = (link: number, end: 0 | 1) => `w${link}${end === 0 ? 'a' : 'b'}`

/** Lines of `ip`, run in the wires' namespace, that make all devices. */
export function deviceLines(labId: string, links: TopologyLink[]): string[] {
  return links.flatMap(({ endpoints, mtu }, link) =>
    ([0, 1] as const).flatMap(end => [
      `link add ${wireDevice(link, end)} type veth peer name ${nodeDevice(link)} address ${hardwareAddress(link, end)} netns ${namespaces.node(labId, endpoints[end])}`,
      ...(mtu?.told === false ? [`link set ${wireDevice(link, end)} mtu ${mtu.bytes - VLAN_TAG_BYTES}`] : []),
      `link set ${wireDevice(link, end)} up`
    ])
  )
}

/** Shell lines that keep a device from handing on more than one packet at a time. */
export function offloadLines(devices: string[]): string[] {
  return devices.map(device => `ethtool -K ${device} tx off tso off gso off gro off >/dev/null`)
}

/** Further settings of each node's namespace in a network that carries IPv6, and in one that does not. */
export const IPV6_SYSCTLS: Record<string, string> = {
  'net.ipv6.conf.all.forwarding': '1',
  // Devices have the addresses that the lab gives them, and nothing asks or tells of routers.
  'net.ipv6.conf.default.addr_gen_mode': '1',
  'net.ipv6.conf.default.accept_ra': '0'
}
export const NO_IPV6_SYSCTLS: Record<string, string> = {
  'net.ipv6.conf.all.disable_ipv6': '1',
  'net.ipv6.conf.default.disable_ipv6': '1'
}

/** Shell lines for kernel settings, which one process makes. */
export function sysctlLines(settings: Record<string, string>): string[] {
  const settled = Object.entries(settings).map(([key, value]) => `${key}=${value}`)
  return [`sysctl -q -w ${settled.join(' ')}`]
}

/** Lines of `tc` that hand every frame that comes in at one device out at the other. */
export function redirectLines(from: string, to: string): string[] {
  return [
    `qdisc add dev ${from} ingress`,
    `filter add dev ${from} parent ffff: protocol all u32 match u32 0 0 action mirred egress redirect dev ${to}`
  ]
}

/**
 * Lines of `tc` that make one device the door to another. Frames sent to the door leave by the
 * other device, whether there is room or not, and frames that arrive at the other device come in at
 * the door.
 */
export function doorLines(door: string, device: string): string[] {
  return [
    `qdisc add dev ${door} clsact`,
    `filter add dev ${door} egress protocol all u32 match u32 0 0 action mirred egress mirror dev ${device} trap`,
    `qdisc add dev ${device} ingress`,
    `filter add dev ${device} parent ffff: protocol all u32 match u32 0 0 action mirred ingress redirect dev ${door}`
  ]
}

/**
 * Lines of `tc` for the device at the end of one direction of a link: its rate, and its drop-tail
 * queue in bytes. A change of rate keeps the queued bytes; a black hole drops everything, the queue
 * included. `before` is the state that the lines change; undefined for a new device.
 */
export function queueLines(link: number, direction: Direction, now: LinkNow, before?: LinkNow): string[] {
  const device = wireDevice(link, direction === 'down' ? 1 : 0)
  const { rateBytesPerSecond: rate, queueBytes } = now[direction]
  if (now.blackHole) return [`qdisc replace dev ${device} root handle 2: blackhole`]
  if (rate === undefined) return [`qdisc replace dev ${device} root handle 3: pfifo limit 10000`]
  const trainBytes = Math.max(2 * FRAME_BYTES, Math.ceil((rate * TRAIN_MS) / 1000))
  const isShaped =
    before !== undefined && !before.blackHole && before[direction].rateBytesPerSecond !== undefined
  return [
    ...(isShaped ? [] : [`qdisc replace dev ${device} root handle 1: htb default 1`]),
    `class replace dev ${device} parent 1: classid 1:1 htb rate ${Math.round(rate * 8)}bit burst ${trainBytes} cburst ${trainBytes} quantum ${FRAME_BYTES}`,
    `qdisc replace dev ${device} parent 1:1 handle 10: bfifo limit ${queueBytes}`
  ]
}

/**
 * Arguments of netem for one direction. With jitter a rate far above all others keeps packets in
 * order, where they are to keep it.
 */
export function netemArguments({ delayMs, jitterMs, reorders, loss, bursts }: LinkState): string {
  const order = reorders ? '' : ' rate 100gbit'
  const delay = `delay ${microseconds(delayMs)}${jitterMs > 0 ? ` ${microseconds(jitterMs)}${order}` : ''}`
  const losses = bursts
    ? `gemodel ${percent(bursts.toBad)} ${percent(bursts.toGood)} ${percent(bursts.lossInBad)} ${percent(bursts.lossInGood)}`
    : percent(loss)
  return `${delay} loss ${losses} limit ${NETEM_LIMIT_PACKETS}`
}

/** Whether a link ever delays or loses packets, and so needs netem and not only a rate. */
export function needsNetem(topology: Topology, link: number, traces: Traces = new Map()): boolean {
  const impairs = ({ delayMs = 0, jitterMs = 0, loss = 0, trace: use }: Partial<LinkState>) => {
    const trace = use && traces.get(traceKey(use))
    const isTraced = trace?.delaysMs !== undefined || trace?.losses !== undefined
    return delayMs > 0 || jitterMs > 0 || loss > 0 || isTraced
  }
  const { down, up } = topology.links[link]!
  const changes = topology.events.flatMap(event =>
    'link' in event && event.link === link && event.change.kind === 'set'
      ? [event.change.down, event.change.up]
      : []
  )
  return [down, up, ...changes].some(impairs)
}

export function hardwareAddress(link: number, end: number): string {
  const hex = (byte: number) => byte.toString(16).padStart(2, '0')
  return `02:ab:${hex(link >> 8)}:${hex(link & 255)}:00:${hex(end + 1)}`
}

function percent(share: number): string {
  return `${share * 100}%`
}

function microseconds(ms: number): string {
  return `${Math.round(ms * 1000)}us`
}
