import { constants } from 'node:fs'
import { type FileHandle, open } from 'node:fs/promises'
import {
  groupCount,
  groupSegmentCount,
  HASH_BYTES,
  HASH_GROUP_SEGMENTS,
  proofPositions,
  verifyGroup
} from '../../protocol/merkle.ts'

/** The first bytes of each such file; a file without them is not ours. */
const MARK = Buffer.from('anabranch hashes of segments 1\n\n')

/** What the root hash of a content says of its segments. */
export interface HashTree {
  rootHash: Uint8Array
  segmentCount: number
}

/**
 * The file NAME.part.hashes: for each group of segments its leaf hashes and their proof, as the
 * source has sent them, at a place that follows from the group's number. So each group that is read
 * is known to belong to the content, whatever has become of the file, and none is kept in memory.
 */
export class PartialProofs {
  readonly #file: FileHandle
  readonly #tree: HashTree
  readonly #slotBytes: number
  /** Groups that wait for `flush`. */
  readonly #waiting = new Map<number, Buffer>()

  private constructor(file: FileHandle, tree: HashTree) {
    this.#file = file
    this.#tree = tree
    this.#slotBytes = slotBytesOf(groupCount(tree.segmentCount))
  }

  /** Opens the file, or makes it. Throws the file system's errors. */
  static async open(path: string, tree: HashTree): Promise<PartialProofs> {
    const { O_RDWR, O_CREAT, O_NOFOLLOW } = constants
    const file = await open(path, O_RDWR | O_CREAT | O_NOFOLLOW, 0o666)
    try {
      await file.write(MARK, 0, MARK.length, 0)
    } catch (error) {
      await file.close()
      throw error
    }
    return new PartialProofs(file, tree)
  }

  /** Takes the hashes of a group, which were verified; copies them. */
  add(group: number, leaves: Uint8Array, proof: Uint8Array): void {
    this.#waiting.set(group, Buffer.concat([leaves, proof]))
  }

  /** Writes what was added. Throws the file system's errors; what was added then still waits. */
  async flush(): Promise<void> {
    for (const [group, slot] of this.#waiting) {
      await this.#file.write(slot, 0, slot.length, this.#positionOf(group))
      this.#waiting.delete(group)
    }
  }

  /** Reads the leaf hashes of a group and their proof; undefined where the file does not prove them. */
  async read(group: number): Promise<{ leaves: Uint8Array; proof: Uint8Array } | undefined> {
    const { rootHash, segmentCount } = this.#tree
    const leafBytes = groupSegmentCount(segmentCount, group) * HASH_BYTES
    const proofBytes = proofPositions(groupCount(segmentCount), group).length * HASH_BYTES
    const slot = Buffer.allocUnsafe(leafBytes + proofBytes)
    const { bytesRead } = await this.#file.read(slot, 0, slot.length, this.#positionOf(group))
    if (bytesRead < slot.length) return undefined
    const [leaves, proof] = [slot.subarray(0, leafBytes), slot.subarray(leafBytes)]
    return verifyGroup({ rootHash, segmentCount, group, leaves, proof }) ? { leaves, proof } : undefined
  }

  async close(): Promise<void> {
    await this.#file.close()
  }

  #positionOf(group: number): number {
    return MARK.length + group * this.#slotBytes
  }
}

/** Whether these are the first bytes of such a file. */
export function isMarkedAsProofs(beginning: Uint8Array): boolean {
  return MARK.equals(beginning.subarray(0, MARK.length))
}

/** Bytes of a full group and of the longest proof that a group of the tree has. */
function slotBytesOf(groups: number): number {
  return (HASH_GROUP_SEGMENTS + Math.ceil(Math.log2(Math.max(1, groups)))) * HASH_BYTES
}
