import type { Measurement } from './link-table.ts'
import type { Neighborly } from './neighbor-choice.ts'

/** A source's or relay's description of itself when it registers. */
export interface Registration extends Neighborly {
  addresses: readonly string[]
  /** The most bytes a second that a relay forwards, as its operator says; absent: unlimited or unknown. */
  capacityBytesPerSecond?: number
  labels: readonly string[]
  /** A restricted relay serves other relays, not clients. */
  restricted: boolean
  /** What the node can do beyond the protocol: told to those who are led to it or over it. */
  capabilities: readonly string[]
  /** Name of the access rule by which the node came in; absent where everybody may. */
  vouchedBy?: string
}

/** One content as its holder tells it. */
export interface ToldEntry {
  name: string
  /** Lower-case hex. */
  rootHash: string
  /** The source's signed statement, one character for each byte; see `record-text.ts`. */
  record: string
}

/**
 * A step in a registry's history: plain data that survives JSON, so that it can be kept or sent to other directors. Times
 * are durations, counted from when a registry applies the change, since no two directors share a clock. `owner` is the
 * director to which the node has its stream: it publishes what the node says, and it alone ends the node's lease, so a
 * change that ends the lease of a node that has another owner by now changes nothing.
 */
export type RegistryChange =
  /**
   * A node came, or tells anew what it is. What it told of contents stays. `from` is the multiaddr
   * from which it came.
   */
  | { kind: 'registered'; owner: string; node: Registration; from: string; leaseMs: number }
  /** The node's owner has found it at these multiaddrs, and at no others. */
  | { kind: 'reached'; owner: string; peerId: string; addresses: readonly string[] }
  /** A node extends its lease and tells its state. */
  | { kind: 'renewed'; peerId: string; draining: boolean; load: number; indexing: boolean; leaseMs: number }
  /** A node gave a sign of life. */
  | { kind: 'touched'; peerId: string; leaseMs: number }
  /** The node's stream broke: it has a short grace to come back. */
  | { kind: 'disconnected'; owner: string; peerId: string; graceMs: number }
  /** A node took leave. */
  | { kind: 'gone'; owner: string; peerId: string }
  /** A node starts to tell all its contents anew; what it told before stays until `contentsComplete`. */
  | { kind: 'contentsBegun'; peerId: string }
  | { kind: 'contentsPut'; peerId: string; entries: readonly ToldEntry[] }
  | { kind: 'contentsRemoved'; peerId: string; names: readonly string[] }
  /** A node has told all its contents: those that it did not repeat since `contentsBegun` are gone. */
  | { kind: 'contentsComplete'; peerId: string }
  /** A record was found to be signed by its source for this name and root, or was not: then the content is removed. */
  | { kind: 'contentChecked'; peerId: string; name: string; record: string; isGenuine: boolean }
  /**
   * A node measured round trips; each counts for `ttlMs`. They are `smoothed` where another director
   * tells them, which has done that.
   */
  | {
      kind: 'measured'
      peerId: string
      peers: readonly Measurement[]
      ttlMs: number
      smoothed?: boolean
    }
  /** A client at this host complained of a route over these relays; see StandingBook. */
  | { kind: 'complained'; host: string; relays: readonly string[] }
  /**
   * The leases of nodes ended, and the time of measurements: the latter are pairs of who measured
   * and whom.
   */
  | ({ kind: 'expired'; owner: string } & Overdue)

/** The leases and measurements that a director has to publish as `expired`. */
export interface Overdue {
  peerIds: readonly string[]
  measurements: readonly (readonly [from: string, to: string])[]
}

/** The effects of a change on what others rely on. */
export interface RegistryEffects {
  /** A node came, went or changed its state, or a link came or went. */
  topology: boolean
  /**
   * Of that change: the peer ids of the node, or of the ends of the link, and of those that are linked to
   * the node, and the node's network.
   */
  places: Set<string>
  /** The peer ids of the nodes that may have to be told other neighbours. */
  choosers: Set<string> | 'all'
  /** Names and root hashes whose holders changed. */
  contents: Set<string>
}

export function noEffects(): RegistryEffects {
  return { topology: false, places: new Set(), choosers: new Set(), contents: new Set() }
}

/** Gathers the effects of several changes. */
export function addEffects(sum: RegistryEffects, effects: RegistryEffects): void {
  sum.topology ||= effects.topology
  for (const place of effects.places) sum.places.add(place)
  addChoosers(sum, effects.choosers)
  for (const key of effects.contents) sum.contents.add(key)
}

export function addChoosers(sum: RegistryEffects, choosers: Iterable<string> | 'all'): void {
  if (choosers === 'all') sum.choosers = 'all'
  else if (sum.choosers !== 'all') for (const peerId of choosers) sum.choosers.add(peerId)
}
