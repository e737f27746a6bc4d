import { segmentCount } from '../../src/protocol/content-record.ts'
import { HASH_GROUP_SEGMENTS, hashSegment, merkleRoot } from '../../src/protocol/merkle.ts'
import { UnknownContentError } from '../../src/source/content-errors.ts'
import type { ContentItem, ContentStore, SegmentReader } from '../../src/source/content-store.ts'

/** One content in memory, of one group of segments at most. Every other read has to be waited for. */
export class MemoryStore implements ContentStore {
  readonly item: ContentItem
  readonly #segments: Uint8Array[]
  readonly #leaves: Uint8Array
  openReaders = 0

  constructor(name: string, bytes: Uint8Array, segmentBytes: number) {
    const count = segmentCount({ sizeBytes: bytes.byteLength, segmentBytes })
    if (count > HASH_GROUP_SEGMENTS) throw new RangeError('more segments than one group has')
    this.#segments = Array.from({ length: count }, (_, seq) =>
      bytes.slice(seq * segmentBytes, (seq + 1) * segmentBytes)
    )
    this.#leaves = Buffer.concat(this.#segments.map(hashSegment))
    const rootHash = merkleRoot(this.#leaves)
    const record = { name, sizeBytes: bytes.byteLength, segmentBytes, rootHash, sourcePeerId: '' }
    this.item = { record, recordBytes: Uint8Array.of(1, 2, 3) }
  }

  find(name: string): ContentItem | undefined {
    return name === this.item.record.name ? this.item : undefined
  }

  findByRoot(rootHash: Uint8Array): ContentItem | undefined {
    return Buffer.compare(rootHash, this.item.record.rootHash) === 0 ? this.item : undefined
  }

  whyMissing(name: string, rootHash?: Uint8Array): UnknownContentError {
    return new UnknownContentError(name, rootHash !== undefined)
  }

  async open({ name, rootHash }: ContentItem['record']): Promise<SegmentReader> {
    if (!this.findByRoot(rootHash)) throw new UnknownContentError(name)
    this.openReaders++
    return {
      tryGetSegment: seq => (seq % 2 === 0 ? this.#segments[seq] : undefined),
      readSegment: async seq => this.#segments[seq]!,
      groupHashes: () => ({ leaves: this.#leaves, proof: new Uint8Array(0) }),
      close: async () => {
        this.openReaders--
      }
    }
  }
}
