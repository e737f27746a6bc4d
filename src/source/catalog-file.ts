import { createHash } from 'node:crypto'
import type { BigIntStats } from 'node:fs'

/** The properties that tell one state of a file from another without reading it. */
export interface FileIdentity {
  sizeBytes: number
  mtimeNs: bigint
  ino: bigint
  dev: bigint
}

/** A regular file that the catalog may offer. */
export interface ScannedFile {
  /** The content's name: the path below the directory, in NFC. */
  name: string
  /** Real path, no symbolic link in it at the time of the scan. */
  path: string
  identity: FileIdentity
  /** Time of the last change to data, owner or mode. */
  ctimeNs: bigint
}

export function identityOf(stats: BigIntStats): FileIdentity {
  return { sizeBytes: Number(stats.size), mtimeNs: stats.mtimeNs, ino: stats.ino, dev: stats.dev }
}

/** Milliseconds since 1970. */
export function modifiedAtMsOf({ mtimeNs }: FileIdentity): number {
  return Number(mtimeNs / 1_000_000n)
}

export function sameIdentity(a: FileIdentity, b: FileIdentity): boolean {
  return a.sizeBytes === b.sizeBytes && a.mtimeNs === b.mtimeNs && a.ino === b.ino && a.dev === b.dev
}

/** Whether nothing tells one look at a file from another. Where something does, the bytes may still be equal. */
export function looksSame(a: ScannedFile, b: ScannedFile): boolean {
  return a.path === b.path && a.ctimeNs === b.ctimeNs && sameIdentity(a.identity, b.identity)
}

/**
 * The key under which a file's hashes are cached, 32 bytes. The device is left out: its number differs from one mount
 * to the next, and path and inode together stand for it.
 */
export function hashCacheKey(path: string, identity: FileIdentity, segmentBytes: number): Uint8Array {
  const { sizeBytes, mtimeNs, ino } = identity
  const parts = [path, sizeBytes, mtimeNs.toString(), ino.toString(), segmentBytes]
  return createHash('sha256').update(JSON.stringify(parts)).digest()
}
