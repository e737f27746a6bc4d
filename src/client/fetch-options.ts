import type { Neighborhood } from '../discovery/neighborhood.ts'
import type { Pattern } from '../pattern/pattern.ts'
import type { NumberRange } from '../pattern/range-set.ts'
import type { Pacing } from '../planner/pace.ts'
import type { CutOverMode, FairMode } from '../planner/planner.ts'
import type { ContentRecord } from '../protocol/content-record.ts'
import type { DirectRoutes, PeerAddresses } from '../protocol/director-messages.ts'
import type { Scheduler } from '../scheduler.ts'
import type { NodeOptions, OverlayNode } from '../transport/node.ts'
import type { UplinkOptions } from '../transport/uplinks.ts'
import type { ByteRange, RangeWish } from './byte-range.ts'
import type { FetchControl } from './fetch-control.ts'
import type { FetchEvent } from './fetch-events.ts'
import type { Output } from './output/output.ts'
import type { RelayWishes } from './path-offers.ts'
import type { RoutePath } from './route-table.ts'

/** What all fetches of a client have in common. */
export interface ClientOptions {
  /**
   * A node that is there already and stays the caller's, or the addresses and identity of one that
   * the client starts and stops. Default: one that only dials, under a fresh identity.
   */
  node?: OverlayNode | Partial<NodeOptions>
  /**
   * The uplinks of this host that routes go by, each by one: the client starts a node for each, of
   * which `node` may give the `privateKey` only. Default: the system chooses by which uplink each
   * connection goes.
   */
  uplinks?: UplinkOptions
  /** Multiaddrs of the directors to ask; empty where `paths`, or those nearby, are enough. */
  directors: string[]
  /** Who is heard on this host's own networks: they are asked as well. Default: nobody. */
  neighborhood?: Neighborhood
  /**
   * The token by which the directors let this client in. It goes to directors only whose addresses
   * name their peer ids. Default: none.
   */
  token?: string
  /**
   * The only relays that this client can reach. Those with addresses are dialled while the director
   * is asked. Default: any relay.
   */
  neighbors?: PeerAddresses[]
  /**
   * Leaves routes unsealed, for experiments: relays then see and can change all that they carry. The source has to allow
   * it, too. Default false.
   */
  clear?: boolean
  /** Memory for all reads of opened contents together, in bytes. Default: DEFAULT_MEMORY_BYTES. */
  readMemoryBytes?: number
  /** Clock and timers. Default: those of the process. */
  scheduler?: Scheduler
}

/** Which content is wanted, and over which routes. */
export interface FindRequest {
  /** The content's name. With `rootHash` it selects nothing, as the source may use another name. */
  name: string
  /**
   * The content's root hash, 32 bytes: exactly this content is fetched, whatever its name. Default:
   * the content that `name` stands for at the source.
   */
  rootHash?: Uint8Array
  /**
   * Peer id of the only source that may provide the content. Default: all that have it, as far as the director or
   * `paths` name them.
   */
  from?: string
  /** Multiaddrs of directors that are asked as well, such as those of a ticket. They do not get the token. */
  otherDirectors?: string[]
  /**
   * Paths to sources of the content. Where they lead to several, what the first one to answer has under the name is
   * fetched, from all that have the same.
   */
  paths?: RoutePath[]
  /** Most routes to use. Default: DEFAULT_ROUTES. */
  routes?: number
  /** Whether directors may name routes that go straight to a source, or no others. Default: never. */
  direct?: DirectRoutes
  /** Which relays are wanted among those that the directors name, or that `paths` go over. Default: all. */
  relays?: RelayWishes
  /**
   * True where routes may go over relays of one network (IPv4 /24, IPv6 /48) or operator. Default:
   * false, as far as the director knows.
   */
  sameNetwork?: boolean
  signal?: AbortSignal
}

/** Where the fetch of a live content begins; see FetchRequest. */
export type LiveStart = 'live' | 'begin' | { backMs: number }

/** How long something is looked for. */
export interface SearchRequest {
  /**
   * How long the fetch goes on without any route before it gives up, in milliseconds; also how long it waits at its start
   * for a director, and for a first route. Default: DEFAULT_PATIENCE_MS.
   */
  patienceMs?: number
  /**
   * Of a live content: where to begin. `live`: with what comes next, or of one that has ended at its begin; `begin`: with the
   * oldest that the source keeps; or so many milliseconds before the live edge. Default: `live`.
   */
  start?: LiveStart
  /**
   * Of a live content: how long after it was made everything has to be with the output, in milliseconds; what comes later
   * is left out. Default: it is waited for.
   */
  latencyMs?: number
  /** Of a live content: what does not come within `latencyMs` is waited for, and the delay is told. Default: it is left out. */
  isComplete?: boolean
  /** Waits so long for the content, too, where nobody has it yet. Default: false. */
  wait?: boolean
  onEvent?(event: FetchEvent): void
}

/** Which contents are wanted of all that the directors know. */
export interface ListRequest extends SearchRequest {
  pattern: {
    /** As a user gave it. */
    text: string
    /** The beginning that all names have which it can fit. */
    prefix: string
    fits(name: string): boolean
  }
  /** Peer id of the source that has to provide them. Default: any. */
  from?: string
  signal?: AbortSignal
}

/** Which content is to be opened; `signal` ends the search for it. */
export interface OpenRequest extends FindRequest, Pick<SearchRequest, 'patienceMs' | 'wait' | 'onEvent'> {
  /** Keeps what is read within a rate; others may share it. Default: no limit. */
  pace?: Pacing
}

/** One fetch. */
export interface FetchRequest extends FindRequest, SearchRequest {
  /** Which bytes are wanted, of a content that is not live. Default: all. */
  range?: RangeWish
  /**
   * Opens the output. Called once the content is known; the output says what it wants of it. `range` tells the bytes that
   * are to come where these are not all: the output gets no others.
   */
  openOutput(record: ContentRecord, range?: ByteRange): Promise<Output>
  policy?: string
  /**
   * The content is one of many that are fetched side by side: it begins over no more routes than it
   * has segments, as each costs time of processors. Default: false.
   */
  isOneOfMany?: boolean
  /**
   * Fetches the content in parts, in an order that differs from that of other clients, and also from clients that have only
   * some of them so far; for an output that takes parts. `onComing` is told which segments are on their way.
   */
  crowd?: { onComing?(ranges: NumberRange[]): void }
  /** Pattern for the policy `fixed`. */
  pattern?: Pattern
  /** What is taken of a bottleneck that is shared with connections of others. Default: each. */
  fair?: FairMode
  /** When a new pattern applies; `sync` is for experiments. Default: async. */
  cutover?: CutOverMode
  /** Number of routes over which each segment travels, for the policy `adaptive`. Default: 1. */
  redundancy?: number
  /** Keeps what is fetched within a rate; other fetches may share it. Default: no limit. */
  pace?: Pacing
  /** Steers the fetch while it runs. Default: nobody does. */
  control?: FetchControl
  /** Memory for content, in bytes. Default: DEFAULT_MEMORY_BYTES. */
  memoryBytes?: number
  /**
   * Takes the lines of a record of all that the planner sees and decides; see
   * planner/record/recording.ts. Where an output has gaps, only the first one is recorded.
   */
  record?(line: string): void
}

/** A fetch with a client of its own. */
export interface FetchOptions extends ClientOptions, FetchRequest {}
