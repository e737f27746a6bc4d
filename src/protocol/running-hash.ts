/** A hash of bytes that arrive in parts. `digest` ends it. */
export interface RunningHash {
  update(bytes: Uint8Array): RunningHash
  digest(): Uint8Array
}
