/**
 * Bytes that may lie between the output and the horizon: 48 MiB, 4.5 s of 90 Mbit/s. A client whose output stands still holds
 * as much, and stays below 200 MB in all with what its runtime and the frames on their way take.
 */
export const DEFAULT_MEMORY_BYTES = 48 * 1024 * 1024

/** Routes asked for. */
export const DEFAULT_ROUTES = 8
