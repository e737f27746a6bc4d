import { toHex } from '../protocol/bytes.ts'
import { type ContentRecord, isLive } from '../protocol/content-record.ts'

/** What a content is. */
export interface ContentInfo {
  name: string
  /** Bytes; undefined for a live content, which grows. */
  size: number | undefined
  /** Identifies the bytes: 64 hex digits, the root of the Merkle tree of the segments' hashes. */
  rootHash: string
  /** Peer id of the source that has signed for it. */
  source: string
}

export function contentInfo(record: ContentRecord): ContentInfo {
  const { name, sizeBytes, rootHash, sourcePeerId } = record
  return {
    name,
    size: isLive(record) ? undefined : sizeBytes,
    rootHash: toHex(rootHash),
    source: sourcePeerId
  }
}
