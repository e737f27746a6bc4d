/** Memory for what is on its way or waits for its turn: 64 MiB. With the runtime a client stays below 200 MB in all. */
export const DEFAULT_MEMORY_BYTES = 64 * 1024 * 1024

/**
 * Share of that memory that may be content between the output and the horizon: 32 MiB by default, 3 s of 90 Mbit/s. The
 * rest is what received frames take beyond their content.
 */
export const PAYLOAD_SHARE = 0.5

/** Routes asked for. */
export const DEFAULT_ROUTES = 8

/** How long a fetch goes on without any route before it gives up, in milliseconds: longer than nodes take to start anew. */
export const DEFAULT_PATIENCE_MS = 120_000
/** The same where somebody watches: 10 minutes, for a laptop that changes networks. */
export const WATCHED_PATIENCE_MS = 600_000

/** Sent back by the source behind its first answer on each route: the test block of the patent. */
export const TEST_BLOCK_BYTES = 8 * 1024
