import { createHash, hash } from 'node:crypto'
import type { RunningHash } from './running-hash.ts'

/** The SHA-256 hash of `bytes`, by Node. Imported as `#sha256`, for which browsers get sha256-browser.ts. */
export function sha256(bytes: Uint8Array): Uint8Array {
  return hash('sha256', bytes, 'buffer')
}

/** Starts a SHA-256 hash of bytes that arrive in parts. */
export function startSha256(): RunningHash {
  return createHash('sha256')
}
