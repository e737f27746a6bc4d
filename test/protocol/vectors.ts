import { readdirSync, readFileSync } from 'node:fs'
import { fromHex } from '../../src/protocol/bytes.ts'

/** A frame of a protocol, without its length, and what a reader has to make of it. */
export interface Vector {
  /** The file's name without its ending. */
  file: string
  about: string
  frame: Uint8Array
  /** The message that the frame stands for; absent where it stands for none. */
  message?: unknown
  /** Why the frame is malformed. */
  malformed?: string
}

/**
 * Reads the vectors of `vectors/PROTOCOL/*.json`. There bytes are hex strings: those of the frame, and those of the
 * fields named in `byteFields`, wherever in a message they stand.
 */
export function readVectors(protocol: string, byteFields: readonly string[]): Vector[] {
  const directory = new URL(`vectors/${protocol}/`, import.meta.url)
  const toBytes = (key: string, value: unknown) =>
    key === 'frame' || byteFields.includes(key) ? fromHex(value as string) : value
  return readdirSync(directory)
    .sort()
    .map(file => ({
      file: file.replace(/\.json$/, ''),
      ...JSON.parse(readFileSync(new URL(file, directory), 'utf8'), toBytes)
    }))
}
