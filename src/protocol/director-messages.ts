/** The protocol of a stream to a director. A change that older peers would misread gets a new number. */
export const DIRECTOR_PROTOCOL = '/anabranch/director/1.0.0'

/** A node and the multiaddrs, each with its peer id at the end, at which it can be dialed. */
export interface PeerAddresses {
  peerId: string
  addresses: string[]
}

/** A node asks to be known for the length of a lease; it stays on this stream. */
export interface RegisterRequest {
  kind: 'register'
  role: 'source' | 'relay'
  addresses: string[]
  /** The most bytes a second that a relay forwards; absent: unlimited or unknown. */
  capacityBytesPerSecond?: number
  labels: string[]
  /** True for a relay that serves other relays, not clients. */
  restricted: boolean
  /** Peer ids of the only nodes it is linked to; absent: the director chooses whom it measures. */
  neighbors?: string[]
}

export interface RenewRequest {
  kind: 'renew'
  draining: boolean
  /** The load of the node, from 0 (idle) to 1 (full). */
  load: number
}

/** The node leaves for good; a stream that ends without this was lost. */
export interface LeaveRequest {
  kind: 'leave'
}

/**
 * A content, with the name and root that its signed record states, so that the director need not
 * check each record to file it.
 */
export interface CatalogItem {
  name: string
  rootHash: Uint8Array
  record: Uint8Array
}

/**
 * The contents that came to and went from a source's catalog. After a `register` the whole catalog
 * follows, then `complete`.
 */
export interface CatalogRequest {
  kind: 'catalog'
  put: CatalogItem[]
  /** Names of contents that are gone. */
  remove: string[]
  complete: boolean
}

export interface MeasuredPeer {
  peerId: string
  /**
   * The round trip in milliseconds; absent when the peer could not be reached (a client's
   * neighbour: was not measured).
   */
  rttMs?: number
}

export interface MeasurementsRequest {
  kind: 'measurements'
  peers: MeasuredPeer[]
}

export interface QueryRequest {
  kind: 'query'
  content: { name: string } | { rootHash: Uint8Array }
  /** Peer id of the only source that is wanted; absent: any. */
  source?: string
  /** How many routes are wanted, 1 to 16. */
  routes: number
  /** The only relays that the client can reach; absent: any. */
  neighbors?: MeasuredPeer[]
  /** Routes in use, to be kept while they exist. */
  held?: { source: string; routes: string[][] }
  /** True when the stream stays open and each change of the answer is told. */
  watch: boolean
}

export type DirectorRequest =
  | RegisterRequest
  | RenewRequest
  | LeaveRequest
  | CatalogRequest
  | MeasurementsRequest
  | QueryRequest

export interface RegisteredReply {
  kind: 'registered'
  /** Milliseconds that the lease lasts; the node renews each third of it. */
  leaseMs: number
}

/** The peers that the node should measure from now on. */
export interface NeighborsReply {
  kind: 'neighbors'
  peers: PeerAddresses[]
}

/** How many contents of the source the director holds, told after each catalog frame. */
export interface CatalogStoredReply {
  kind: 'catalogStored'
  entries: number
}

/** Something was refused; the stream goes on unless the director closes it. */
export interface NoticeReply {
  kind: 'notice'
  status: number
  message: string
}

export interface RouteRelay extends PeerAddresses {
  capacityBytesPerSecond?: number
  labels: string[]
}

export interface OfferedRoute {
  /** See routeId. */
  id: string
  /** From the client's side: the first is dialed by the client, the last stands next to the source. */
  relays: RouteRelay[]
  /** The route's round trips plus penalties, in milliseconds: lower is better. */
  costMs: number
  /** The least of its relays' limits in bytes a second; absent where none has told a limit. */
  capacityBytesPerSecond?: number
}

/** The reason why there are fewer routes than asked for. */
export interface RouteShortfall {
  reason: 'no-relay' | 'source-unlinked' | 'client-unlinked' | 'not-joined' | 'shared'
  /** Relays of which every route must pass one. */
  relays: string[]
  /** Links between relays that the routes cannot avoid. */
  links: [string, string][]
  /** The explanation for people. */
  message: string
}

export interface AnswerReply {
  kind: 'answer'
  /** WireStatus.ok, or why there is no content. */
  status: number
  message: string
  /** The director started less than a lease ago: nodes may still be on their way back to it. */
  settling: boolean
  /** The signed content record; with it the source. */
  record?: Uint8Array
  source?: PeerAddresses
  /** The routes, best first. */
  routes: OfferedRoute[]
  shortfall?: RouteShortfall
  /** Ids of routes that the answer before (or what the query held) did not have. */
  gained: string[]
  /** Ids of routes that only the answer before (or what the query held) had. */
  lost: string[]
}

export type DirectorReply = RegisteredReply | NeighborsReply | CatalogStoredReply | NoticeReply | AnswerReply
