import { createHash } from 'node:crypto'
import { lstatSync } from 'node:fs'
import { constants, type FileHandle, open, readdir, rm } from 'node:fs/promises'
import { join } from 'node:path'
import { type Scheduler, systemScheduler } from '../scheduler.ts'
import { BLOCK_BYTES } from './block-cache.ts'
import { BLOCK_FILE_LIMITS } from './limits.ts'

/** Blocks of one file: 4 MiB of a content. */
const FILE_BLOCKS = 64
/** Bytes of a block's seal: a SHA-256 of which content it belongs to, where, and what is in it. */
const SEAL_BYTES = 32
/** Where a file's first block begins, behind the seals: at the next page of the disk. */
const BLOCKS_START = 4096
/** Bytes of a file system's unit of what a file takes, in `stat`. */
const STAT_UNIT_BYTES = 512
/** A root hash, and which of the content's files it is. */
const FILE_NAME = /^[0-9a-f]{64}\.\d+$/

export interface BlockFilesOptions {
  /** A directory that is there and is used by nobody else. Files in it with other names stay as they are. */
  directory: string
  /** Bytes of the disk that the files may take; 16 MiB or more. */
  maxBytes: number
  /** Bytes of blocks that wait for the disk at most, in memory that is not their own; further ones are not kept. */
  maxWaitingBytes: number
  /** Takes the first error of the disk. */
  onProblem(error: Error): void
  scheduler?: Scheduler
}

/** A block that is to be written. */
interface Waiting {
  id: string
  index: number
  bytes: Uint8Array
  done: () => void
}

/**
 * Verified blocks of contents on disk, beyond the life of the process. A file holds 64 blocks of a content at their places,
 * with gaps for those that are missing, and begins with a seal for each that is there. A block whose seal does
 * not fit, as after a crash or by a fault of the disk, counts as missing. An error of the disk costs only what is kept.
 */
export class BlockFiles {
  readonly #options: BlockFilesOptions
  /** Bytes of the disk that each file takes, by its name; the one used last is last. */
  readonly #files = new Map<string, number>()
  #bytes = 0
  #waiting: Waiting[] = []
  /** Bytes of blocks that wait or are being written. */
  #held = 0
  #writing: Promise<void> = Promise.resolve()
  #cancelWrite: () => void = () => {}
  #isTold = false

  private constructor(options: BlockFilesOptions) {
    this.#options = options
  }

  /** Throws the file system's error where the directory cannot be read. */
  static async open(options: BlockFilesOptions): Promise<BlockFiles> {
    const files = new BlockFiles(options)
    const names = (await readdir(options.directory)).filter(name => FILE_NAME.test(name))
    const present = names
      .map(name => ({ name, stats: lstatSync(join(options.directory, name)) }))
      .filter(({ stats }) => stats.isFile())
      .sort((a, b) => a.stats.mtimeMs - b.stats.mtimeMs)
    for (const { name, stats } of present) files.#count(name, stats.blocks * STAT_UNIT_BYTES)
    await files.#guard(() => files.#makeRoom(0))
    return files
  }

  /**
   * Writes a block of the content with this root hash before long, or leaves it out where the disk is too slow. Resolves
   * when the bytes are no longer needed.
   */
  keep(id: string, index: number, bytes: Uint8Array): Promise<void> {
    const { maxWaitingBytes, scheduler = systemScheduler } = this.#options
    if (this.#held + bytes.byteLength > maxWaitingBytes) return Promise.resolve()
    this.#held += bytes.byteLength
    const { promise, resolve: done } = Promise.withResolvers<void>()
    this.#waiting.push({ id, index, bytes, done })
    const half = Math.ceil(maxWaitingBytes / 2 / BLOCK_BYTES)
    if (this.#waiting.length === Math.min(BLOCK_FILE_LIMITS.writeBlocks, half)) this.#write()
    else if (this.#waiting.length === 1)
      this.#cancelWrite = scheduler.after(BLOCK_FILE_LIMITS.writeDelayMs, () => this.#write())
    return promise
  }

  /** Opens the file that block number `index` is in; undefined where the block is missing. */
  async open(id: string, index: number): Promise<KeptBlocks | undefined> {
    const name = nameOf(id, index)
    if (!this.#files.has(name)) return undefined
    const kept = await this.#guard(() => this.#read(name))
    if (kept?.has(id, index)) {
      // A file that was used long ago may be removed while it is being opened.
      if (this.#files.has(name)) this.#count(name, 0)
      await this.#guard(() => kept.touch())
      return kept
    }
    await kept?.[Symbol.asyncDispose]()
    return undefined
  }

  /** The first of the blocks from number `start` up to and without `end` that is here. */
  async next(id: string, start: number, end: number): Promise<number | undefined> {
    for (let first = start; first < end; first = (fileNumber(first) + 1) * FILE_BLOCKS) {
      const name = nameOf(id, first)
      if (!this.#files.has(name)) continue
      await using kept = await this.#guard(() => this.#read(name))
      for (let index = first; index < end && nameOf(id, index) === name; index++)
        if (kept?.has(id, index)) return index
    }
    return undefined
  }

  /** Writes what waits. */
  async close(): Promise<void> {
    this.#write()
    await this.#writing
  }

  async #read(name: string): Promise<KeptBlocks | undefined> {
    try {
      return await KeptBlocks.open(join(this.#options.directory, name), name, error => this.#tell(error))
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== 'ENOENT') throw error
      // Somebody has removed it, as anybody may.
      this.#forget(name)
      return undefined
    }
  }

  /** Writes all that waits when what is being written is done. */
  #write(): void {
    this.#writing = this.#writing.then(() => this.#writeAll())
  }

  async #writeAll(): Promise<void> {
    this.#cancelWrite()
    const blocks = this.#waiting
    this.#waiting = []
    for (const [name, some] of Map.groupBy(blocks, ({ id, index }) => nameOf(id, index))) {
      await this.#guard(() => this.#writeFile(name, some))
      for (const { done } of some) done()
      this.#held -= sizeOf(some)
    }
  }

  async #writeFile(name: string, blocks: readonly Waiting[]): Promise<void> {
    this.#count(name, this.#files.has(name) ? 0 : BLOCKS_START)
    await this.#makeRoom(sizeOf(blocks))
    try {
      await this.#writeBlocks(name, blocks)
    } catch (error) {
      // Nobody knows how much of it the disk has taken.
      await this.#remove(name)
      throw error
    }
  }

  async #writeBlocks(name: string, blocks: readonly Waiting[]): Promise<void> {
    const path = join(this.#options.directory, name)
    await using file = await open(path, constants.O_WRONLY | constants.O_CREAT, 0o600)
    for (const run of runsOf(blocks)) {
      const place = placeOf(run[0]!.index)
      const bytes = run.map(block => block.bytes)
      await file.writev(bytes, BLOCKS_START + place * BLOCK_BYTES)
      const seals = run.map(block => sealOf(name, block.index, block.bytes))
      await file.writev(seals, place * SEAL_BYTES)
      this.#count(name, sizeOf(run))
    }
  }

  /** Removes the files that were used longest ago until this many bytes fit in. */
  async #makeRoom(bytes: number): Promise<void> {
    for (const name of this.#files.keys()) {
      if (this.#bytes + bytes <= this.#options.maxBytes) return
      await this.#remove(name)
    }
  }

  async #remove(name: string): Promise<void> {
    await rm(join(this.#options.directory, name), { force: true })
    this.#forget(name)
  }

  /** Makes the file the one that was used last; `bytes`: what it takes more than before. */
  #count(name: string, bytes: number): void {
    const before = this.#files.get(name) ?? 0
    this.#files.delete(name)
    this.#files.set(name, before + bytes)
    this.#bytes += bytes
  }

  #forget(name: string): void {
    this.#bytes -= this.#files.get(name) ?? 0
    this.#files.delete(name)
  }

  /** Returns undefined where the disk has failed. */
  async #guard<T>(action: () => Promise<T>): Promise<T | undefined> {
    try {
      return await action()
    } catch (error) {
      this.#tell(error as Error)
      return undefined
    }
  }

  #tell(error: Error): void {
    if (!this.#isTold) this.#options.onProblem(error)
    this.#isTold = true
  }
}

/** One file of blocks while they are read. */
export class KeptBlocks {
  readonly #name: string
  readonly #file: FileHandle
  readonly #seals: Uint8Array
  readonly #onProblem: (error: Error) => void

  private constructor(name: string, file: FileHandle, seals: Uint8Array, onProblem: (error: Error) => void) {
    this.#name = name
    this.#file = file
    this.#seals = seals
    this.#onProblem = onProblem
  }

  /** Throws the file system's errors. */
  static async open(path: string, name: string, onProblem: (error: Error) => void): Promise<KeptBlocks> {
    const file = await open(path, 'r')
    try {
      const seals = new Uint8Array(FILE_BLOCKS * SEAL_BYTES)
      await file.read(seals, 0, seals.byteLength, 0)
      return new KeptBlocks(name, file, seals, onProblem)
    } catch (error) {
      await file.close()
      throw error
    }
  }

  /** Whether the file says that it has the block. */
  has(id: string, index: number): boolean {
    return nameOf(id, index) === this.#name && this.#seal(index).some(byte => byte > 0)
  }

  /** Fills the memory with the block. Returns whether it is intact. */
  async read(index: number, memory: Uint8Array): Promise<boolean> {
    try {
      const at = BLOCKS_START + placeOf(index) * BLOCK_BYTES
      const { bytesRead } = await this.#file.read(memory, 0, memory.byteLength, at)
      return bytesRead === memory.byteLength && sealOf(this.#name, index, memory).equals(this.#seal(index))
    } catch (error) {
      this.#onProblem(error as Error)
      return false
    }
  }

  /** Leaves word for the next start that the file was used now. */
  async touch(): Promise<void> {
    const now = new Date()
    await this.#file.utimes(now, now)
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#file.close().catch(this.#onProblem)
  }

  #seal(index: number): Uint8Array {
    const start = placeOf(index) * SEAL_BYTES
    return this.#seals.subarray(start, start + SEAL_BYTES)
  }
}

function fileNumber(index: number): number {
  return Math.floor(index / FILE_BLOCKS)
}

function nameOf(id: string, index: number): string {
  return `${id}.${fileNumber(index)}`
}

function placeOf(index: number): number {
  return index % FILE_BLOCKS
}

function sealOf(name: string, index: number, bytes: Uint8Array): Buffer {
  return createHash('sha256').update(`${name} ${index} `).update(bytes).digest()
}

function sizeOf(blocks: readonly Waiting[]): number {
  return blocks.reduce((sum, { bytes }) => sum + bytes.byteLength, 0)
}

/** The blocks in groups that lie behind one another. */
function runsOf(blocks: readonly Waiting[]): Waiting[][] {
  const runs: Waiting[][] = []
  let next: number | undefined
  for (const block of blocks.toSorted((a, b) => a.index - b.index)) {
    if (block.index === next) runs.at(-1)!.push(block)
    else runs.push([block])
    next = block.index + 1
  }
  return runs
}
