import { sha256 as noble } from '@noble/hashes/sha2.js'
import type { RunningHash } from './running-hash.ts'

/** The SHA-256 hash of `bytes`, in JavaScript: a browser's own hashing is asynchronous. See sha256.ts. */
export function sha256(bytes: Uint8Array): Uint8Array {
  return noble(bytes)
}

/** Starts a SHA-256 hash of bytes that arrive in parts. */
export function startSha256(): RunningHash {
  return noble.create()
}
