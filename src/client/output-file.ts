import { createHash, type Hash } from 'node:crypto'
import { closeSync, fstatSync, fsync, linkSync, lstatSync, openSync, renameSync, rmSync } from 'node:fs'
import type { FileHandle } from 'node:fs/promises'
import { dirname } from 'node:path'
import { promisify } from 'node:util'
import { AnabranchError } from '../errors.ts'
import { MerkleAccumulator, SegmentHasher } from '../protocol/merkle.ts'
import type { Output } from './output.ts'
import {
  DiskFullError,
  FileExistsError,
  OutputError,
  PartialFileDamagedError,
  PartialFileTakenError
} from './output-errors.ts'
import { openPartial, type PartialFile, removeSidecar } from './output-partial.ts'

export interface FileOutputOptions {
  path: string
  /** Replace a file that is there. Default: false. */
  force?: boolean
  sizeBytes: number
  segmentBytes: number
  /** The content's identity; a partial file is gone on with only if it is of the same one. */
  rootHash: Uint8Array
}

/** What is written, or read again, at once: hashing it takes the event loop about 3 ms. */
const BATCH_BYTES = 4 * 1024 * 1024

/** Written bytes that may wait for the disk before it is made to take them. */
const SYNC_BYTES = 16 * 1024 * 1024

/** A write takes two wake-ups of threads; nobody reads a file that is not complete. */
const GATHER_MS = 10

/** Chunks that the operating system takes in one call (IOV_MAX). */
const BATCH_CHUNKS = 1024

/** See openFileOutput in output.ts. */
export async function openPartialFile(options: FileOutputOptions): Promise<Output> {
  const { path, force = false, sizeBytes, segmentBytes } = options
  const partialPath = `${path}.part`
  const rootHash = Buffer.from(options.rootHash).toString('hex')
  let partial: PartialFile | undefined
  try {
    checkTarget(path, force)
    partial = await openPartial(partialPath, { rootHash, sizeBytes, segmentBytes }, force)
    const output = new FileOutput(options, partialPath, partial)
    await output.readAgain()
    return output
  } catch (error) {
    await partial?.handle.close()
    throw toOutputError(path, undefined, error)
  }
}

class FileOutput implements Output {
  readonly resumeBytes: number
  readonly gatherMs = GATHER_MS
  readonly #options: FileOutputOptions
  readonly #partialPath: string
  readonly #file: FileHandle
  readonly #hash: Hash = createHash('sha256')
  /** Only of a resumed file, whose first part was verified by another run: the tree over the whole. */
  readonly #tree: MerkleAccumulator | undefined
  readonly #segments: SegmentHasher | undefined
  #writtenBytes: number
  #syncedBytes = 0
  #isSyncing = false
  #isClosed = false

  constructor(options: FileOutputOptions, partialPath: string, { handle, resumeBytes }: PartialFile) {
    this.resumeBytes = resumeBytes
    this.#options = options
    this.#partialPath = partialPath
    this.#file = handle
    this.#writtenBytes = resumeBytes
    if (resumeBytes === 0) return
    const tree = new MerkleAccumulator()
    this.#tree = tree
    this.#segments = new SegmentHasher(options.segmentBytes, leaf => tree.push(leaf))
  }

  /** Takes the hashes up to where the earlier run ended. */
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
      const writing = this.#writeBatch(batch)
      // Meanwhile, in this thread. The promise is awaited below whatever happens here.
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

  /** Has the disk take what was written while more comes, so that little is left to wait for at the end. */
  #syncBehind(): void {
    if (this.#isSyncing || this.#writtenBytes - this.#syncedBytes < SYNC_BYTES) return
    this.#isSyncing = true
    this.#syncedBytes = this.#writtenBytes
    // A disk that cannot says so again in finish().
    const over = () => {
      this.#isSyncing = false
    }
    this.#file.datasync().then(over, over)
  }

  async finish(): Promise<{ sha256: string }> {
    const { path } = this.#options
    try {
      this.#verify()
      await this.#file.sync()
      this.#putInPlace()
      await this.#close()
      removeSidecar(this.#partialPath)
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
      if (this.#writtenBytes === 0 && this.#isStillOurs()) {
        rmSync(this.#partialPath)
        removeSidecar(this.#partialPath)
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
    if (!this.#isStillOurs()) throw new PartialFileTakenError(this.#partialPath)
    this.#segments?.end()
    if (this.#tree === undefined || Buffer.compare(this.#tree.rootHash(), rootHash) === 0) return
    rmSync(this.#partialPath)
    removeSidecar(this.#partialPath)
    throw new PartialFileDamagedError(this.#partialPath)
  }

  /** Whether the partial file's name still leads to the file that we write. */
  #isStillOurs(): boolean {
    const own = fstatSync(this.#file.fd, { bigint: true })
    const named = lstatSync(this.#partialPath, { bigint: true, throwIfNoEntry: false })
    return named?.ino === own.ino && named.dev === own.dev
  }

  #putInPlace(): void {
    const { path, force = false } = this.#options
    if (!force && this.#linkTo(path)) rmSync(this.#partialPath)
    else renameSync(this.#partialPath, path)
  }

  /** Unlike a rename, a link never replaces what has appeared there meanwhile. False where there are no hard links. */
  #linkTo(path: string): boolean {
    try {
      linkSync(this.#partialPath, path)
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
    await this.#file.close()
  }
}

function checkTarget(path: string, force: boolean): void {
  const present = lstatSync(path, { throwIfNoEntry: false })
  if (present === undefined) return
  if (present.isDirectory()) throw new OutputError(path, new Error('it is a directory'))
  if (!force) throw new FileExistsError(path)
}

/** The chunks in groups small enough for one call. */
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

/** What is left of the chunks when their first `bytes` are done: a disk that fills up takes a part. */
function withoutFirst(chunks: Uint8Array[], bytes: number): Uint8Array[] {
  let skip = bytes
  let index = 0
  while (index < chunks.length && skip >= chunks[index]!.length) skip -= chunks[index++]!.length
  return index === chunks.length ? [] : [chunks[index]!.subarray(skip), ...chunks.slice(index + 1)]
}

/** So that the new name, too, outlives a power cut. Not every file system can. */
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
