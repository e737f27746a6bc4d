import type { FairMode } from '../planner/planner.ts'
import type { PolicyName } from '../planner/policies/names.ts'
import type { ByteRange } from '../units/byte-range.ts'
import type { Bound, Expectation } from './topology-schema.ts'
import type { TraceUse } from './trace.ts'

/** Bytes of a full-size Ethernet frame, as the emulation counts a packet of the queue. */
export const FRAME_BYTES = 1514
/** Share of a full-size frame's bytes that is TCP payload, with timestamps on. */
export const PAYLOAD_SHARE = 1448 / 1514
/** Packets that a link queues when the file does not say: 200, or one BDP of 100 ms if that is more. */
export const DEFAULT_QUEUE_PACKETS = 200

/** A router only forwards packets: no process of ours runs there, and the overlay does not know of it. */
export type Role = 'source' | 'relay' | 'director' | 'client' | 'router'
/** `down`: from a link's first endpoint to its second; `up`: the other way. */
export type Direction = 'down' | 'up'
/** A version of the Internet Protocol. */
export type Family = 4 | 6

export interface NodeAddress {
  family: Family
  ip: string
  /**
   * Number of the link on whose device the address is. Unset: the address is on the loopback
   * device, and others reach it over whichever link is quickest.
   */
  link?: number
}

export interface TopologyNode {
  name: string
  role: Role
  /** For relays: the most bytes a second that the relay forwards. */
  maxRateBytesPerSecond?: number
  /**
   * Start, in ms after that of the first client. Unset: relays and sources start before the clients, and a client is one
   * of the first.
   */
  startAtMs?: number
  /** For clients: whether others can fetch from it what it has. */
  serves: boolean
  args: string[]
  families: readonly Family[]
  /** All addresses that the node has at the start, IPv4 before IPv6. */
  addresses: readonly NodeAddress[]
  /** For routers: names of the nodes that it hides behind its own address. */
  inside: readonly string[]
  /** Whether the node drops connections that others open. */
  firewall: boolean
}

/** The effects of one direction of a link on packets. */
export interface LinkState {
  /** Rate in bytes a second. Unset: the link does not limit the rate. */
  rateBytesPerSecond?: number
  delayMs: number
  jitterMs: number
  /** Whether jitter may bring packets out of order. Unset: they keep their order. */
  reorders?: true
  /** Share of the packets that are lost, 0 to 1; with `bursts` their mean share. */
  loss: number
  /** Unset: each packet is lost or not whatever befell others. */
  bursts?: LossBursts
  queueBytes: number
  /** What sets rate, delay or loss over time. */
  trace?: TraceUse
}

/** Gilbert and Elliott's model of loss in bursts: four probabilities, 0 to 1, that hold for each packet. */
export interface LossBursts {
  toBad: number
  toGood: number
  lossInGood: number
  lossInBad: number
}

export interface TopologyLink {
  endpoints: [string, string]
  down: LinkState
  up: LinkState
  /** Largest IP packet of the link, in bytes, where that is not Ethernet's 1500. */
  mtu?: {
    bytes: number
    /** Whether both ends know the size. Where they do not, larger packets vanish without an answer. */
    told: boolean
  }
}

/** What a role's process does: it is killed, it is told to stop, or it starts. */
export type RoleAction = 'kill' | 'stop' | 'start'
/** `suspend` and `resume` are for every process of a node; `flush` makes a NAT forget its connections. */
export type NodeAction = RoleAction | 'suspend' | 'resume' | 'flush'

export type TopologyEvent = { atMs: number; everyMs?: number } & (
  | { link: number; change: LinkChange }
  | { node: string; action: NodeAction }
)

/**
 * A change of a link. `set` holds, for each direction, only the settings that change; `interface`
 * and `address` are changes at one end of the link.
 */
export type LinkChange =
  | { kind: 'set'; down: Partial<LinkState>; up: Partial<LinkState> }
  | { kind: 'reset' | 'down' | 'up' }
  | { kind: 'interface'; end: 0 | 1; what: 'vanish' | 'return' }
  | { kind: 'address'; end: 0 | 1; what: 'change' | 'remove' | 'restore' }

/** A content that is made while it is fetched: from the start of the client's command on. */
export interface LiveContent {
  /** How fast it is made, in bytes a second. */
  rateBytesPerSecond: number
  /** Time in ms after which the client does without what is not here. Unset: it waits. */
  latencyMs?: number
  /** Where the client begins: with what is made from then on, or with the first byte. */
  start: 'live' | 'begin'
}

/** A player at the client, which reads the content through a gateway while it plays it. */
export interface Player {
  /** How fast it plays the content, in bytes a second. */
  rateBytesPerSecond: number
  /** Playing time in ms that it holds at most, and needs to begin or to go on. */
  bufferMs: number
}

/**
 * Traffic of others between two nodes that links and routers join. `tcp` sends as much as one
 * connection carries, `udp-cbr` at a constant rate, `web` short TCP transfers at random times.
 */
export interface Traffic {
  kind: 'tcp' | 'udp-cbr' | 'web'
  from: string
  to: string
  /** Bytes a second, as whole frames for udp-cbr and as payload on average for web; unset for tcp. */
  rateBytesPerSecond?: number
  /** Start, in ms after that of the first client. */
  atMs: number
  /** End, in the same time. Unset: it goes on until the clients are done. */
  untilMs?: number
}

/** A topology file after its checks, every quantity in base units. */
export interface Topology {
  name: string
  description?: string
  /** How often the lab measures it. Unset: once. */
  repeat?: number
  congestion?: 'bbr' | 'cubic' | 'reno'
  /** The versions of the Internet Protocol that the network carries. */
  families: readonly Family[]
  nodes: TopologyNode[]
  links: TopologyLink[]
  contentBytes: number
  /** The bytes that are fetched. Unset: all. */
  range?: ByteRange
  segmentBytes?: number
  /** Set where the source makes the content meanwhile. It is then the only source. */
  live?: LiveContent
  /** Set where the client plays the content instead of fetching it. */
  play?: Player
  client: {
    policy?: PolicyName
    cutover?: 'async' | 'sync'
    fair?: FairMode
    routes?: number
    direct?: 'never' | 'also' | 'only'
    args: string[]
  }
  events: TopologyEvent[]
  traffic: Traffic[]
  /** Whether the times of all traces are of one clock, so that they begin and start again together. */
  haveTracesOneClock: boolean
  expect: Expectation
}

/** The bytes of the content that each client fetches. */
export function wantedRange({ contentBytes, range }: Pick<Topology, 'contentBytes' | 'range'>): ByteRange {
  return range ?? { start: 0, end: contentBytes }
}

/** How many bytes each client fetches. */
export function wantedBytes(topology: Pick<Topology, 'contentBytes' | 'range'>): number {
  const { start, end } = wantedRange(topology)
  return end - start
}

/** The clients, in the file's order. */
export function clientsOf({ nodes }: Pick<Topology, 'nodes'>): TopologyNode[] {
  return nodes.filter(({ role }) => role === 'client')
}

/** Whether a measured value satisfies a bound of `expect`. */
export function keepsBound(value: number, bound: Bound): boolean {
  return bound.sign === '<=' ? value <= bound.value : value >= bound.value
}

/**
 * The rate, in bytes a second, at which the content is made or played; undefined where it comes as
 * fast as the routes carry it.
 */
export function ownRateOf({ live, play }: Pick<Topology, 'live' | 'play'>): number | undefined {
  return (live ?? play)?.rateBytesPerSecond
}

/** Number of the link between two nodes, given in either order. */
export function findLink(topology: Pick<Topology, 'links'>, a: string, b: string): number {
  return topology.links.findIndex(({ endpoints: [x, y] }) => (x === a && y === b) || (x === b && y === a))
}

/** Numbers of a node's links. */
export function linksOf(topology: Pick<Topology, 'links'>, name: string): number[] {
  return topology.links.flatMap(({ endpoints }, link) => (endpoints.includes(name) ? [link] : []))
}

/** Whether routes may go from a source to the client without a relay. */
export function mayGoStraight({ client: { direct = 'never' } }: Pick<Topology, 'client'>): boolean {
  return direct !== 'never'
}

/** The node of that name. */
export function nodeNamed(topology: Pick<Topology, 'nodes'>, name: string): TopologyNode {
  return topology.nodes.find(node => node.name === name)!
}
