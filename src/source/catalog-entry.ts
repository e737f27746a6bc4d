import type { AnabranchError } from '../errors.ts'
import { FileRestlessError } from './catalog-errors.ts'
import { modifiedAtMsOf, type ScannedFile } from './catalog-file.ts'
import type { ContentItem } from './content-store.ts'

/**
 * Milliseconds after which a change no longer counts as one of a series, and the longest that a file
 * which keeps changing has to stay the same before it is hashed.
 */
const MAX_QUIET_MS = 300_000

/** Milliseconds for which a file that is not offered may go on changing before that is told. */
const RESTLESS_MS = 10_000

/** One file of the directory and how far it is on its way into the catalog. */
export interface CatalogEntry {
  file: ScannedFile
  /**
   * settling: may still be written to; restless: has been written to for so long that nobody waits
   * for it; queued: waits for its hashes; failed: has a problem, see `error`.
   */
  state: 'settling' | 'restless' | 'queued' | 'ready' | 'failed'
  /** When the file was first seen in this shape; for a failed entry, when it failed. */
  sinceMs: number
  /** Since when it has not been ready. */
  unsettledSinceMs: number
  /** How many times the file changed after it had settled, none of them long after the one before. */
  changes: number
  /** Bytes of the file that are hashed so far. */
  doneBytes: number
  /**
   * The content as it is offered: of the file as it is where the entry is ready, else of what it
   * was, for its bytes may still be the same.
   */
  item?: ContentItem
  /** Why the entry failed or was restless, until it is ready. */
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

/** The entry of a file that is seen for the first time. */
export function newEntry(file: ScannedFile, nowMs: number): CatalogEntry {
  return { file, state: 'settling', sinceMs: nowMs, unsettledSinceMs: nowMs, changes: 0, doneBytes: 0 }
}

/**
 * The entry of a file that looks other than before. What it offers stays on offer while the size is
 * the same: often only times or inode numbers have changed, and no segment of other bytes is ever sent.
 */
export function changedEntry(entry: CatalogEntry, file: ScannedFile, nowMs: number): CatalogEntry {
  const { state, item, error, sinceMs, unsettledSinceMs, changes } = entry
  const isLate = nowMs - sinceMs >= MAX_QUIET_MS
  const hadSettled = state === 'ready' || state === 'queued'
  return {
    ...newEntry(file, nowMs),
    unsettledSinceMs: isLate || state === 'ready' || state === 'failed' ? nowMs : unsettledSinceMs,
    changes: isLate ? 1 : changes + (hadSettled ? 1 : 0),
    ...(state === 'failed' || error === undefined ? {} : { error }),
    ...(item?.record.sizeBytes === file.identity.sizeBytes ? { item } : {})
  }
}

/** Decides what becomes of an entry that is settling: it is `queued`, `restless`, or goes on settling. */
export function settle(entry: CatalogEntry, nowMs: number, settleMs: number): void {
  if (!isSettling(entry)) return
  const { file, unsettledSinceMs } = entry
  if (settleDelayMs(entry, nowMs, settleMs) <= 0) {
    entry.state = 'queued'
  } else if (nowMs - unsettledSinceMs >= Math.max(RESTLESS_MS, 2 * quietMsOf(entry, settleMs))) {
    entry.state = 'restless'
    entry.error ??= new FileRestlessError(file.name)
  }
}

/** Whether the entry waits for its file to be left alone. */
export function isSettling({ state }: CatalogEntry): boolean {
  return state === 'settling' || state === 'restless'
}

/** True when nothing is left to do for the entry, as far as anybody should wait for it. */
export function isDone({ state }: CatalogEntry): boolean {
  return state === 'ready' || state === 'failed' || state === 'restless'
}

/** Milliseconds until the entry has settled; 0 or less when it has. `settleMs` is for files that changed once at most. */
export function settleDelayMs(entry: CatalogEntry, nowMs: number, settleMs: number): number {
  const { file, sinceMs, changes } = entry
  const mtimeMs = modifiedAtMsOf(file.identity)
  // A file moved here has an old mtime, and was whole before; an mtime in the future says nothing, nor does one that keeps
  // changing.
  const quietSinceMs = changes > 1 ? sinceMs : Math.min(sinceMs, mtimeMs)
  return Math.ceil(quietSinceMs + quietMsOf(entry, settleMs) - nowMs)
}

/** Each change soon after the file had settled doubles the time for which it must then stay the same. */
function quietMsOf({ changes }: CatalogEntry, settleMs: number): number {
  return Math.max(settleMs, Math.min(settleMs * 2 ** Math.max(0, changes - 1), MAX_QUIET_MS))
}

/** Most entries of one batch, and most bytes of their files. */
const BATCH_ENTRIES = 256
const BATCH_BYTES = 16 * 1024 * 1024

/** Entries to work on: those that are not offered first, then the smallest, so that most contents are there soon. */
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
  const offered = Number(a.item !== undefined) - Number(b.item !== undefined)
  const sizes = a.file.identity.sizeBytes - b.file.identity.sizeBytes
  return offered || sizes || (a.file.name < b.file.name ? -1 : 1)
}
