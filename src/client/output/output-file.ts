import { fstatSync, lstatSync } from 'node:fs'
import type { FileHandle } from 'node:fs/promises'
import { dirname } from 'node:path'
import { AnabranchError } from '../../errors.ts'
import { failpoint } from '../../failpoints.ts'
import { LockForeignError, LockHeldError, ProcessLock } from '../../files/process-lock.ts'
import { type NumberRange, RangeSet } from '../../pattern/range-set.ts'
import { equalBytes, toHex } from '../../protocol/bytes.ts'
import { extentOf } from '../../protocol/extent.ts'
import type { ByteRange } from '../byte-range.ts'
import { type ChecksumOptions, finishedWith, makesChecksum } from './checksum.ts'
import { FilePart } from './file-part.ts'
import { digestOf, HashInOrder, unlessUnreadable } from './file-reading.ts'
import { KeptFile } from './kept-file.ts'
import type { FinishedOutput, KeptContent, Output, PartSink } from './output.ts'
import {
  DiskFullError,
  OutputBusyError,
  OutputError,
  OutputNeighborForeignError,
  PartialFileForeignError,
  PartialFileTakenError
} from './output-errors.ts'
import {
  isFinished,
  makePartial,
  openPartial,
  type PartialFile,
  removeMarks,
  removePartial,
  writeSidecar
} from './output-partial.ts'
import { checkTarget, putInPlace, setModifiedAt, syncDirectory, takeRights } from './output-place.ts'
import { type PartialNames, partialNames } from './partial-names.ts'
import type { PartialProofs } from './partial-proofs.ts'
import { emptySurvey, type Survey, surveyOf } from './partial-survey.ts'
import { openPresent } from './present-output.ts'
import { checkRoom } from './room.ts'

export interface FileOutputOptions extends ChecksumOptions {
  /** The content's name, kept for a person who finds a partial file later. */
  name: string
  path: string
  /** Replace a file that is there. Default: false. */
  force?: boolean
  /** Size of the whole content. */
  sizeBytes: number
  segmentBytes: number
  /** The bytes of the content that the file is to hold: one at least, and not all. Default: all. */
  range?: ByteRange
  /** The content's identity; a partial file is continued only if it belongs to the same bytes of the same content. */
  rootHash: Uint8Array
  /** The time that the file gets as that of its last change, in milliseconds since 1970. Default: none but its own. */
  modifiedAtMs?: number
  /** Ends the wait for the reader of a named pipe, and the reading of what is there already. */
  signal?: AbortSignal
}

/** Bytes that are written in one call; hashing them occupies the event loop for about 3 ms. */
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
  const { path, force = false, signal } = options
  const names = partialNames(path)
  let lock: ProcessLock | undefined
  try {
    // What a part of a content consists of is not known before it is fetched.
    const present = options.range ? undefined : await openPresent(options, signal)
    if (!isFinished(names, path)) {
      if (present) return present
      checkTarget(path, force)
    }
    lock = lockPartial(path, names)
    // The target is checked once more: another run may have finished it before we had the lock.
    if (isFinished(names, path)) removePartial(names)
    if (present) {
      lock?.release()
      return present
    }
    checkTarget(path, force)
    return await openLocked(options, names, lock)
  } catch (error) {
    lock?.release()
    if (signal?.aborted) throw signal.reason
    throw toOutputError(path, undefined, error)
  }
}

/** Opens the partial file and looks at what another run has left in it. */
async function openLocked(
  options: FileOutputOptions,
  names: PartialNames,
  lock: ProcessLock | undefined
): Promise<Output> {
  const { name, path, force = false, sizeBytes, segmentBytes, range, rootHash, signal } = options
  const content = {
    ...{ name, rootHash: toHex(rootHash), sizeBytes, segmentBytes },
    ...(range ? { range } : {})
  }
  const tree = { rootHash, segmentCount: extentOf(options).endSeq! }
  const part = new FilePart(options)
  let partial = await openPartial(names, content, tree, force)
  try {
    const hash = makesChecksum(options) ? new HashInOrder() : undefined
    let survey = emptySurvey(part)
    if (partial.left) {
      survey = await surveyOf(partial.handle, partial.proofs, part, (...bytes) => hash?.add(...bytes), signal)
    }
    if (partial.left === 'unsaid') {
      if (survey.provenBytes > 0) writeSidecar(names.sidecar, content)
      else {
        if (!force) throw new PartialFileForeignError(names.partial)
        await closeFiles(partial)
        survey = emptySurvey(part)
        partial = await makePartial(names, content, tree)
      }
    }
    // Nothing that another run has left is changed before this point, as it may be somebody else's.
    if (fstatSync(partial.handle.fd).size > part.sizeBytes) await partial.handle.truncate(part.sizeBytes)
    if (force) await takeRights(partial.handle, path, 'writing')
    await checkRoom(partial.handle, path, part.sizeBytes, bytesOf(survey.missing, part))
    if (partial.left) failpoint('client.resumed')
    return new FileOutput(options, part, names, partial, survey, hash, lock)
  } catch (error) {
    await closeFiles(partial)
    if (!partial.left) removePartial(names)
    throw error
  }
}

function bytesOf(ranges: readonly NumberRange[], part: FilePart): number {
  return ranges.reduce((sum, { from, to }) => sum + part.bytesBetween(from, to), 0)
}

/** Where bytes are written next. */
interface WritePlace {
  position: number
}

class FileOutput implements Output {
  readonly gatherMs = GATHER_MS
  readonly wrongBytes: number
  readonly #options: FileOutputOptions
  readonly #part: FilePart
  readonly #names: PartialNames
  readonly #file: FileHandle
  readonly #proofs: PartialProofs
  readonly #lock: ProcessLock | undefined
  #resumeBytes: number
  /** The ranges of segments that are to be written after the one in hand. */
  #missing: NumberRange[]
  /** What is here and not proven; set until all that is missing has come. */
  #unproven: readonly NumberRange[]
  /** The SHA-256 of the whole, where it was hashed when all had come. */
  #sha256: string | undefined
  /** Absent where nobody wants the SHA-256. */
  #hash: HashInOrder | undefined
  /** Where the next bytes of the range in hand go, and where it ends. */
  readonly #inHand: WritePlace = { position: 0 }
  #endPosition = 0
  /** Settles when those who write parts have had their turns. */
  #turn: Promise<void> = Promise.resolve()
  #kept: KeptFile | undefined
  /** The size of the file, unless somebody else changes it. */
  #fileBytes: number
  #freshBytes = 0
  #syncedBytes = 0
  #isSyncing = false
  #isClosed = false

  constructor(
    options: FileOutputOptions,
    part: FilePart,
    names: PartialNames,
    { handle, proofs }: PartialFile,
    survey: Survey,
    hash: HashInOrder | undefined,
    lock: ProcessLock | undefined
  ) {
    this.#options = options
    this.#part = part
    this.#names = names
    this.#file = handle
    this.#proofs = proofs
    this.#lock = lock
    this.#hash = hash
    this.#missing = [...survey.missing]
    this.#unproven = survey.unproven
    this.#fileBytes = fstatSync(handle.fd).size
    this.#resumeBytes = part.sizeBytes - this.#bytesOf(survey.missing)
    this.wrongBytes = survey.wrongBytes
  }

  get resumeBytes(): number {
    return this.#resumeBytes
  }

  async nextRange(): Promise<NumberRange | undefined> {
    try {
      if (this.#missing.length === 0 && this.#unproven.length > 0) await this.#settleUnproven()
      const range = this.#missing.shift()
      if (!range) return undefined
      const { from, to } = range
      this.#inHand.position = this.#part.positionOf(from)
      this.#endPosition = this.#inHand.position + this.#bytesOf([range])
      if (this.#unproven.length === 0)
        await this.#hash?.catchUp(this.#file, this.#inHand.position, this.#options.signal)
      return { from, to }
    } catch (error) {
      throw this.#toError(error)
    }
  }

  proved(group: number, leaves: Uint8Array, proof: Uint8Array): void {
    this.#proofs.add(group, leaves, proof)
  }

  async write(chunks: Uint8Array[]): Promise<void> {
    await this.#writeAt(this.#inHand, chunks)
  }

  missing(): NumberRange[] {
    // What nothing proves could not be served on.
    if (this.#unproven.length > 0) {
      this.#resumeBytes -= this.#bytesOf(this.#unproven)
      this.#missing = [...new RangeSet([...this.#missing, ...this.#unproven])]
      this.#unproven = []
    }
    return this.#missing
  }

  part({ from, to }: NumberRange): PartSink {
    const { segmentBytes, sizeBytes } = this.#options
    const place = { position: from * segmentBytes }
    const write = async (chunks: Uint8Array[]): Promise<void> => {
      const first = Math.floor(place.position / segmentBytes)
      this.#turn = this.#turn.then(() => this.#writeAt(place, chunks))
      await this.#turn
      const isAtEnd = place.position === sizeBytes
      this.#keep({ from: first, to: isAtEnd ? to : Math.floor(place.position / segmentBytes) })
    }
    return { gatherMs: this.gatherMs, write }
  }

  async openKept(): Promise<KeptContent> {
    const { partial, proofs } = this.#names
    this.#kept ??= await KeptFile.open(partial, proofs, this.#options)
    const here = new RangeSet([{ from: 0, to: extentOf(this.#options).endSeq! }])
    for (const range of here.difference(new RangeSet(this.missing()))) this.#kept.add(range)
    return this.#kept
  }

  #keep(range: NumberRange): void {
    this.#missing = [...new RangeSet(this.#missing).difference(new RangeSet([range]))]
    this.#kept?.add(range)
  }

  async #writeAt(place: WritePlace, chunks: Uint8Array[]): Promise<void> {
    for (const batch of batches(chunks)) {
      // A file that somebody cut meanwhile would, if written on, reach the right size with zeros
      // inside.
      if (fstatSync(this.#file.fd).size !== this.#fileBytes) {
        throw new PartialFileTakenError(this.#names.partial)
      }
      const { position } = place
      const writing = this.#writeBatch(place, batch)
      // This thread hashes the batch while it is written. The promise is awaited below whatever
      // happens here.
      if (this.#unproven.length === 0) this.#hash?.addAll(batch, position)
      try {
        await writing
        this.#syncBehind()
      } catch (error) {
        throw this.#toError(error)
      }
    }
  }

  /** Makes the disk take written bytes while more arrive, so that little is left to wait for at the end. */
  #syncBehind(): void {
    if (this.#isSyncing || this.#freshBytes - this.#syncedBytes < SYNC_BYTES) return
    this.#isSyncing = true
    this.#syncedBytes = this.#freshBytes
    // A disk that cannot sync says so again in finish().
    const over = () => {
      this.#isSyncing = false
    }
    this.#file.datasync().then(over, over)
  }

  async finish(): Promise<FinishedOutput> {
    const { path, force = false, modifiedAtMs } = this.#options
    try {
      this.#checkComplete()
      const finished = finishedWith(await this.#wholeHash(), this.#options, path, this.#names.partial)
      if (modifiedAtMs !== undefined) await setModifiedAt(this.#file, modifiedAtMs)
      await this.#file.sync()
      if (!this.#isWholeAt(this.#names.partial)) throw new PartialFileTakenError(this.#names.partial)
      if (force) await takeRights(this.#file, path, 'written')
      failpoint('client.beforeRename')
      putInPlace(this.#names.partial, path, force)
      failpoint('client.afterRename')
      if (!this.#isWholeAt(path)) throw new PartialFileTakenError(path)
      removeMarks(this.#names)
      await this.#close()
      await syncDirectory(dirname(path))
      return finished
    } catch (error) {
      await this.#close()
      throw this.#toError(error)
    }
  }

  /** The SHA-256 of the whole, which is here; undefined where nobody wants it. */
  async #wholeHash(): Promise<string | undefined> {
    if (this.#sha256 !== undefined) return this.#sha256
    await this.#hash?.catchUp(this.#file, this.#part.sizeBytes)
    return this.#hash?.digest()
  }

  async abandon(): Promise<void> {
    if (this.#isClosed) return
    try {
      if (this.#fileBytes === 0 && this.#isOurs(this.#names.partial)) removePartial(this.#names)
      await this.#close()
    } catch {
      // The caller has a better error in hand already.
    }
  }

  async #writeBatch(place: WritePlace, batch: Uint8Array[]): Promise<void> {
    // What proves a segment is written before it: so no run finds a segment without.
    await this.#proofs.flush()
    let rest = batch
    while (rest.length > 0) {
      const { bytesWritten } = await this.#file.writev(rest, place.position)
      place.position += bytesWritten
      this.#freshBytes += bytesWritten
      this.#fileBytes = Math.max(this.#fileBytes, place.position)
      rest = withoutFirst(rest, bytesWritten)
    }
  }

  /**
   * Everything is here, some of it without a hash that proves it: either the whole has the right
   * root hash, or what is not proven is missing.
   */
  async #settleUnproven(): Promise<void> {
    const { signal } = this.#options
    const digest = await digestOf(this.#file, this.#options, signal).catch(unlessUnreadable)
    const unproven = this.#unproven
    this.#unproven = []
    if (digest && equalBytes(digest.rootHash, this.#options.rootHash)) this.#sha256 = digest.sha256
    else {
      this.#missing = [...unproven]
      this.#resumeBytes -= this.#bytesOf(unproven)
      this.#hash &&= new HashInOrder()
    }
  }

  #bytesOf(ranges: readonly NumberRange[]): number {
    return bytesOf(ranges, this.#part)
  }

  #checkComplete(): void {
    const left =
      this.#endPosition - this.#inHand.position + this.#bytesOf([...this.#missing, ...this.#unproven])
    if (left === 0) return
    throw new OutputError(this.#options.path, new Error(`${left} bytes were not written`))
  }

  #isWholeAt(path: string): boolean {
    return this.#isOurs(path) && fstatSync(this.#file.fd).size === this.#part.sizeBytes
  }

  /** Whether the name leads to the file that we write. */
  #isOurs(path: string): boolean {
    const own = fstatSync(this.#file.fd, { bigint: true })
    const named = lstatSync(path, { bigint: true, throwIfNoEntry: false })
    return named?.ino === own.ino && named.dev === own.dev
  }

  #toError(error: unknown): unknown {
    const { path, signal } = this.#options
    if (signal?.aborted && error === signal.reason) return error
    const kept = { partialPath: this.#names.partial, bytes: this.#resumeBytes + this.#freshBytes }
    return toOutputError(path, kept, error)
  }

  async #close(): Promise<void> {
    if (this.#isClosed) return
    this.#isClosed = true
    await this.#turn.catch(() => {})
    await closeFiles({ handle: this.#file, proofs: this.#proofs }).finally(() => this.#lock?.release())
  }
}

async function closeFiles({ handle, proofs }: Pick<PartialFile, 'handle' | 'proofs'>): Promise<void> {
  await Promise.all([handle.close(), proofs.close()])
}

/** Locks the partial file's name. Throws OutputBusyError and OutputNeighborForeignError. */
function lockPartial(path: string, names: PartialNames): ProcessLock | undefined {
  try {
    return ProcessLock.take(names.lock)
  } catch (error) {
    if (error instanceof LockHeldError) throw new OutputBusyError(path, error.pid)
    if (error instanceof LockForeignError) throw new OutputNeighborForeignError(names.lock)
    throw error
  }
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
