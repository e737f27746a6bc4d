import { createHash, type Hash } from 'node:crypto'
import { closeSync, openSync, readSync, renameSync, rmSync, writeSync } from 'node:fs'
import { open } from 'node:fs/promises'
import {
  buildUpperLevels,
  EMPTY_ROOT,
  groupCount,
  groupSegmentCount,
  HASH_BYTES,
  HASH_GROUP_SEGMENTS,
  proofPositions,
  upperHashCount
} from '../protocol/merkle.ts'
import type { GroupHashes } from './content-store.ts'

// A hash file holds the hashes from which one content's proofs are made, so that none of them needs
// to stay in memory (10 GB have 10 MB of hashes). Its parts are: magic (16 bytes), cache key (32),
// leaf hashes, upper levels (buildUpperLevels), and the SHA-256 of all these (32). It is written
// under another name and renamed, so it is there whole or not at all; the checksum finds damage
// from a crash or a failing disk.
const MAGIC = Buffer.from('anabranch-hash-1')
const HEADER_BYTES = MAGIC.length + HASH_BYTES
const CHECK_CHUNK_BYTES = 256 * 1024

/** Writes a hash file while the content is being hashed; synchronous, for the worker. */
export class HashFileWriter {
  readonly #path: string
  readonly #temporaryPath: string
  readonly #fd: number
  readonly #checksum: Hash = createHash('sha256')
  #isOpen = true

  /** Throws the file system's error. */
  constructor(path: string, temporaryPath: string, key: Uint8Array) {
    this.#path = path
    this.#temporaryPath = temporaryPath
    this.#fd = openSync(temporaryPath, 'w', 0o600)
    try {
      this.append(MAGIC)
      this.append(key)
    } catch (error) {
      this.discard()
      throw error
    }
  }

  /** Adds the next leaf hashes, in order. */
  append(bytes: Uint8Array): void {
    this.#checksum.update(bytes)
    this.#writeAll(bytes)
  }

  /** Adds the levels above `groupRoots` and puts the file into its place. Returns the root hash. */
  finish(groupRoots: Uint8Array): Uint8Array {
    const upperLevels = buildUpperLevels(groupRoots)
    this.append(upperLevels)
    this.#writeAll(this.#checksum.digest())
    this.#close()
    renameSync(this.#temporaryPath, this.#path)
    return upperLevels.length === 0 ? EMPTY_ROOT : upperLevels.slice(-HASH_BYTES)
  }

  /** Closes and removes the unfinished file. */
  discard(): void {
    this.#close()
    rmSync(this.#temporaryPath, { force: true })
  }

  #close(): void {
    if (this.#isOpen) closeSync(this.#fd)
    this.#isOpen = false
  }

  #writeAll(bytes: Uint8Array): void {
    for (let offset = 0; offset < bytes.length; ) offset += writeSync(this.#fd, bytes, offset)
  }
}

/**
 * Returns the root hash in a hash file; undefined when the file is missing, belongs to another
 * content or to an older state, or is damaged. Reads the whole file (a thousandth of the content)
 * in pieces.
 */
export async function readCachedRoot(
  path: string,
  key: Uint8Array,
  segmentCount: number
): Promise<Uint8Array | undefined> {
  try {
    await using file = await open(path, 'r')
    const bodyBytes = (segmentCount + upperHashCount(groupCount(segmentCount))) * HASH_BYTES
    const checkedBytes = HEADER_BYTES + bodyBytes
    if ((await file.stat()).size !== checkedBytes + HASH_BYTES) return undefined
    const checksum = createHash('sha256')
    const chunk = Buffer.alloc(CHECK_CHUNK_BYTES)
    for (let position = 0; position < checkedBytes; ) {
      const { bytesRead } = await file.read(
        chunk,
        0,
        Math.min(chunk.length, checkedBytes - position),
        position
      )
      if (bytesRead === 0) return undefined
      if (position === 0 && !hasHeader(chunk, key)) return undefined
      checksum.update(chunk.subarray(0, bytesRead))
      position += bytesRead
    }
    const tail = Buffer.alloc(2 * HASH_BYTES)
    await file.read(tail, 0, tail.length, checkedBytes - HASH_BYTES)
    if (!checksum.digest().equals(tail.subarray(HASH_BYTES))) return undefined
    return segmentCount === 0 ? EMPTY_ROOT : Uint8Array.from(tail.subarray(0, HASH_BYTES))
  } catch {
    return undefined
  }
}

/** The hashes of one content, open for reading. */
export interface ContentHashes {
  /** Throws the file system's error, or an Error where the file is cut short. */
  group(group: number): GroupHashes
  close(): void
}

/** The hashes of a content of one group, whose proof is empty. */
export class HeldHashes implements ContentHashes {
  readonly #leaves: Uint8Array

  constructor(leaves: Uint8Array) {
    this.#leaves = leaves
  }

  group(): GroupHashes {
    return { leaves: this.#leaves, proof: new Uint8Array(0) }
  }

  close(): void {}
}

/** An open hash file; it gives any group's hashes and proof with a few small reads. */
export class HashFile implements ContentHashes {
  readonly #fd: number
  readonly #segmentCount: number

  /** Throws the file system's error, or an Error when the file does not hold the hashes under this root. */
  constructor(path: string, rootHash: Uint8Array, segmentCount: number) {
    this.#fd = openSync(path, 'r')
    this.#segmentCount = segmentCount
    try {
      if (!this.#rootHash().equals(rootHash)) throw new Error('the hash file belongs to another content')
    } catch (error) {
      closeSync(this.#fd)
      throw error
    }
  }

  /**
   * Returns a group's leaf hashes and proof. Synchronous: a group is 2 KiB and its proof a few
   * hundred bytes, nearly always in the page cache.
   */
  group(group: number): GroupHashes {
    const count = groupSegmentCount(this.#segmentCount, group)
    const leaves = this.#readHashes(group * HASH_GROUP_SEGMENTS, count)
    const positions = proofPositions(groupCount(this.#segmentCount), group)
    const proof = Buffer.concat(positions.map(position => this.#readHashes(this.#segmentCount + position, 1)))
    return { leaves, proof }
  }

  close(): void {
    closeSync(this.#fd)
  }

  #rootHash(): Buffer {
    if (this.#segmentCount === 0) return Buffer.from(EMPTY_ROOT)
    return this.#readHashes(this.#segmentCount + upperHashCount(groupCount(this.#segmentCount)) - 1, 1)
  }

  #readHashes(first: number, count: number): Buffer {
    return this.#read(HEADER_BYTES + first * HASH_BYTES, count * HASH_BYTES)
  }

  #read(position: number, length: number): Buffer {
    const bytes = Buffer.alloc(length)
    if (readSync(this.#fd, bytes, 0, length, position) < length) throw new Error('the hash file is cut short')
    return bytes
  }
}

function hasHeader(bytes: Buffer, key: Uint8Array): boolean {
  return (
    bytes.subarray(0, MAGIC.length).equals(MAGIC) && bytes.subarray(MAGIC.length, HEADER_BYTES).equals(key)
  )
}
