import { createHash, type Hash } from 'node:crypto'
import type { FileHandle } from 'node:fs/promises'
import { MerkleAccumulator, SegmentHasher } from '../../protocol/merkle.ts'
import { type ChecksumOptions, makesChecksum } from './checksum.ts'

/** Bytes that are read in one call; hashing them occupies the event loop for about 3 ms. */
const READ_BYTES = 4 * 1024 * 1024

/** What a file's bytes are known by. */
export interface FileDigest {
  /** In hex; absent where it was not asked for. */
  sha256?: string
  /** The root of the hash tree over the segments. */
  rootHash: Uint8Array
}

export interface DigestOptions extends ChecksumOptions {
  sizeBytes: number
  segmentBytes: number
}

/**
 * Reads the bytes from `from` up to `to`, in order; each piece is good until the next one. Ends
 * early where the file does. Throws the file system's errors and the signal's reason.
 */
export async function* readBetween(
  file: FileHandle,
  from: number,
  to: number,
  signal?: AbortSignal
): AsyncGenerator<Buffer> {
  const buffer = Buffer.allocUnsafe(Math.min(READ_BYTES, Math.max(0, to - from)))
  for (let position = from; position < to; ) {
    signal?.throwIfAborted()
    const { bytesRead } = await file.read(buffer, 0, Math.min(buffer.length, to - position), position)
    if (bytesRead === 0) return
    yield buffer.subarray(0, bytesRead)
    position += bytesRead
  }
}

/** Takes an error of reading that says that the disk has lost the bytes. Throws any other one. */
export function unlessUnreadable(error: unknown): undefined {
  if ((error as NodeJS.ErrnoException).code !== 'EIO') throw error
}

/** Reads a file of so many bytes once, and hashes it. Throws as readBetween does. */
export async function digestOf(
  file: FileHandle,
  options: DigestOptions,
  signal?: AbortSignal
): Promise<FileDigest> {
  const { sizeBytes, segmentBytes } = options
  const hash = makesChecksum(options) ? createHash('sha256') : undefined
  const tree = new MerkleAccumulator()
  const segments = new SegmentHasher(segmentBytes, leaf => tree.push(leaf))
  for await (const bytes of readBetween(file, 0, sizeBytes, signal)) {
    hash?.update(bytes)
    segments.update(bytes)
  }
  segments.end()
  return { ...(hash ? { sha256: hash.digest('hex') } : {}), rootHash: tree.rootHash() }
}

/** The SHA-256 of a file whose parts are known in another order than theirs: what is not next is read later. */
export class HashInOrder {
  readonly #hash: Hash = createHash('sha256')
  #bytes = 0

  /** Takes bytes of the file, or leaves them for later where they do not come next. */
  add(bytes: Uint8Array, position: number): void {
    if (position !== this.#bytes) return
    this.#hash.update(bytes)
    this.#bytes += bytes.length
  }

  /** As `add`, of parts that follow one another. */
  addAll(parts: readonly Uint8Array[], position: number): void {
    let next = position
    for (const part of parts) {
      this.add(part, next)
      next += part.length
    }
  }

  /** Reads what is missing before `to`, where everything is there by now. Throws as readBetween does. */
  async catchUp(file: FileHandle, to: number, signal?: AbortSignal): Promise<void> {
    for await (const bytes of readBetween(file, this.#bytes, to, signal)) this.add(bytes, this.#bytes)
  }

  /** In hex; then the hash takes nothing more. */
  digest(): string {
    return this.#hash.digest('hex')
  }
}
