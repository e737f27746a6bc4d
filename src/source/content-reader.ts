import { constants } from 'node:fs'
import { type FileHandle, open } from 'node:fs/promises'
import { equalBytes } from '../protocol/bytes.ts'
import { type ContentRecord, segmentCount } from '../protocol/content-record.ts'
import { type Extent, extentOf } from '../protocol/extent.ts'
import { groupCount, HASH_BYTES, HASH_GROUP_SEGMENTS, hashSegment, verifyGroup } from '../protocol/merkle.ts'
import type { ContentHashes } from './catalog-hashes.ts'
import {
  ContentChangedError,
  ContentGoneError,
  ContentNotReadyError,
  ContentReadError
} from './content-errors.ts'
import type { GroupHashes, SegmentReader } from './content-store.ts'
import { type BlockHolder, readMemory } from './read-memory.ts'

/** Bytes that are read from disk at once. */
export const READ_BLOCK_BYTES = 256 * 1024

/** Bytes that reading runs ahead of a cursor. */
export const READ_AHEAD_BYTES = 512 * 1024

/** Most memory that one reader's blocks take, being read or held for the routes' cursors; see ReadMemory for all of them. */
export const READ_CACHE_BYTES = 4 * 1024 * 1024

/**
 * Number of groups whose hashes a reader holds, at 2.5 KiB each: every route of a session asks for
 * the same ones.
 */
const HELD_GROUPS = 32

export interface ContentReaderOptions {
  record: ContentRecord
  /** Path of the content's file, no symbolic link. */
  path: string
  /** Opens the content's hashes; throws where they are gone. */
  openHashes: () => ContentHashes
  /** Told once if the file's bytes, or the hashes, turn out not to be those under the record's root. */
  onMisfit: () => void
}

/** What the system says of a file that is not there (any more), or is another kind of thing now. */
const GONE_CODES = ['ENOENT', 'ENOTDIR', 'ELOOP', 'ENXIO', 'ESTALE']

/** A block of the content in memory. */
interface Block {
  memory: Buffer
  isLoaded: boolean
  loaded: Promise<void>
  /**
   * Reads that wait for the block: until they have copied their bytes, its memory is not used for
   * another block.
   */
  readers: number
}

/**
 * Reads one content's segments for all routes of one session. Blocks are read ahead of every cursor and kept in a
 * least-recently-used cache of at most READ_CACHE_BYTES, in memory that all readers use again and again: fresh memory for
 * each block costs a page fault for every 4 KiB. Each segment is held against its hash before it is given out, so
 * that nothing else about the file matters: its times may change, and it may grow, move or lose its name. The first
 * segment that does not fit ends all reading with ContentChangedError.
 */
export class ContentReader implements SegmentReader, BlockHolder {
  readonly record: ContentRecord
  readonly #extent: Extent
  readonly #onMisfit: () => void
  readonly #file: FileHandle
  readonly #hashes: ContentHashes
  readonly #blockBytes: number
  readonly #blockCount: number
  readonly #maxBlocks: number
  readonly #readAheadBlocks: number
  /** The blocks in order of use, the least recent first. */
  readonly #blocks = new Map<number, Block>()
  readonly #groups = new Map<number, GroupHashes>()
  #failure: Error | undefined
  #closing: Promise<void> | undefined

  private constructor({ record, onMisfit }: ContentReaderOptions, handle: FileHandle, hashes: ContentHashes) {
    this.record = record
    this.#extent = extentOf(record)
    this.#onMisfit = onMisfit
    this.#file = handle
    this.#hashes = hashes
    const { segmentBytes, sizeBytes } = record
    this.#blockBytes = Math.max(1, Math.floor(READ_BLOCK_BYTES / segmentBytes)) * segmentBytes
    this.#blockCount = Math.ceil(sizeBytes / this.#blockBytes)
    this.#maxBlocks = Math.floor(READ_CACHE_BYTES / this.#blockBytes)
    this.#readAheadBlocks = Math.max(1, Math.floor(READ_AHEAD_BYTES / this.#blockBytes))
    readMemory.join(this)
  }

  /**
   * Throws ContentGoneError when there is no such file any more, ContentNotReadyError when its hashes are gone,
   * ContentReadError when it cannot be read.
   */
  static async open(options: ContentReaderOptions): Promise<ContentReader> {
    const { record, path } = options
    const handle = await openFile(record, path)
    try {
      if (!(await handle.stat()).isFile()) throw new ContentGoneError(record.name)
      return new ContentReader(options, handle, openHashes(options))
    } catch (error) {
      await handle.close()
      throw error
    }
  }

  /**
   * Returns a copy of segment `seq`. Throws ContentChangedError, ContentGoneError, ContentNotReadyError,
   * ContentReadError; RangeError when there is no such segment.
   */
  async readSegment(seq: number): Promise<Uint8Array> {
    const index = this.#blockIndex(seq)
    for (;;) {
      if (this.#failure !== undefined) throw this.#failure
      const block = this.#use(index) ?? this.#load(index)
      if (block !== undefined) {
        // This block is waited for first: reading ahead may take the room of any block that nobody waits for.
        const copied = this.#copyWhenLoaded(block, seq)
        this.#readAhead(index)
        return this.#checked(await copied, seq)
      }
      await Promise.race([...this.#blocks.values()].map(other => other.loaded.catch(() => {})))
    }
  }

  /** Returns a view of the segment if it is in memory, else undefined: then call readSegment. Throws as that does. */
  tryGetSegment(seq: number): Uint8Array | undefined {
    const index = this.#blockIndex(seq)
    const block = this.#failure === undefined ? this.#use(index) : undefined
    if (!block?.isLoaded) return undefined
    // Reading ahead must not take this block's room.
    block.readers++
    this.#readAhead(index)
    block.readers--
    return this.#checked(this.#view(block, seq), seq)
  }

  /**
   * Returns the leaf hashes and the proof of a group of segments (see merkle.ts). Throws
   * ContentNotReadyError when they are damaged, ContentReadError, RangeError.
   */
  groupHashes(group: number): GroupHashes {
    if (!(group >= 0 && group < groupCount(segmentCount(this.record))))
      throw new RangeError(`no group ${group}`)
    if (this.#failure !== undefined) throw this.#failure
    const held = this.#groups.get(group)
    if (held !== undefined) return held
    const hashes = this.#readGroup(group)
    if (this.#groups.size >= HELD_GROUPS) this.#groups.delete(this.#groups.keys().next().value!)
    this.#groups.set(group, hashes)
    return hashes
  }

  /** Waits for reads under way, then frees file and memory. Reading afterwards throws ContentReadError. */
  close(): Promise<void> {
    this.#closing ??= this.#close()
    return this.#closing
  }

  async #close(): Promise<void> {
    this.#failure = new ContentReadError(this.record.name, new Error('the reader is closed'))
    await Promise.allSettled([...this.#blocks.values()].map(block => block.loaded))
    for (const { memory } of this.#blocks.values()) readMemory.giveBack(memory)
    this.#blocks.clear()
    readMemory.leave(this)
    this.#groups.clear()
    this.#hashes.close()
    await this.#file.close()
  }

  #readGroup(group: number): GroupHashes {
    const { rootHash, name } = this.record
    try {
      const hashes = this.#hashes.group(group)
      if (verifyGroup({ rootHash, segmentCount: segmentCount(this.record), group, ...hashes })) return hashes
    } catch (error) {
      throw new ContentReadError(name, error)
    }
    throw this.#misfit(new ContentNotReadyError(name))
  }

  #checked(segment: Uint8Array, seq: number): Uint8Array {
    const { leaves } = this.groupHashes(Math.floor(seq / HASH_GROUP_SEGMENTS))
    const at = (seq % HASH_GROUP_SEGMENTS) * HASH_BYTES
    if (equalBytes(hashSegment(segment), leaves.subarray(at, at + HASH_BYTES))) return segment
    throw this.#misfit(new ContentChangedError(this.record.name))
  }

  /** Ends all reading. Returns the error that ends it. */
  #misfit(error: Error): Error {
    if (this.#failure !== undefined) return this.#failure
    this.#failure = error
    this.#onMisfit()
    return error
  }

  #blockIndex(seq: number): number {
    if (!this.#extent.has(seq)) throw new RangeError(`no segment ${seq}`)
    return Math.floor((seq * this.record.segmentBytes) / this.#blockBytes)
  }

  async #copyWhenLoaded(block: Block, seq: number): Promise<Uint8Array> {
    block.readers++
    try {
      await block.loaded
      return Uint8Array.from(this.#view(block, seq))
    } finally {
      block.readers--
    }
  }

  #view({ memory }: Block, seq: number): Uint8Array {
    const start = (seq * this.#extent.segmentBytes) % this.#blockBytes
    return memory.subarray(start, start + this.#extent.lengthOf(seq))
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
    const memory = this.#takeMemory()
    if (memory === undefined) return undefined
    const block: Block = { memory, isLoaded: false, loaded: this.#read(index, memory), readers: 0 }
    this.#blocks.set(index, block)
    block.loaded.then(
      () => {
        block.isLoaded = true
      },
      () => {
        if (this.#blocks.delete(index)) readMemory.giveBack(memory)
      }
    )
    return block
  }

  #takeMemory(): Buffer | undefined {
    if (this.#blocks.size >= this.#maxBlocks) return this.giveUp()
    const bytes = Math.min(this.#blockBytes, this.record.sizeBytes)
    const memory = readMemory.take(this, bytes)
    return memory ?? (this.#blocks.size === 0 ? readMemory.takeAnyway(bytes) : this.giveUp())
  }

  /** Gives up the block that was not used for the longest time, and returns its memory. */
  giveUp(): Buffer | undefined {
    for (const [index, { memory, isLoaded, readers }] of this.#blocks) {
      if (!isLoaded || readers > 0) continue
      this.#blocks.delete(index)
      return memory
    }
    return undefined
  }

  async #read(index: number, memory: Buffer): Promise<void> {
    const { name, sizeBytes } = this.record
    const position = index * this.#blockBytes
    const bytes = Math.min(this.#blockBytes, sizeBytes - position)
    try {
      let done = 0
      for (let bytesRead = 1; bytesRead > 0 && done < bytes; done += bytesRead) {
        bytesRead = (await this.#file.read(memory, done, bytes - done, position + done)).bytesRead
      }
      if (done === bytes) return
    } catch (error) {
      throw isGone(error) ? new ContentGoneError(name) : new ContentReadError(name, error)
    }
    throw this.#misfit(new ContentChangedError(name))
  }
}

async function openFile({ name }: ContentRecord, path: string): Promise<FileHandle> {
  try {
    // A link or a pipe that took the file's place must neither lead elsewhere nor block.
    return await open(path, constants.O_RDONLY | constants.O_NOFOLLOW | constants.O_NONBLOCK)
  } catch (error) {
    throw isGone(error) ? new ContentGoneError(name) : new ContentReadError(name, error)
  }
}

function openHashes({ record, openHashes }: ContentReaderOptions): ContentHashes {
  try {
    return openHashes()
  } catch {
    throw new ContentNotReadyError(record.name)
  }
}

function isGone(error: unknown): boolean {
  return GONE_CODES.includes((error as NodeJS.ErrnoException).code ?? '')
}
