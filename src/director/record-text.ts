import type { ToldEntry } from './registry-change.ts'

/** The signed bytes of a record; see `recordText`. */
export function recordBytes({ record }: ToldEntry): Uint8Array {
  return Uint8Array.from(Buffer.from(record, 'latin1'))
}

/** A record as an entry keeps it: text takes less room than an array of its own, and survives JSON. */
export function recordText(bytes: Uint8Array): string {
  return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).toString('latin1')
}
