import { constants, statSync } from 'node:fs'
import { open } from 'node:fs/promises'
import type { NumberRange } from '../../pattern/range-set.ts'
import { equalBytes } from '../../protocol/bytes.ts'
import { finishedWith } from './checksum.ts'
import { type DigestOptions, digestOf, type FileDigest } from './file-reading.ts'
import { KeptFile } from './kept-file.ts'
import type { FinishedOutput, KeptContent, Output, PartSink } from './output.ts'

export interface ContentFile extends DigestOptions {
  path: string
  /** The root of the hash tree over the content's segments. */
  rootHash: Uint8Array
}

/**
 * What a file that is the content is known by; undefined for any other, and where there is none. Throws the
 * file system's errors and the signal's reason.
 */
export async function digestIfSame(
  content: ContentFile,
  signal?: AbortSignal
): Promise<FileDigest | undefined> {
  const { path, sizeBytes, rootHash } = content
  const stats = statSync(path, { throwIfNoEntry: false })
  if (!stats?.isFile() || stats.size !== sizeBytes) return undefined
  await using file = await open(path, constants.O_RDONLY)
  const digest = await digestOf(file, content, signal)
  return equalBytes(digest.rootHash, rootHash) ? digest : undefined
}

/**
 * Makes an output of a file that is the content already, as its hashes say: there is nothing to do.
 * Returns undefined for any other file, and for one that cannot be read. Throws the signal's
 * reason.
 */
export async function openPresent(content: ContentFile, signal?: AbortSignal): Promise<Output | undefined> {
  try {
    const digest = await digestIfSame(content, signal)
    return digest && new PresentOutput(content, digest)
  } catch {
    signal?.throwIfAborted()
    return undefined
  }
}

/** A file that is the content already. */
class PresentOutput implements Output {
  readonly resumeBytes: number
  readonly isPresent = true
  readonly #content: ContentFile
  readonly #digest: FileDigest

  constructor(content: ContentFile, digest: FileDigest) {
    this.resumeBytes = content.sizeBytes
    this.#content = content
    this.#digest = digest
  }

  async nextRange(): Promise<undefined> {}

  missing(): NumberRange[] {
    return []
  }

  part(): PartSink {
    return this
  }

  async openKept(): Promise<KeptContent> {
    return await KeptFile.ofWhole(this.#content.path, this.#content)
  }

  async write(): Promise<void> {}

  async finish(): Promise<FinishedOutput> {
    return finishedWith(this.#digest.sha256, this.#content, this.#content.path)
  }

  async abandon(): Promise<void> {}
}
