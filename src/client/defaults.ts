/**
 * Memory of a fetch, in bytes, for content on its way or waiting for its turn: 64 MiB. With the
 * runtime a client stays below 200 MB in all.
 */
export const DEFAULT_MEMORY_BYTES = 64 * 1024 * 1024

/**
 * Share of the fetch's memory, 0 to 1, that content between the output and the horizon may take: 32
 * MiB by default, which is 3 s at 90 Mbit/s. The rest is for what received frames take beyond their
 * content.
 */
export const PAYLOAD_SHARE = 0.5

/**
 * Memory in bytes that a segment takes besides its content while it is awaited or waits: what the
 * ledger, the reassembler and the runtime keep of it, 350 by measure. A source may cut its content
 * into segments of one byte.
 */
export const SEGMENT_OVERHEAD_BYTES = 512

/** Number of routes that a client asks a director for. */
export const DEFAULT_ROUTES = 8

/** How long a fetch goes on without any route before it gives up, in milliseconds: longer than nodes take to start anew. */
export const DEFAULT_PATIENCE_MS = 120_000
/**
 * The same patience, in milliseconds, where a person watches: 10 minutes, for a laptop that changes
 * networks.
 */
export const WATCHED_PATIENCE_MS = 600_000

/**
 * Size in bytes of the test block that the source sends behind its first answer on each route, as
 * in the patent.
 */
export const TEST_BLOCK_BYTES = 8 * 1024

/**
 * How long a client goes by what it has learnt of a route, in milliseconds: 10 minutes. Rates of
 * paths mostly hold for minutes, and a wrong one is corrected within round trips.
 */
export const REMEMBERED_MS = 600_000
/** The most routes of which a client remembers something: those of dozens of contents. */
export const REMEMBERED_ROUTES = 256
/** The least that fetches can be limited to, in bytes a second. */
export const LEAST_RATE = 1_000
