import { ROUTE_LIMITS } from './limits.ts'

/** Limits on one frame to or from a director. They bound the memory and the work that a peer can cause. */
export const DIRECTOR_WIRE_LIMITS = {
  /** A frame towards the director: about 300 signed records of usual length. */
  maxRequestBytes: 128 * 1024,
  /** An answer with the most holders, routes, relays and addresses, each as long as can be. */
  maxReplyBytes: 2 * 1024 * 1024,
  maxAddresses: 16,
  /** Addresses at which a node was not found: those that it has told, and those that its names stand for. */
  maxUnreached: 32,
  maxAddressBytes: 512,
  maxPeerIdBytes: 128,
  maxLabels: 16,
  maxLabelBytes: 64,
  /** Longest id of a route protocol. */
  maxProtocolBytes: 64,
  /** Longest name of a rule by which a director lets nodes in. */
  maxVoucherBytes: 64,
  maxNeighbors: 256,
  maxMeasurements: 256,
  /** Longest round trip in milliseconds; a longer one is no round trip. */
  maxRttMs: 60_000,
  maxRecordBytes: 4096,
  maxRecordsPerDelta: 4096,
  /** Holders of the content in one answer. */
  maxHolders: 16,
  /** Contents in one part of a list: a part with the longest names has half of `maxReplyBytes`. */
  maxListed: 1_000,
  maxRoutes: 16,
  maxRelaysPerRoute: 8,
  maxSharedLinks: 256,
  maxMessageBytes: 4096,
  maxPassBytes: ROUTE_LIMITS.maxPassBytes
} as const
