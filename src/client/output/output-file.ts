import { createHash, type Hash } from 'node:crypto'
import { closeSync, fstatSync, fsync, linkSync, lstatSync, openSync, renameSync, rmSync } from 'node:fs'
import type { FileHandle } from 'node:fs/promises'
import { dirname } from 'node:path'
import { promisify } from 'node:util'
import { AnabranchError } from '../../errors.ts'
import { failpoint } from '../../failpoints.ts'
import { LockForeignError, LockHeldError, ProcessLock } from '../../files/process-lock.ts'
import { equalBytes, toHex } from '../../protocol/bytes.ts'
import { MerkleAccumulator, SegmentHasher } from '../../protocol/merkle.ts'
import type { Output } from './output.ts'
import {
  DiskFullError,
  FileExistsError,
  OutputBusyError,
  OutputError,
  OutputIsDirectoryError,
  OutputNeighborForeignError,
  PartialFileDamagedError,
  PartialFileTakenError
} from './output-errors.ts'
import {
  isFinished,
  openPartial,
  type PartialFile,
  partialPaths,
  removePartial,
  removeSidecar
} from './output-partial.ts'

export interface FileOutputOptions {
  /** The content's name, kept for a person who finds a partial file later. */
  name: string
  path: string
  /** Replace a file that is there. Default: false. */
  force?: boolean
  sizeBytes: number
  segmentBytes: number
  /** The content's identity; a partial file is continued only if it belongs to the same content. */
  rootHash: Uint8Array
  /** Aborts the wait for the reader of a named pipe. */
  signal?: AbortSignal
}

/**
 * Bytes that are written, or read again, in one call; hashing them occupies the event loop for
 * about 3 ms.
 */
const BATCH_BYTES = 4 * 1024 * 1024

/** Number of written bytes that may wait for the disk before a sync makes it take them. */
const SYNC_BYTES = 16 * 1024 * 1024

/**
 * How long small amounts wait for more, in milliseconds, read by OutputWriter. A write costs two
 * wake-ups of threads, and nobody reads a file that is not complete.
 */
const GATHER_MS = 10

/** Number of chunks that the operating system takes in one call (IOV_MAX). */
const BATCH_CHUNKS = 1024

/** Opens a file as output; see openFileOutput in open-output.ts. */
export async function openPartialFile(options: FileOutputOptions): Promise<Output> {
  const { path, force = false, name, sizeBytes, segmentBytes } = options
  const partialPath = partialPaths(path).partial
  const rootHash = toHex(options.rootHash)
  let lock: ProcessLock | undefined
  let partial: PartialFile | undefined
  try {
    if (!isFinished(partialPath, path)) checkTarget(path, force)
    lock = lockPartial(path)
    // The target is checked once more: another run may have finished it before we had the lock.
    if (isFinished(partialPath, path)) removePartial(partialPath)
    checkTarget(path, force)
    partial = await openPartial(partialPath, { name, rootHash, sizeBytes, segmentBytes }, force)
    const output = new FileOutput(options, partialPath, partial, lock)
    await output.readAgain()
    return output
  } catch (error) {
    await partial?.handle.close()
    lock?.release()
    throw toOutputError(path, undefined, error)
  }
}

class FileOutput implements Output {
  readonly resumeBytes: number
  readonly gatherMs = GATHER_MS
  readonly #options: FileOutputOptions
  readonly #partialPath: string
  readonly #file: FileHandle
  readonly #lock: ProcessLock | undefined
  readonly #hash: Hash = createHash('sha256')
  /**
   * The hash tree over the whole content; set only for a resumed file, whose first part another run
   * verified.
   */
  readonly #tree: MerkleAccumulator | undefined
  readonly #segments: SegmentHasher | undefined
  #writtenBytes: number
  #syncedBytes = 0
  #isSyncing = false
  #isClosed = false

  constructor(
    options: FileOutputOptions,
    partialPath: string,
    { handle, resumeBytes }: PartialFile,
    lock: ProcessLock | undefined
  ) {
    this.resumeBytes = resumeBytes
    this.#options = options
    this.#partialPath = partialPath
    this.#file = handle
    this.#lock = lock
    this.#writtenBytes = resumeBytes
    if (resumeBytes === 0) return
    const tree = new MerkleAccumulator()
    this.#tree = tree
    this.#segments = new SegmentHasher(options.segmentBytes, leaf => tree.push(leaf))
  }

  /** Reads and hashes the bytes that an earlier run has written. */
  async readAgain(): Promise<void> {
    for (let position = 0; position < this.resumeBytes; ) {
      const length = Math.min(BATCH_BYTES, this.resumeBytes - position)
      const { bytesRead, buffer } = await this.#file.read(Buffer.allocUnsafe(length), 0, length, position)
      if (bytesRead === 0) throw new PartialFileTakenError(this.#partialPath)
      this.#digest(buffer.subarray(0, bytesRead))
      position += bytesRead
    }
  }

  async write(chunks: Uint8Array[]): Promise<void> {
    for (const batch of batches(chunks)) {
      // A file that somebody cut meanwhile would, if written on, reach the right size with zeros
      // inside.
      if (fstatSync(this.#file.fd).size !== this.#writtenBytes) {
        throw new PartialFileTakenError(this.#partialPath)
      }
      const writing = this.#writeBatch(batch)
      // This thread hashes the batch while it is written. The promise is awaited below whatever
      // happens here.
      for (const chunk of batch) this.#digest(chunk)
      try {
        await writing
        this.#syncBehind()
      } catch (error) {
        const kept = { partialPath: this.#partialPath, bytes: this.#writtenBytes }
        throw toOutputError(this.#options.path, kept, error)
      }
    }
  }

  /** Makes the disk take written bytes while more arrive, so that little is left to wait for at the end. */
  #syncBehind(): void {
    if (this.#isSyncing || this.#writtenBytes - this.#syncedBytes < SYNC_BYTES) return
    this.#isSyncing = true
    this.#syncedBytes = this.#writtenBytes
    // A disk that cannot sync says so again in finish().
    const over = () => {
      this.#isSyncing = false
    }
    this.#file.datasync().then(over, over)
  }

  async finish(): Promise<{ sha256: string }> {
    const { path } = this.#options
    try {
      await this.#file.sync()
      this.#verify()
      failpoint('client.beforeRename')
      this.#putInPlace()
      failpoint('client.afterRename')
      if (!this.#isWholeAt(path)) throw new PartialFileTakenError(path)
      removeSidecar(this.#partialPath)
      await this.#close()
      await syncDirectory(dirname(path))
      return { sha256: this.#hash.digest('hex') }
    } catch (error) {
      await this.#close()
      throw toOutputError(path, { partialPath: this.#partialPath, bytes: this.#writtenBytes }, error)
    }
  }

  async abandon(): Promise<void> {
    if (this.#isClosed) return
    try {
      if (this.#writtenBytes === 0 && this.#isWholeAt(this.#partialPath)) {
        removePartial(this.#partialPath)
      }
      await this.#close()
    } catch {
      // The caller has a better error in hand already.
    }
  }

  #digest(bytes: Uint8Array): void {
    this.#hash.update(bytes)
    this.#segments?.update(bytes)
  }

  async #writeBatch(batch: Uint8Array[]): Promise<void> {
    let rest = batch
    while (rest.length > 0) {
      const { bytesWritten } = await this.#file.writev(rest, this.#writtenBytes)
      this.#writtenBytes += bytesWritten
      rest = withoutFirst(rest, bytesWritten)
    }
  }

  #verify(): void {
    const { path, sizeBytes, rootHash } = this.#options
    if (this.#writtenBytes !== sizeBytes) {
      throw new OutputError(path, new Error(`${this.#writtenBytes} of ${sizeBytes} bytes were written`))
    }
    if (!this.#isWholeAt(this.#partialPath)) throw new PartialFileTakenError(this.#partialPath)
    this.#segments?.end()
    if (this.#tree === undefined || equalBytes(this.#tree.rootHash(), rootHash)) return
    removePartial(this.#partialPath)
    throw new PartialFileDamagedError(this.#partialPath)
  }

  /** Whether the name leads to the file that we write, and nobody has cut it or written beyond our end. */
  #isWholeAt(path: string): boolean {
    const own = fstatSync(this.#file.fd, { bigint: true })
    const named = lstatSync(path, { bigint: true, throwIfNoEntry: false })
    return named?.ino === own.ino && named.dev === own.dev && own.size === BigInt(this.#writtenBytes)
  }

  #putInPlace(): void {
    const { path, force = false } = this.#options
    if (!force && this.#linkTo(path)) rmSync(this.#partialPath)
    else renameSync(this.#partialPath, path)
  }

  /**
   * Links the partial file to the target. Unlike a rename, a link never replaces a file that has
   * appeared there meanwhile. Returns false where there are no hard links.
   */
  #linkTo(path: string): boolean {
    try {
      linkSync(this.#partialPath, path)
      failpoint('client.linked')
      return true
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code === 'EEXIST') throw new FileExistsError(path)
      checkTarget(path, false)
      return false
    }
  }

  async #close(): Promise<void> {
    if (this.#isClosed) return
    this.#isClosed = true
    await this.#file.close().finally(() => this.#lock?.release())
  }
}

/** Locks the partial file's name. Throws OutputBusyError and OutputNeighborForeignError. */
function lockPartial(path: string): ProcessLock | undefined {
  const lockPath = partialPaths(path).lock
  try {
    return ProcessLock.take(lockPath)
  } catch (error) {
    if (error instanceof LockHeldError) throw new OutputBusyError(path, error.pid)
    if (error instanceof LockForeignError) throw new OutputNeighborForeignError(lockPath)
    throw error
  }
}

function checkTarget(path: string, force: boolean): void {
  const present = lstatSync(path, { throwIfNoEntry: false })
  if (present === undefined) return
  if (present.isDirectory()) throw new OutputIsDirectoryError(path)
  if (!force) throw new FileExistsError(path)
}

/** Divides the chunks into groups small enough for one call. */
function* batches(chunks: Uint8Array[]): Generator<Uint8Array[]> {
  let batch: Uint8Array[] = []
  let bytes = 0
  for (const chunk of chunks) {
    if (batch.length > 0 && (bytes + chunk.length > BATCH_BYTES || batch.length === BATCH_CHUNKS)) {
      yield batch
      batch = []
      bytes = 0
    }
    if (chunk.length > 0) batch.push(chunk)
    bytes += chunk.length
  }
  if (batch.length > 0) yield batch
}

/** The chunks without their first `bytes`, which are written: a disk that fills up takes only a part. */
function withoutFirst(chunks: Uint8Array[], bytes: number): Uint8Array[] {
  let skip = bytes
  let index = 0
  while (index < chunks.length && skip >= chunks[index]!.length) skip -= chunks[index++]!.length
  return index === chunks.length ? [] : [chunks[index]!.subarray(skip), ...chunks.slice(index + 1)]
}

/** Syncs the directory, so that the new name, too, survives a power cut. Not every file system can. */
async function syncDirectory(path: string): Promise<void> {
  try {
    const directory = openSync(path, 'r')
    await promisify(fsync)(directory).finally(() => closeSync(directory))
  } catch {
    // The file's own bytes are safe; only its name may be lost in a power cut.
  }
}

function toOutputError(
  path: string,
  kept: { partialPath: string; bytes: number } | undefined,
  error: unknown
): AnabranchError {
  if (error instanceof AnabranchError) return error
  const { code } = error as NodeJS.ErrnoException
  if (code === 'ENOSPC' || code === 'EDQUOT') return new DiskFullError(path, kept, error)
  return new OutputError(path, error)
}
