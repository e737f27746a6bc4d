/** The limits on what a director takes on. Counts, bytes and milliseconds. */
export interface DirectorLimits {
  /**
   * Registered sources and relays. A relay with 35 links takes 5 kB of heap in the registry (experiment
   * 029), besides its connection; a source its catalog, too. Default 2,000.
   */
  maxNodes: number
  /** Contents of one source. Default 200,000. */
  maxCatalogEntries: number
  /**
   * Memory of the catalogs of all sources together, in bytes as `entryBytes` estimates them: about
   * 1 kB for a usual entry. Default 600 MB.
   */
  maxCatalogBytesInAll: number
  /**
   * Milliseconds without a renewal after which a node is forgotten, while nodes are few; nodes renew each
   * third of it. Default 15 s.
   */
  leaseMs: number
  /**
   * The same while nodes are many, at most: nodes tell round trips when they renew, and each has to be told
   * again within `measurementTtlMs`. Default 120 s.
   */
  maxLeaseMs: number
  /** Renewals in a second beyond which leases grow. Default 200. */
  renewalsPerSecond: number
  /**
   * Milliseconds that a node whose connection broke has to come back before its routes are called
   * lost. Default 5 s.
   */
  lostConnectionGraceMs: number
  /** Milliseconds after which a round trip that was not measured again no longer counts. Default 100 s. */
  measurementTtlMs: number
  /** Peers that one node is asked to measure, or may name itself. Default 32. */
  maxNeighbors: number
  /** Peers whose round trips one node may have told at a time. Default 128. */
  maxMeasured: number
  /** Routes in one answer. Default 16. */
  maxRoutes: number
  /** Sources of one content that are compared for a query. Default 16. */
  maxSourcesCompared: number
  /** Open watches, and queries and lists that are being answered, in all. Default 2,000. */
  maxWatches: number
  /**
   * Streams on which nothing was asked yet, each with up to 128 KiB of a request; more are reset.
   * One peer or host may have as many as are still free. Default 1,024.
   */
  maxSilentStreams: number
  /** Addresses that are dialled at once to see whether nodes are there. Default 64. */
  maxDialBacks: number
  /** Those of one host, and those that nodes of one host have told. Default 4. */
  maxDialBacksPerHost: number
  /**
   * Milliseconds after which an address at the host from which a node has come is dialled again for
   * a further node, whatever was found before. Default 5 s.
   */
  ownAddressRetryMs: number
  /**
   * Milliseconds that a node waits at most for word of its addresses before it is told whom to
   * measure. Default 1 s.
   */
  dialBackPatienceMs: number
  /** Open streams of one connection. Default 64. */
  maxStreamsPerConnection: number
  /**
   * Milliseconds for which changes are gathered before watches and neighbour lists are looked at
   * again. Default 100 ms.
   */
  changeDebounceMs: number
  /**
   * Milliseconds for which a node's new links are gathered beyond the first few, unless a client is told of
   * a route over it: while many nodes come, each gains dozens in a second. Default 250 ms.
   */
  neighborGatherMs: number
  /** Milliseconds between two looks through leases and measurements. Default 1 s. */
  sweepIntervalMs: number
  /**
   * Milliseconds after a start in which nodes are on their way back and answers say that they may
   * be incomplete. Default 5 s.
   */
  settleMs: number
  /** Milliseconds after which a stream that has said nothing since it was opened is ended. Default 10 s. */
  firstFrameTimeoutMs: number
  /**
   * Milliseconds for which a pass holds; a watch brings a new one at half of it, so that routes can
   * still be opened when the director is away for the other half. Default 10 min.
   */
  passLifetimeMs: number
  /** Milliseconds of silence after which a node gives way to another with its identity. Default 2 s. */
  identityCheckMs: number
  /** Contents that a view of the director lists, of however many there are. Default 1,000. */
  maxContentsInView: number
}

export const DIRECTOR_LIMITS: DirectorLimits = {
  maxNodes: 2_000,
  maxCatalogEntries: 200_000,
  maxCatalogBytesInAll: 600_000_000,
  leaseMs: 15_000,
  maxLeaseMs: 120_000,
  renewalsPerSecond: 200,
  lostConnectionGraceMs: 5_000,
  measurementTtlMs: 100_000,
  maxNeighbors: 32,
  maxMeasured: 128,
  maxRoutes: 16,
  maxSourcesCompared: 16,
  maxWatches: 2_000,
  maxSilentStreams: 1_024,
  maxDialBacks: 64,
  maxDialBacksPerHost: 4,
  ownAddressRetryMs: 5_000,
  dialBackPatienceMs: 1_000,
  maxStreamsPerConnection: 64,
  changeDebounceMs: 100,
  neighborGatherMs: 250,
  sweepIntervalMs: 1_000,
  settleMs: 5_000,
  firstFrameTimeoutMs: 10_000,
  passLifetimeMs: 600_000,
  identityCheckMs: 2_000,
  maxContentsInView: 1_000
}

/**
 * Links that are looked at for one query of a network of more than some hundred nodes, besides those near its client and
 * sources: half a microsecond each. Routes that only a longer look would find are not found.
 */
export const LINKS_PER_QUERY = 4_000

/** Milliseconds of a lease that is given while there are so many nodes: a node that is gone is known sooner by its connection. */
export function leaseMsFor(
  nodes: number,
  {
    leaseMs,
    maxLeaseMs,
    renewalsPerSecond
  }: Pick<DirectorLimits, 'leaseMs' | 'maxLeaseMs' | 'renewalsPerSecond'>
): number {
  const neededMs = (3 * 1_000 * nodes) / renewalsPerSecond
  return Math.max(leaseMs, Math.min(maxLeaseMs, Math.ceil(neededMs)))
}

/** The connections that others may have with a director, besides those in their handshakes: of all nodes, and of as many clients. */
export const DIRECTOR_CONNECTIONS = 4_000

/** Number of names that a notice lists of those that other sources hold; it gives the number of all, too. */
export const MAX_NAMES_TOLD = 3

/** Number of names that a list looks at in one go. */
export const NAMES_PER_STRETCH = 20_000

/** Milliseconds that a list then leaves to others: some times as long as it took. */
export const STRETCH_PAUSE_MS = 20

/** The costs that make up a path's cost, in milliseconds of round trip or their equivalent. */
export const ROUTE_COSTS = {
  /**
   * Round trip of a client that has not said how far its relays are: the same to all relays, of the
   * size of a usual access line.
   */
  unknownClientRttMs: 50,
  /**
   * Least round trip of a link that its end on the source's side has not measured: the other end
   * alone cannot make itself look near.
   */
  unconfirmedRttMs: 50,
  /** Cost of each relay, which encrypts and queues once more; it also breaks ties towards fewer hops. */
  relayPenaltyMs: 5,
  /**
   * What each further route to one holder of the content costs more than the one before, against routes to other
   * holders: its uplink carries them all.
   */
  furtherRouteMs: 100,
  /** Cost of a relay under full load, added in proportion to the load (0 to 1) that the relay reports. */
  fullLoadPenaltyMs: 100,
  /**
   * Cost of a relay that was not drawn for a client, see drawRelays: more than usual round trips and
   * load, so that such relays come last; several complaints still weigh more.
   */
  undrawnPenaltyMs: 500,
  /**
   * Cost of a relay for each host that complains of it, less with time; see STANDING. For one host
   * it is as much as full load, which other relays of the same region do not cost; with a few hosts
   * it is more than any round trip.
   */
  complaintPenaltyMs: 100
} as const

/**
 * How complaints of relays count. A client may err or lie, and nobody can check what it says: so one
 * host counts once for each relay, and for few relays at a time.
 */
export const STANDING = {
  /** Milliseconds after which a complaint counts half: 10 min. */
  halfLifeMs: 600_000,
  /** Most that one host may hold against one relay: one fresh complaint of a route over it alone. */
  maxBlameOfRelay: 1,
  /** Most that one host may hold against all relays together, so that it cannot put many behind its own. */
  maxBlameOfHost: 3,
  /** Blame that is less than this is forgotten: that of a whole complaint after 40 min. */
  leastBlame: 1 / 16,
  /** Hosts whose complaints are kept, those that have complained last; each has at most 48 relays. */
  maxHosts: 1_000
} as const
