/** A hash of bytes that come in parts. `digest` ends it. */
export interface RunningHash {
  update(bytes: Uint8Array): RunningHash
  digest(): Uint8Array
}
