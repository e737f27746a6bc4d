import type { AnabranchError } from '../errors.ts'
import type { NumberRange, RangeSet } from '../pattern/range-set.ts'
import type { ContentRecord } from '../protocol/content-record.ts'
import type { SegmentLengths } from '../protocol/segment-lengths.ts'
import type { SignedHead } from '../protocol/stream-head.ts'

/** A content that can be fetched. */
export interface ContentItem {
  record: ContentRecord
  /** The record in its signed form. */
  recordBytes: Uint8Array
  /** How far it reaches, if it is a live content. */
  live?: LiveView
  /** What there is of it, where that may not be all. */
  parts?: PartsView
}

/** What there is of a content that is still being fetched itself. */
export interface PartsView {
  /** The segments that can be read. */
  readonly ranges: RangeSet
  /** The segments that come next. */
  readonly coming: readonly NumberRange[]
  /** Calls back after changes, some of them together, until the function is called that it returns. */
  follow(onChange: () => void): () => void
}

/** A live content, whether or not it has ended by now. */
export interface LiveView {
  /** The newest head. */
  readonly head: SignedHead
  /** The first segment that is still kept. */
  readonly firstSeq: number
  /** Where segments differ in size: their lengths, from the first one that is kept on. */
  readonly lengths: SegmentLengths | undefined
  /**
   * The first segment that was not there yet so many milliseconds before the newest head; the oldest kept at least. For 0 it
   * is the next to come, or the oldest kept where the content has ended.
   */
  seqAt(backMs: number): number
  /** Calls back with each new head, until the function is called that it returns. */
  follow(onHead: (head: SignedHead) => void): () => void
}

export interface GroupHashes {
  /** Leaf hashes of the group's segments. */
  leaves: Uint8Array
  /** The proof that leads from the group's root to the record's; see `proofPositions` in merkle.ts. */
  proof: Uint8Array
}

/** One content, opened for all routes of one session. The source ends the session when a read throws. */
export interface SegmentReader {
  /**
   * Returns segment `seq` if it is in memory, else undefined: then call `readSegment`. The bytes may
   * change after the next call, or once others have had their turn. Throws as `readSegment` does.
   */
  tryGetSegment(seq: number): Uint8Array | undefined
  /**
   * Waits for segment `seq`, whose bytes are not changed any more, and fit the content's root hash.
   * Throws ContentChangedError, ContentGoneError, ContentNotReadyError, ContentReadError; RangeError
   * when there is no such segment.
   */
  readSegment(seq: number): Promise<Uint8Array>
  /**
   * The hashes of a group of HASH_GROUP_SEGMENTS segments (see merkle.ts). `count`: for a live content, the segments of the
   * head to whose root the proof leads. Throws as `readSegment` does.
   */
  groupHashes(group: number, count?: number): GroupHashes | Promise<GroupHashes>
  /** Frees what the reader holds; the source calls it once, when the session has ended. */
  close(): Promise<void>
}

/**
 * The contents that a source offers, and all that it knows of where they come from. `Catalog`, a
 * directory of files, is one.
 */
export interface ContentStore {
  find(name: string): ContentItem | undefined
  findByRoot(rootHash: Uint8Array): ContentItem | undefined
  /**
   * Says why `find`, or with a `rootHash` `findByRoot`, knows none: ContentChangedError where other
   * bytes have the name now, ContentNotReadyError where it may yet come, UnknownContentError.
   */
  whyMissing(name: string, rootHash?: Uint8Array): AnabranchError
  /**
   * Opens a content for one session. Throws as `whyMissing` returns, ContentGoneError,
   * ContentReadError.
   */
  open(record: ContentRecord): Promise<SegmentReader>
}

/** The same contents for those alone who know their root hashes: a name, which can be guessed, finds none. */
export function foundByRootAlone(contents: ContentStore): ContentStore {
  return {
    find: () => undefined,
    findByRoot: rootHash => contents.findByRoot(rootHash),
    whyMissing: (name, rootHash) => contents.whyMissing(name, rootHash),
    open: record => contents.open(record)
  }
}
