/** How serious a finding is: something does not work, works less well than it could, or could be tuned. */
export type Severity = 'problem' | 'warning' | 'hint'

/** Something that a check has found, and what to do about it. Both texts are for people. */
export interface Finding {
  /** A word for scripts, one for each thing that can be found. */
  kind: string
  severity: Severity
  what: string
  remedy: string
}

/** What came of trying one address of a director. */
export interface DirectorAddress {
  address: string
  /** The round trip of a question in milliseconds; absent where nothing answers. */
  rttMs?: number
  /** Why nothing answers there. */
  problem?: string
  /** Why the director that answers there does not take the question. */
  refusal?: string
  /** The multiaddr from which the director sees this host come. */
  observed?: string
  /** By how much the director's clock is ahead of this host's, in milliseconds, give or take half of `rttMs`. */
  clockAheadMs?: number
}

/** One director: its addresses, each tried by itself. */
export interface DirectorFacts {
  /** Its peer id, or its address where that names none. */
  director: string
  addresses: DirectorAddress[]
  /** What it has found out about this node's addresses; absent where it was not asked or did not say. */
  verdict?: { reached: string[]; unreached: { address: string; reason: string }[] }
}

/** What this host lets the program do; what the system does not tell is absent. */
export interface HostFacts {
  openFiles?: number
  congestionControl?: string
  slowStartAfterIdle?: boolean
  /** The most that a socket may hold of what it receives and sends, in bytes. */
  receiveBufferBytes?: number
  sendBufferBytes?: number
  /** Whether the processor has instructions for AES. */
  aes?: boolean
}

/** Where the rate of a route has its limit, as far as a client can tell. */
export type RouteLimit =
  /** At the relays' own limit. */
  | 'relay'
  /** In a bottleneck that it shares with other routes. */
  | 'shared'
  /** At the source's end or the client's: all routes share it, over relays that differ. */
  | 'ends'
  /** On its own path: a queue stands there. */
  | 'path'
  | 'unknown'

/** What a fetch has found out about one route. Rates are in bytes a second. */
export interface RouteFacts {
  /** Its letter. */
  id: string
  relays: string[]
  state: 'opening' | 'open' | 'late' | 'parked' | 'lost'
  /** Why it has this state; empty where it is open. */
  reason: string
  bytes: number
  /** Milliseconds for which it has been open, or has been opening. */
  openMs: number
  /** The least round trip, and that under load, in milliseconds; absent where nothing was measured. */
  rttMs?: number
  loadedRttMs?: number
  /** What it was found to carry, which is no less than what came. */
  capacityBytesPerSecond: number
  /** What came over it once the fetch had found its pace. */
  rateBytesPerSecond: number
  /** How long segments wait behind lost packets under load, in milliseconds. */
  lossWaitMs: number
  /** The most that its relays let it have, by their own word. */
  limitBytesPerSecond?: number
  /** Letters of the routes with which it shares a bottleneck. */
  sharesWith: string[]
  /** Whether a try of it has ended since nothing more came over its connection. */
  hasFallenSilent: boolean
  /** Whether its first node answers short messages; asked only where nothing came over the route. */
  isAnswering?: boolean
}

/** What a fetch has found out about a content and all routes to it. */
export interface ContentFacts {
  name: string
  bytes: number
  source: string
  /** How many routes were asked for, and how many were named. */
  routesWanted: number
  routesNamed: number
  /** Why there are fewer than asked for; empty where there are not. */
  shortfall: string
  measuredMs: number
  isComplete: boolean
  routes: RouteFacts[]
  /** What came over all routes together once the fetch had found its pace. */
  rateBytesPerSecond: number
  /** Why the fetch failed; empty where it did not. */
  failure: string
}
