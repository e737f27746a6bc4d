import { constants } from 'node:fs'
import { type FileHandle, mkdtemp, open, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { type NumberRange, RangeSet } from '../../pattern/range-set.ts'
import { concatBytes } from '../../protocol/bytes.ts'
import { type Extent, extentOf } from '../../protocol/extent.ts'
import { groupCount, MerkleTree, SegmentHasher } from '../../protocol/merkle.ts'
import { readBetween } from './file-reading.ts'
import type { KeptContent } from './output.ts'
import { PartialProofs } from './partial-proofs.ts'

/** A content as its file holds it. */
export interface FiledContent {
  sizeBytes: number
  segmentBytes: number
  rootHash: Uint8Array
}

/** A file that has a content, or is getting it, with the hashes of its segments: both stay open whatever becomes of their names. */
export class KeptFile implements KeptContent {
  readonly ranges = new RangeSet()
  onKept: ((range: NumberRange) => void) | undefined
  readonly #file: FileHandle
  readonly #proofs: PartialProofs
  readonly #extent: Extent

  private constructor(file: FileHandle, proofs: PartialProofs, content: FiledContent) {
    this.#file = file
    this.#proofs = proofs
    this.#extent = extentOf(content)
  }

  /** Opens a partial file and the hashes beside it. Throws the file system's errors. */
  static async open(path: string, proofsPath: string, content: FiledContent): Promise<KeptFile> {
    const { rootHash } = content
    const proofs = await PartialProofs.open(proofsPath, {
      rootHash,
      segmentCount: extentOf(content).endSeq!
    })
    try {
      const file = await open(path, constants.O_RDONLY | constants.O_NOFOLLOW)
      return new KeptFile(file, proofs, content)
    } catch (error) {
      await proofs.close()
      throw error
    }
  }

  /** Opens a file that is the whole content, and hashes it once more. Throws the file system's errors. */
  static async ofWhole(path: string, content: FiledContent): Promise<KeptFile> {
    // The file of hashes needs no name.
    const directory = await mkdtemp(join(tmpdir(), 'anabranch-'))
    try {
      const kept = await KeptFile.open(path, join(directory, 'hashes'), content)
      await kept.#hash(content.segmentBytes).catch(async error => {
        await kept.close()
        throw error
      })
      return kept
    } finally {
      await rm(directory, { recursive: true, force: true })
    }
  }

  /** These segments are there from now on. */
  add(range: NumberRange): void {
    this.ranges.add(range.from, range.to)
    this.onKept?.(range)
  }

  async readSegment(seq: number): Promise<Uint8Array> {
    const bytes = Buffer.allocUnsafe(this.#extent.lengthOf(seq))
    let done = 0
    while (done < bytes.length) {
      const position = seq * this.#extent.segmentBytes + done
      const { bytesRead } = await this.#file.read(bytes, done, bytes.length - done, position)
      // What somebody has cut off does not fit its hash, as what somebody has changed does not.
      if (bytesRead === 0) return bytes.fill(0, done)
      done += bytesRead
    }
    return bytes
  }

  async groupHashes(group: number): Promise<{ leaves: Uint8Array; proof: Uint8Array } | undefined> {
    return await this.#proofs.read(group)
  }

  async close(): Promise<void> {
    await Promise.all([this.#file.close(), this.#proofs.close()])
  }

  async #hash(segmentBytes: number): Promise<void> {
    const leaves: Uint8Array[] = []
    const hasher = new SegmentHasher(segmentBytes, leaf => leaves.push(leaf))
    for await (const bytes of readBetween(this.#file, 0, this.#extent.endBytes!)) hasher.update(bytes)
    hasher.end()
    const tree = new MerkleTree(concatBytes(leaves))
    for (let group = 0; group < groupCount(leaves.length); group++) {
      this.#proofs.add(group, tree.groupLeaves(group), tree.groupProof(group))
      await this.#proofs.flush()
    }
    this.ranges.add(0, leaves.length)
  }
}
