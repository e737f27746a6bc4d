import type { AnabranchError } from '../errors.ts'
import type { ScannedFile } from './catalog-file.ts'
import type { ContentItem } from './content-store.ts'

/** One file of the directory and how far it is on its way into the catalog. */
export interface CatalogEntry {
  file: ScannedFile
  /** settling: may still be written to; queued: waits for its hashes; failed: has a problem, see `error`. */
  state: 'settling' | 'queued' | 'ready' | 'failed'
  /** When the file was first seen in this shape; for a failed entry, when it failed. */
  sinceMs: number
  /** Bytes of the file that are hashed so far. */
  doneBytes: number
  /** The content as it is offered; set when ready. */
  item?: ContentItem
  error?: AnabranchError
  /** True when the failure was not the file's own: another try may succeed. */
  isTransient?: boolean
}

/** The time and the timers that a catalog uses. */
export interface CatalogClock {
  /** Milliseconds since 1970, as a file's mtime has them. */
  nowMs(): number
  /** Calls back once after `delayMs`; returns how to cancel that. */
  setTimer(callback: () => void, delayMs: number): () => void
}

export const systemClock: CatalogClock = {
  nowMs: () => Date.now(),
  setTimer: (callback, delayMs) => {
    const timer = setTimeout(callback, delayMs)
    return () => clearTimeout(timer)
  }
}

/** True when nothing has changed for `settleMs`, as far as the file's mtime or the scans so far tell. */
export function isSettled(entry: CatalogEntry, nowMs: number, settleMs: number): boolean {
  return settleDelayMs(entry, nowMs, settleMs) <= 0
}

/** Milliseconds until the entry has settled; 0 or less when it has. */
export function settleDelayMs({ file, sinceMs }: CatalogEntry, nowMs: number, settleMs: number): number {
  // A file moved here has an old mtime, and was whole before; an mtime in the future says nothing.
  const quietSinceMs = Math.min(sinceMs, Number(file.identity.mtimeNs / 1_000_000n))
  return Math.ceil(quietSinceMs + settleMs - nowMs)
}

/** Most entries of one batch, and most bytes of their files. */
const BATCH_ENTRIES = 256
const BATCH_BYTES = 16 * 1024 * 1024

/** Entries to work on, the smallest first, so that most contents are there soon; equal ones by name. */
export class WorkQueue {
  /** The entries in reverse order: the next one to work on stands last. */
  #entries: CatalogEntry[] = []
  #isSorted = true

  get isEmpty(): boolean {
    return this.#entries.length === 0
  }

  push(entry: CatalogEntry): void {
    this.#entries.push(entry)
    this.#isSorted = false
  }

  /** Takes many small entries, or a large one. */
  take(): CatalogEntry[] {
    if (!this.#isSorted) this.#entries.sort((a, b) => compareEntries(b, a))
    this.#isSorted = true
    let bytes = 0
    const isWithin = (entry: CatalogEntry, index: number): boolean => {
      bytes += entry.file.identity.sizeBytes
      return index === 0 || bytes <= BATCH_BYTES
    }
    const next = this.#entries.slice(-BATCH_ENTRIES).reverse()
    const end = next.findIndex((entry, index) => !isWithin(entry, index))
    const batch = end < 0 ? next : next.slice(0, end)
    this.#entries.length -= batch.length
    return batch
  }
}

function compareEntries(a: CatalogEntry, b: CatalogEntry): number {
  const sizes = a.file.identity.sizeBytes - b.file.identity.sizeBytes
  return sizes !== 0 ? sizes : a.file.name < b.file.name ? -1 : 1
}
