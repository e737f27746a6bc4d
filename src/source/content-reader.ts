import { constants } from 'node:fs'
import { type FileHandle, lstat, open } from 'node:fs/promises'
import { type ContentRecord, segmentCount } from '../protocol/content-record.ts'
import { groupCount } from '../protocol/merkle.ts'
import { ContentChangedError, ContentNotReadyError, ContentReadError } from './catalog-errors.ts'
import {
  type FileIdentity,
  hashCacheKey,
  identityOf,
  type ScannedFile,
  sameIdentity
} from './catalog-file.ts'
import { HashFile } from './catalog-hashes.ts'

/** What is read from disk at once: large enough for the disk, small enough that a late segment pins little memory. */
export const READ_BLOCK_BYTES = 256 * 1024

/** How far reading runs ahead of a cursor. */
export const READ_AHEAD_BYTES = 512 * 1024

/** Most memory that one reader's blocks take, being read or held for the routes' cursors. */
export const READ_CACHE_BYTES = 4 * 1024 * 1024

/** Groups whose hashes are held: every route of a session asks for the same ones. 2.5 KiB each. */
const HELD_GROUPS = 32

export interface GroupHashes {
  /** Leaf hashes of the group's segments. */
  leaves: Uint8Array
  /** See MerkleTree.groupProof. */
  proof: Uint8Array
}

export interface ContentReaderOptions {
  record: ContentRecord
  file: ScannedFile
  /** The content's hash file; see catalog-hashes.ts. */
  hashPath: string
}

/** Loading until `bytes` is there. */
interface Block {
  bytes: Uint8Array | undefined
  loaded: Promise<Uint8Array>
}

/**
 * Reads one content's segments for all routes of one session. Blocks are read ahead of every cursor and kept in a
 * least-recently-used cache of at most READ_CACHE_BYTES. Each block is given out only after a look at whether the file
 * is still the one that was hashed; the first sign that it is not ends all reading with ContentChangedError.
 */
export class ContentReader {
  readonly record: ContentRecord
  readonly #path: string
  readonly #identity: FileIdentity
  readonly #file: FileHandle
  readonly #hashes: HashFile
  readonly #blockBytes: number
  readonly #blockCount: number
  readonly #maxBlocks: number
  readonly #readAheadBlocks: number
  /** In order of use, the least recent first. */
  readonly #blocks = new Map<number, Block>()
  readonly #groups = new Map<number, GroupHashes>()
  #failure: Error | undefined
  #closing: Promise<void> | undefined

  private constructor({ record, file }: ContentReaderOptions, handle: FileHandle, hashes: HashFile) {
    this.record = record
    this.#path = file.path
    this.#identity = file.identity
    this.#file = handle
    this.#hashes = hashes
    const { segmentBytes, sizeBytes } = record
    this.#blockBytes = Math.max(1, Math.floor(READ_BLOCK_BYTES / segmentBytes)) * segmentBytes
    this.#blockCount = Math.ceil(sizeBytes / this.#blockBytes)
    this.#maxBlocks = Math.floor(READ_CACHE_BYTES / this.#blockBytes)
    this.#readAheadBlocks = Math.max(1, Math.floor(READ_AHEAD_BYTES / this.#blockBytes))
  }

  /**
   * Throws ContentChangedError when the file is no longer the one in the catalog, ContentNotReadyError when its
   * hashes are gone, ContentReadError when it cannot be read.
   */
  static async open(options: ContentReaderOptions): Promise<ContentReader> {
    const { record, file, hashPath } = options
    const handle = await openFile(record, file)
    try {
      if (!(await isUnchanged(handle, file.path, file.identity))) throw new ContentChangedError(record.name)
      return new ContentReader(options, handle, openHashes(record, file, hashPath))
    } catch (error) {
      await handle.close()
      throw error
    }
  }

  /**
   * The bytes of segment `seq`: a view of a block that is never written again, so it may be kept; while it is, its
   * block (READ_BLOCK_BYTES, or the segment if that is larger) stays in memory. Throws ContentChangedError,
   * ContentReadError; RangeError for a seq that the content does not have.
   */
  async readSegment(seq: number): Promise<Uint8Array> {
    const index = this.#blockIndex(seq)
    for (;;) {
      if (this.#failure !== undefined) throw this.#failure
      const block = this.#use(index) ?? this.#load(index)
      if (block !== undefined) {
        this.#readAhead(index)
        return this.#cut(await block.loaded, seq)
      }
      await Promise.race([...this.#blocks.values()].map(other => other.loaded.catch(() => {})))
    }
  }

  /** The segment if it is in memory, else undefined: then call readSegment. */
  tryGetSegment(seq: number): Uint8Array | undefined {
    const index = this.#blockIndex(seq)
    const bytes = this.#failure === undefined ? this.#use(index)?.bytes : undefined
    if (bytes === undefined) return undefined
    this.#readAhead(index)
    return this.#cut(bytes, seq)
  }

  /** Starts to read what segment `seq` needs. Where that fails, readSegment will say why. */
  prefetch(seq: number): void {
    const index = this.#blockIndex(seq)
    if (this.#failure === undefined && !this.#blocks.has(index)) this.#load(index)
  }

  /** The leaf hashes and the proof of a group of segments (see merkle.ts). Throws ContentReadError, RangeError. */
  groupHashes(group: number): GroupHashes {
    if (!(group >= 0 && group < groupCount(segmentCount(this.record))))
      throw new RangeError(`no group ${group}`)
    if (this.#failure !== undefined) throw this.#failure
    const held = this.#groups.get(group)
    if (held !== undefined) return held
    try {
      const hashes = this.#hashes.group(group)
      if (this.#groups.size >= HELD_GROUPS) this.#groups.delete(this.#groups.keys().next().value!)
      this.#groups.set(group, hashes)
      return hashes
    } catch (error) {
      throw new ContentReadError(this.record.name, error)
    }
  }

  /** Waits for reads under way, then frees file and memory. Reading afterwards throws ContentReadError. */
  close(): Promise<void> {
    this.#closing ??= this.#close()
    return this.#closing
  }

  async #close(): Promise<void> {
    this.#failure = new ContentReadError(this.record.name, new Error('the reader is closed'))
    await Promise.allSettled([...this.#blocks.values()].map(block => block.loaded))
    this.#blocks.clear()
    this.#groups.clear()
    this.#hashes.close()
    await this.#file.close()
  }

  #blockIndex(seq: number): number {
    if (!(seq >= 0 && seq < segmentCount(this.record))) throw new RangeError(`no segment ${seq}`)
    return Math.floor((seq * this.record.segmentBytes) / this.#blockBytes)
  }

  #cut(block: Uint8Array, seq: number): Uint8Array {
    const start = (seq * this.record.segmentBytes) % this.#blockBytes
    return block.subarray(start, start + this.record.segmentBytes)
  }

  #use(index: number): Block | undefined {
    const block = this.#blocks.get(index)
    if (block === undefined) return undefined
    this.#blocks.delete(index)
    this.#blocks.set(index, block)
    return block
  }

  #readAhead(index: number): void {
    const end = Math.min(this.#blockCount, index + 1 + this.#readAheadBlocks)
    for (let next = index + 1; next < end; next++) {
      if (!this.#blocks.has(next) && this.#load(next) === undefined) return
    }
  }

  /** Starts to read a block; undefined when all room is taken by blocks still being read. */
  #load(index: number): Block | undefined {
    if (!this.#makeRoom()) return undefined
    const block: Block = { bytes: undefined, loaded: this.#read(index) }
    this.#blocks.set(index, block)
    block.loaded.then(
      bytes => {
        block.bytes = bytes
      },
      () => {
        if (this.#blocks.get(index) === block) this.#blocks.delete(index)
      }
    )
    return block
  }

  #makeRoom(): boolean {
    if (this.#blocks.size < this.#maxBlocks) return true
    for (const [index, { bytes }] of this.#blocks) {
      if (bytes !== undefined) return this.#blocks.delete(index)
    }
    return false
  }

  async #read(index: number): Promise<Uint8Array> {
    const { name, sizeBytes } = this.record
    const position = index * this.#blockBytes
    // allocUnsafeSlow: a buffer of its own, not a slice of the pool that would be kept alive as a whole.
    const bytes = Buffer.allocUnsafeSlow(Math.min(this.#blockBytes, sizeBytes - position))
    try {
      let done = 0
      for (let bytesRead = 1; bytesRead > 0 && done < bytes.length; done += bytesRead) {
        bytesRead = (await this.#file.read(bytes, done, bytes.length - done, position + done)).bytesRead
      }
      // Looked at after the read: only then does "unchanged" hold for the bytes that were read.
      const isSame = done === bytes.length && (await isUnchanged(this.#file, this.#path, this.#identity))
      if (isSame) return bytes
    } catch (error) {
      throw new ContentReadError(name, error)
    }
    this.#failure ??= new ContentChangedError(name)
    throw this.#failure
  }
}

async function openFile(record: ContentRecord, file: ScannedFile): Promise<FileHandle> {
  try {
    return await open(file.path, constants.O_RDONLY | constants.O_NOFOLLOW | constants.O_NONBLOCK)
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException
    if (code === 'ENOENT' || code === 'ELOOP' || code === 'ENOTDIR')
      throw new ContentChangedError(record.name)
    throw new ContentReadError(record.name, error)
  }
}

function openHashes(record: ContentRecord, file: ScannedFile, hashPath: string): HashFile {
  try {
    return new HashFile(
      hashPath,
      hashCacheKey(file.path, file.identity, record.segmentBytes),
      segmentCount(record)
    )
  } catch {
    throw new ContentNotReadyError(record.name)
  }
}

/** Looks at the open file and at what its path leads to now. */
async function isUnchanged(handle: FileHandle, path: string, identity: FileIdentity): Promise<boolean> {
  try {
    const looks = await Promise.all([handle.stat({ bigint: true }), lstat(path, { bigint: true })])
    return looks.every(stats => stats.isFile() && sameIdentity(identityOf(stats), identity))
  } catch {
    return false
  }
}
