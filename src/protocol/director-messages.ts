/** The protocol of a stream to a director. A change that older peers would misread gets a new number. */
export const DIRECTOR_PROTOCOL = '/anabranch/director/2.0.0'

/** A node and the multiaddrs, each with its peer id at the end, at which it can be dialed. */
export interface PeerAddresses {
  peerId: string
  addresses: string[]
}

/** A path by the peer ids of its nodes. */
export interface PathIds {
  /**
   * From the client's side: the first is dialed by the client, the last stands next to the source. Without any the client
   * dials the source itself.
   */
  relays: string[]
  source: string
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
  /** Names of what the node can do beyond this protocol: lower-case letters, digits and hyphens. */
  capabilities: string[]
  /** The id of the route protocol that the node speaks. Absent: none that the director knows. */
  routeProtocol?: string
  /** The token by which the director is to let the node in; see parseToken. Absent: none. */
  token?: string
}

export interface RenewRequest {
  kind: 'renew'
  draining: boolean
  /** The load of the node, from 0 (idle) to 1 (full). */
  load: number
  /** The node is a source that will tell further contents: it is still hashing them. */
  indexing: boolean
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

/** Whether routes may go straight to a source, without a relay (`also`), or have to (`only`). */
export const DIRECT_ROUTES = ['never', 'also', 'only'] as const
export type DirectRoutes = (typeof DIRECT_ROUTES)[number]

export interface QueryRequest {
  kind: 'query'
  content: { name: string } | { rootHash: Uint8Array }
  /** Peer id of the only source that is wanted; absent: any. */
  source?: string
  /** How many routes are wanted, 1 to 16. */
  routes: number
  /** The only relays that the client can reach; absent: any. */
  neighbors?: MeasuredPeer[]
  /** Paths in use, to be kept while they exist. */
  held: PathIds[]
  /** True where routes may go over relays of one network or operator. Default: false. */
  sameNetwork?: boolean
  /** Default: never. */
  direct?: DirectRoutes
  /** True when the stream stays open and each change of the answer is told. */
  watch: boolean
  /** The id of the route protocol that the client speaks. Absent: none that the director knows. */
  routeProtocol?: string
  /** The token by which the director is to let the client in; see parseToken. Absent: none. */
  token?: string
}

/**
 * What a route has done that nobody honest does: it brought what the source had not sent so
 * (`tampered`), it ended at another node than the source (`impostor`), or it brought bytes that the
 * source's record does not vouch for, where relays can make such up (`corrupt`).
 */
export const FAULTS = ['tampered', 'impostor', 'corrupt'] as const
export type Fault = (typeof FAULTS)[number]

/** A client says that the relays of a route to which it was led have wronged it: one of them, or several. */
export interface ComplaintRequest {
  kind: 'complaint'
  /** The peer ids of all relays of the route, in the order of PathIds. */
  relays: string[]
  fault: Fault
}

/** A client asks which contents there are. */
export interface ListRequest {
  kind: 'list'
  /** The beginning that the names have in common; empty: all names. */
  prefix: string
  /** Peer id of the only source whose contents are wanted; absent: any. */
  source?: string
  /** The token by which the director is to let the client in; see parseToken. Absent: none. */
  token?: string
}

export type DirectorRequest =
  | RegisterRequest
  | RenewRequest
  | LeaveRequest
  | CatalogRequest
  | MeasurementsRequest
  | QueryRequest
  | ComplaintRequest
  | ListRequest

/** What a director says in its first reply of who has come, and of itself. */
export interface DirectorsView {
  /** The multiaddr from which it sees the connection come, without a peer id. */
  observed?: string
  /** Its time in milliseconds since 1970, UTC. */
  timeMs?: number
}

export interface RegisteredReply extends DirectorsView {
  kind: 'registered'
  /** Milliseconds that the lease lasts; the node renews each third of it. */
  leaseMs: number
  /** Names of what the director can do beyond this protocol. */
  capabilities: string[]
}

/** The nodes to which the node may be linked, from now on. */
export interface NeighborsReply {
  kind: 'neighbors'
  /** Those that the node should measure. */
  peers: PeerAddresses[]
  /** Others that are linked to it, since they have measured it or it has measured them before. */
  linked: PeerAddresses[]
  /**
   * The node was found at none of its addresses: it should attach itself to relays among `peers`.
   * `linked` are then all those to which it is attached.
   */
  attach: boolean
}

/** How many contents of the source the director holds, told after each catalog frame. */
export interface CatalogStoredReply {
  kind: 'catalogStored'
  entries: number
}

/** An address at which a node was not found. */
export interface UnreachedAddress {
  address: string
  reason: string
}

/** What the director has found out about a node's addresses, told once all were tried and when that changes. */
export interface VerdictReply {
  kind: 'verdict'
  /** Those at which it has found the node, in the node's order. */
  reached: string[]
  unreached: UnreachedAddress[]
}

/** Something was refused; the stream goes on unless the director closes it. */
export interface NoticeReply {
  kind: 'notice'
  status: number
  message: string
}

/** A source that has the content. */
export interface Holder extends PeerAddresses {
  /** The content record that it has signed. */
  record: Uint8Array
  capabilities: string[]
}

export interface RouteRelay extends PeerAddresses {
  capacityBytesPerSecond?: number
  labels: string[]
  capabilities: string[]
  /** Name of the rule by which the director has let the relay in; absent: it lets every relay in. */
  vouchedBy?: string
}

export interface AnsweredRoute {
  /** The relays in the order of PathIds. */
  relays: RouteRelay[]
  /** Peer id of the holder to which the route leads. */
  source: string
  /** The route's round trips plus penalties, in milliseconds: lower is better. */
  costMs: number
}

/** The reason why there are fewer routes than asked for. */
export interface RouteShortfall {
  reason: 'no-relay' | 'source-unlinked' | 'client-unlinked' | 'not-joined' | 'shared' | 'same-network'
  /** Relays of which every route must pass one. */
  relays: string[]
  /** Links between relays that the routes cannot avoid. */
  links: [string, string][]
  /** The explanation for people. */
  message: string
}

export interface AnswerReply extends DirectorsView {
  kind: 'answer'
  /** WireStatus.ok, or why there is no content. */
  status: number
  message: string
  /** The director started less than a lease ago: nodes may still be on their way back to it. */
  settling: boolean
  /** Nobody has the content, but a source that could be meant is still hashing its files. Default: false. */
  indexing?: boolean
  /** Who has the content, best first; none where nobody has it. */
  holders: Holder[]
  /** The routes, best first; each leads to one of the holders. */
  routes: AnsweredRoute[]
  shortfall?: RouteShortfall
  /** Ids (see routeId) of routes that the answer before (or what the query held) did not have. */
  gained: string[]
  /** Ids of routes that only the answer before (or what the query held) had. */
  lost: string[]
  /** The asker's pass for relays of these routes that want one, as signed; see pass.ts. */
  pass?: Uint8Array<ArrayBuffer>
}

/** What a name stands for, as the first source says that told it. */
export interface ListedContent {
  name: string
  rootHash: Uint8Array
  /** As the record says, whose signature nobody has checked yet; absent for a live content. */
  sizeBytes?: number | undefined
  /** The number of sources that hold these bytes under the name, 1 or more. */
  sources: number
}

/** A part of a list of contents, in no order. The list changes while it is told, so that a name may come twice. */
export interface ListedReply {
  kind: 'listed'
  contents: ListedContent[]
  /** True in the last part. */
  complete: boolean
  /** As in an answer. */
  settling: boolean
  /** A source that could be meant is still hashing its files. */
  indexing: boolean
}

export type DirectorReply =
  | RegisteredReply
  | NeighborsReply
  | CatalogStoredReply
  | VerdictReply
  | NoticeReply
  | AnswerReply
  | ListedReply
