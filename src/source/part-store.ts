import type { AnabranchError } from '../errors.ts'
import { type NumberRange, RangeSet } from '../pattern/range-set.ts'
import { equalBytes } from '../protocol/bytes.ts'
import type { ContentRecord } from '../protocol/content-record.ts'
import { HASH_BYTES, HASH_GROUP_SEGMENTS, hashSegment } from '../protocol/merkle.ts'
import { type Scheduler, systemScheduler } from '../scheduler.ts'
import {
  ContentChangedError,
  ContentPartialError,
  ContentReadError,
  UnknownContentError
} from './content-errors.ts'
import type { ContentItem, ContentStore, GroupHashes, PartsView, SegmentReader } from './content-store.ts'
import { PARTS_LIMITS } from './limits.ts'

/** The bytes and hashes of a content, as far as they are here. */
export interface PartReader {
  /** Reads a segment. Throws the file system's errors. */
  readSegment(seq: number): Promise<Uint8Array>
  /** Reads the hashes of a group, which lead to the content's root; undefined where they are not here. Throws as well. */
  groupHashes(group: number): Promise<GroupHashes | undefined>
}

/** One content that is being fetched, or was: offers what is here of it. */
export class PartStore implements ContentStore {
  readonly item: ContentItem & { parts: PartsView }
  readonly #parts: PartReader
  readonly #scheduler: Scheduler
  readonly #ranges = new RangeSet()
  readonly #followers = new Set<() => void>()
  /** Leaf hashes and proofs, those used last behind. */
  readonly #groups = new Map<number, Promise<GroupHashes | undefined>>()
  #coming: readonly NumberRange[] = []
  #isTelling = false

  constructor(
    record: ContentRecord,
    recordBytes: Uint8Array,
    parts: PartReader,
    scheduler: Scheduler = systemScheduler
  ) {
    this.#parts = parts
    this.#scheduler = scheduler
    this.item = { record, recordBytes, parts: this.#view() }
  }

  /** These segments are here from now on, and are proven. */
  add({ from, to }: NumberRange): void {
    this.#ranges.add(from, to)
    this.#changed()
  }

  /** These segments come next. */
  expect(coming: readonly NumberRange[]): void {
    this.#coming = coming
    this.#changed()
  }

  find(name: string): ContentItem | undefined {
    return name === this.item.record.name ? this.item : undefined
  }

  findByRoot(rootHash: Uint8Array): ContentItem | undefined {
    return equalBytes(rootHash, this.item.record.rootHash) ? this.item : undefined
  }

  whyMissing(name: string, rootHash?: Uint8Array): AnabranchError {
    return new UnknownContentError(name, rootHash !== undefined)
  }

  async open({ name, rootHash }: ContentRecord): Promise<SegmentReader> {
    if (!this.findByRoot(rootHash)) throw this.whyMissing(name, rootHash)
    return {
      tryGetSegment: () => undefined,
      readSegment: seq => this.#readSegment(seq),
      groupHashes: group => this.#groupHashes(group),
      close: async () => {}
    }
  }

  #view(): PartsView {
    const self = this
    return {
      ranges: self.#ranges,
      get coming() {
        return self.#coming
      },
      follow(onChange) {
        self.#followers.add(onChange)
        return () => self.#followers.delete(onChange)
      }
    }
  }

  /** Tells those who follow, after a while in which more may change. */
  #changed(): void {
    if (this.#isTelling) return
    this.#isTelling = true
    this.#scheduler.after(PARTS_LIMITS.intervalMs, () => {
      this.#isTelling = false
      for (const follow of [...this.#followers]) follow()
    })
  }

  async #readSegment(seq: number): Promise<Uint8Array> {
    const { name } = this.item.record
    if (!this.#ranges.has(seq)) throw new ContentPartialError(name)
    const { leaves } = await this.#groupHashes(Math.floor(seq / HASH_GROUP_SEGMENTS))
    const segment = await this.#read(() => this.#parts.readSegment(seq))
    const at = (seq % HASH_GROUP_SEGMENTS) * HASH_BYTES
    if (equalBytes(hashSegment(segment), leaves.subarray(at, at + HASH_BYTES))) return segment
    throw new ContentChangedError(name)
  }

  async #groupHashes(group: number): Promise<GroupHashes> {
    const held = this.#groups.get(group)
    const hashes = held ?? this.#read(() => this.#parts.groupHashes(group))
    this.#groups.delete(group)
    this.#groups.set(group, hashes)
    if (this.#groups.size > PARTS_LIMITS.heldGroups) this.#groups.delete(this.#groups.keys().next().value!)
    const found = await hashes.catch(error => {
      this.#groups.delete(group)
      throw error
    })
    if (found) return found
    this.#groups.delete(group)
    throw new ContentPartialError(this.item.record.name)
  }

  async #read<T>(read: () => Promise<T>): Promise<T> {
    try {
      return await read()
    } catch (error) {
      throw new ContentReadError(this.item.record.name, error)
    }
  }
}
