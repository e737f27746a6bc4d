import { EventEmitter } from 'node:events'
import { realpath } from 'node:fs/promises'
import { join, resolve } from 'node:path'
import type { PrivateKey } from '@libp2p/interface'
import { AnabranchError } from '../errors.ts'
import { equalBytes } from '../protocol/bytes.ts'
import { parseContentName } from '../protocol/content-name.ts'
import { type ContentRecord, rootHashIn } from '../protocol/content-record.ts'
import {
  type CatalogClock,
  type CatalogEntry,
  changedEntry,
  isDone,
  isSettling,
  newEntry,
  settle,
  settleDelayMs,
  systemClock,
  WorkQueue
} from './catalog-entry.ts'
import { CatalogDirectoryError, HashCacheError, type WatchLimitError } from './catalog-errors.ts'
import { looksSame, type ScannedFile } from './catalog-file.ts'
import { Indexer } from './catalog-indexer.ts'
import { type ScanResult, scanDirectory, scanFile } from './catalog-scan.ts'
import { DirectoryWatch } from './catalog-watch.ts'
import { ContentChangedError, ContentNotReadyError, UnknownContentError } from './content-errors.ts'
import type { ContentReader } from './content-reader.ts'
import type { ContentItem, ContentStore } from './content-store.ts'

export type { CatalogClock } from './catalog-entry.ts'

/** Milliseconds that a file must stay the same before it is hashed: longer than most writers pause. */
export const DEFAULT_SETTLE_MS = 1000

/**
 * Milliseconds between two scans when watching reports nothing: the longest that a missed change
 * stays unseen.
 */
export const DEFAULT_RESCAN_MS = 30_000

/** Milliseconds from the first sign of a change to the scan, so that a burst of changes makes one scan. */
const CHANGE_DELAY_MS = 100

/** Scans may take at most this share of the time, however busy a large directory is. */
const MAX_SCAN_SHARE = 0.1

export interface CatalogOptions {
  /** The directory that is offered, with everything below it. */
  directory: string
  /** The base name of the only file that is offered, which may be a link to anywhere. Default: all are. */
  onlyFile?: string
  /** The directory in which hashes are kept between starts; made when missing. Never offered. */
  cacheDirectory: string
  /** Payload bytes of a segment, 1 to MAX_SEGMENT_BYTES. */
  segmentBytes: number
  /** The source's Ed25519 key, which signs the records. */
  privateKey: PrivateKey
  /** Files and directories that are not offered, such as the home directory with the key. Default: none. */
  exclude?: readonly string[]
  /** Default: DEFAULT_SETTLE_MS. */
  settleMs?: number
  /** Default: DEFAULT_RESCAN_MS. */
  rescanMs?: number
  /** Whether the operating system is asked to report changes. Default: true. */
  watch?: boolean
  /** Default: the system's time and timers. */
  clock?: CatalogClock
}

export interface CatalogEvents {
  /** A content can be fetched from now on. */
  added: [record: ContentRecord, recordBytes: Uint8Array]
  /**
   * A content is gone or has changed; after a change `added` follows. A change that leaves the size
   * as it was is told once the bytes are known to be others.
   */
  removed: [name: string]
  /**
   * Something in the directory is not offered. `name` is as on disk and may hold anything, and is empty where the problem
   * is not that of one file; the message is clean.
   */
  problem: [name: string, error: AnabranchError]
  /** Every file that is there has been hashed, has a problem or goes on changing. */
  idle: []
  /** A file has come or changed since then, and is to be hashed. */
  busy: []
}

/** The name is empty where the problem is not that of one file. */
type Problem = [name: string, error: AnabranchError]

/** What one look at the directory has found. `unwatched`: why changes in parts of it are not told by the system. */
interface Seen extends ScanResult {
  unwatched: WatchLimitError | undefined
}

/**
 * The contents that a source offers: the files below a directory, each with its signed record, kept
 * current while files appear, change and go. A file is offered once it has settled and is hashed;
 * hashes are cached between starts. What is read for a client is held against the hashes, so that a
 * content may stay on offer while it is not certain that its file is still the same.
 */
export class Catalog extends EventEmitter<CatalogEvents> implements ContentStore {
  readonly #options: CatalogOptions
  readonly #clock: CatalogClock
  readonly #settleMs: number
  readonly #rescanMs: number
  readonly #entries = new Map<string, CatalogEntry>()
  /** Number of entries with a content on offer. */
  #offered = 0
  /** Entries whose hashes may be cached, and those whose hashes are not. */
  readonly #toLookUp = new WorkQueue()
  readonly #toHash = new WorkQueue()
  /** The problems told so far, by `keyOf`. */
  #problems = new Map<string, Problem>()
  #root = ''
  #excluded: string[] = []
  #indexer!: Indexer
  #watch: DirectoryWatch | undefined
  #scans: Promise<void> = Promise.resolve()
  #work: Promise<void> | undefined
  #cancelTimer: (() => void) | undefined
  #timerAtMs = Number.POSITIVE_INFINITY
  #lastScanMs = 0
  #isIdle = false
  #isStopped = false

  constructor(options: CatalogOptions) {
    super()
    this.#options = options
    this.#clock = options.clock ?? systemClock
    this.#settleMs = options.settleMs ?? DEFAULT_SETTLE_MS
    this.#rescanMs = options.rescanMs ?? DEFAULT_RESCAN_MS
  }

  /** Resolves once the directory is scanned; hashing goes on. Throws CatalogDirectoryError, HashCacheError. */
  async start(): Promise<void> {
    const { directory, cacheDirectory, exclude = [], watch = true } = this.#options
    this.#root = await realpath(directory).catch(error => {
      throw new CatalogDirectoryError(directory, error)
    })
    this.#indexer = new Indexer({ ...this.#options, root: this.#root })
    this.#indexer.start()
    const excluded = [cacheDirectory, ...exclude].map(path => realpath(path).catch(() => resolve(path)))
    this.#excluded = await Promise.all(excluded)
    if (watch) this.#watch = new DirectoryWatch(this.#root, () => this.#wake(this.#changeDelayMs()))
    try {
      await this.#enqueueScan(true)
    } catch (error) {
      await this.stop()
      throw error
    }
  }

  /** Ends watching and hashing. Readers stay open until they are closed. */
  async stop(): Promise<void> {
    this.#isStopped = true
    this.#watch?.stop()
    this.#cancelTimer?.()
    await this.#indexer?.stop()
    await this.#scans
    await this.#work
  }

  /** Looks at the directory now; resolves when `removed` and the scan's problems have been told. */
  async rescan(): Promise<void> {
    await this.#enqueueScan(false)
  }

  /** Number of files below the directory that may be offered, and of those that are. */
  get counts(): { offered: number; files: number } {
    return { offered: this.#offered, files: this.#entries.size }
  }

  /** See the event `idle`. */
  get isIdle(): boolean {
    return this.#isIdle
  }

  /** All contents that can be fetched. */
  list(): ContentItem[] {
    return [...this.#entries.values()].flatMap(entry => entry.item ?? [])
  }

  find(name: string): ContentItem | undefined {
    return this.#entries.get(name)?.item
  }

  findByRoot(rootHash: Uint8Array): ContentItem | undefined {
    return this.#entryByRoot(rootHash)?.item
  }

  /**
   * Tells how far a file on its way into the catalog is hashed; undefined for a content that is in
   * the catalog, and where there is no such file.
   */
  indexing(name: string): { doneBytes: number; totalBytes: number } | undefined {
    const entry = this.#entries.get(name)
    if (entry === undefined || entry.item !== undefined || isDone(entry)) return undefined
    return { doneBytes: entry.doneBytes, totalBytes: entry.file.identity.sizeBytes }
  }

  whyMissing(name: string, rootHash?: Uint8Array): AnabranchError {
    const entry = this.#entries.get(name)
    if (rootHash !== undefined && entry?.item !== undefined) return new ContentChangedError(name)
    const isAwaited = entry === undefined ? rootHash !== undefined && !this.#isAllDone() : !isDone(entry)
    return isAwaited ? new ContentNotReadyError(name) : new UnknownContentError(name, rootHash !== undefined)
  }

  /** Resolves when `idle` holds. */
  async whenIdle(): Promise<void> {
    if (!this.#isIdle) await new Promise<void>(resolve => this.once('idle', resolve))
  }

  /** See ContentStore. Where this throws ContentNotReadyError, the content's hashes were lost and are made again. */
  async open(record: ContentRecord): Promise<ContentReader> {
    const named = this.#entries.get(record.name)
    const entry = hasRoot(named, record.rootHash) ? named : this.#entryByRoot(record.rootHash)
    if (entry?.item === undefined) throw this.whyMissing(record.name, record.rootHash)
    const { record: offered } = entry.item
    try {
      return await this.#indexer.open(offered, entry.file, () => this.#withdraw(offered))
    } catch (error) {
      if (error instanceof ContentNotReadyError && entry.state === 'ready') this.#withdraw(offered)
      this.#wake(CHANGE_DELAY_MS)
      throw error
    }
  }

  #entryByRoot(rootHash: Uint8Array): CatalogEntry | undefined {
    for (const entry of this.#entries.values()) if (hasRoot(entry, rootHash)) return entry
    return undefined
  }

  /** Runs a scan behind those asked for earlier: one at a time. */
  #enqueueScan(isFirst: boolean): Promise<void> {
    const scan = this.#scans.then(() => this.#scan(isFirst))
    this.#scans = scan.catch(() => {})
    return scan
  }

  async #scan(isFirst: boolean): Promise<void> {
    if (this.#isStopped) return
    const startMs = this.#clock.nowMs()
    const result = await this.#look(isFirst)
    if (this.#isStopped) return
    const nowMs = this.#clock.nowMs()
    this.#lastScanMs = nowMs - startMs
    await this.#merge(result, nowMs)
    // A directory in which there is nothing at all may be one that is not mounted just now.
    if (isFirst && result.files.size > 0) await this.#indexer.prune([...result.files.values()])
    this.#reportProblems(result)
    this.#wake(this.#nextScanDelayMs(nowMs))
    this.#startWork()
  }

  /** A directory that cannot be read any more offers nothing; only at the start is that an error. */
  async #look(isFirst: boolean): Promise<Seen> {
    await this.#watch?.begin()
    try {
      const visit = (path: string) => this.#watch?.visit(path)
      const { onlyFile } = this.#options
      const root = this.#root
      if (onlyFile !== undefined) visit(root)
      const result =
        onlyFile === undefined
          ? await scanDirectory({
              root,
              excluded: this.#excluded,
              visit,
              known: name => this.#entries.get(name)?.file
            })
          : await scanFile(join(root, onlyFile), parseContentName(onlyFile.normalize('NFC')))
      return { ...result, unwatched: this.#watch?.end() }
    } catch (error) {
      if (isFirst || !(error instanceof AnabranchError)) throw error
      return { files: new Map(), problems: new Map([['', error]]), unwatched: undefined }
    }
  }

  async #merge({ files }: ScanResult, nowMs: number): Promise<void> {
    for (const { file } of [...this.#entries.values()].filter(({ file }) => !files.has(file.name))) {
      this.#drop(file.name)
      // As at the start: the directory may not be mounted.
      if (files.size > 0) await this.#indexer.forget(file)
    }
    for (const file of files.values()) this.#observe(file, nowMs)
  }

  #observe(file: ScannedFile, nowMs: number): void {
    const known = this.#entries.get(file.name)
    let entry = known ?? newEntry(file, nowMs)
    if (!looksSame(entry.file, file)) entry = changedEntry(entry, file, nowMs)
    else if (this.#isWorthAnotherTry(entry, nowMs)) entry.state = 'settling'
    if (entry !== known) this.#entries.set(file.name, entry)
    if (known?.item !== undefined && entry.item === undefined) this.#tellRemoved(file.name)
    if (!isSettling(entry)) return
    // The calendar may have been set back.
    entry.sinceMs = Math.min(entry.sinceMs, nowMs)
    settle(entry, nowMs, this.#settleMs)
    // What is offered is hashed anew in any case: a look tells a file from another no better than the one before.
    if (entry.state === 'queued') (entry.item === undefined ? this.#toLookUp : this.#toHash).push(entry)
  }

  #isWorthAnotherTry(entry: CatalogEntry, nowMs: number): boolean {
    return isRefused(entry) && nowMs - entry.sinceMs >= this.#rescanMs
  }

  #drop(name: string): void {
    const entry = this.#entries.get(name)!
    this.#entries.delete(name)
    if (entry.item !== undefined) this.#tellRemoved(name)
  }

  #tellRemoved(name: string): void {
    this.#offered--
    this.emit('removed', name)
  }

  /** Tells each problem once, however often the directory is scanned. */
  #reportProblems({ problems, unwatched }: Seen): void {
    const current: Problem[] = [...problems]
    if (unwatched !== undefined) current.push(['', unwatched])
    for (const [name, { item, error, isTransient }] of this.#entries) {
      if (error !== undefined && (item === undefined || isTransient)) current.push(problemOf(name, error))
    }
    const told = this.#problems
    this.#problems = new Map(current.map(problem => [keyOf(problem), problem]))
    for (const [key, problem] of this.#problems) if (!told.has(key)) this.emit('problem', ...problem)
  }

  /** Starts a run over the queues unless one is under way; the run ends when nothing is queued. */
  #startWork(): void {
    if (this.#isIdle && !this.#isAllDone()) {
      this.#isIdle = false
      this.emit('busy')
    }
    this.#work ??= this.#workOff().finally(() => {
      this.#work = undefined
      if (this.#isStopped) return
      if (!this.#toLookUp.isEmpty || !this.#toHash.isEmpty) return this.#startWork()
      if (this.#isIdle || !this.#isAllDone()) return
      this.#isIdle = true
      this.emit('idle')
    })
  }

  #isAllDone(): boolean {
    for (const entry of this.#entries.values()) if (!isDone(entry)) return false
    return true
  }

  /** Works off both queues: cached hashes first, since they cost next to nothing. */
  async #workOff(): Promise<void> {
    while (!this.#isStopped) {
      const isLookUp = !this.#toLookUp.isEmpty
      const batch = isLookUp ? this.#toLookUp.take() : this.#toHash.take()
      if (batch.length === 0) break
      const current = batch.filter(entry => this.#entries.get(entry.file.name) === entry)
      if (current.length > 0) await this.#index(current, isLookUp)
    }
    await this.#indexer.stop()
  }

  async #index(entries: readonly CatalogEntry[], isLookUp: boolean): Promise<void> {
    const files = entries.map(({ file }) => file)
    // A file that is long enough to tell its progress is worked on alone.
    const onProgress = (doneBytes: number): void => {
      entries[0]!.doneBytes = doneBytes
    }
    const indexed = isLookUp ? await this.#indexer.lookUp(files) : await this.#indexer.hash(files, onProgress)
    for (const [index, entry] of entries.entries()) {
      const found = indexed[index]
      if (found instanceof AnabranchError) this.#fail(entry, found)
      else if (found !== undefined) this.#publish(entry, found)
      else if (isLookUp) this.#toHash.push(entry)
      else this.#settleAgain(entry)
    }
  }

  #publish(entry: CatalogEntry, item: ContentItem): void {
    const { name } = entry.file
    if (this.#isStopped || this.#entries.get(name) !== entry) return
    entry.state = 'ready'
    delete entry.error
    if (hasRoot(entry, rootHashIn(item.recordBytes))) return
    if (entry.item !== undefined) this.#tellRemoved(name)
    entry.item = item
    this.#offered++
    this.emit('added', item.record, item.recordBytes)
  }

  /** Puts an entry back that changed while it was hashed; the next scan finds its new shape. */
  #settleAgain(entry: CatalogEntry): void {
    entry.state = 'settling'
    entry.doneBytes = 0
    entry.changes++
    entry.sinceMs = this.#clock.nowMs()
    this.#wake(this.#changeDelayMs())
  }

  #fail(entry: CatalogEntry, error: AnabranchError): void {
    const { name } = entry.file
    Object.assign(entry, { state: 'failed', error, isTransient: error instanceof HashCacheError })
    entry.sinceMs = this.#clock.nowMs()
    if (this.#isStopped || this.#entries.get(name) !== entry) return
    if (entry.item !== undefined && !entry.isTransient) {
      entry.item = undefined
      this.#tellRemoved(name)
    }
    const problem = problemOf(name, error)
    const key = keyOf(problem)
    if (this.#problems.has(key)) return
    this.#problems.set(key, problem)
    this.emit('problem', ...problem)
  }

  /** Takes a content off offer whose file or hashes turned out to be others, and has the file hashed anew. */
  #withdraw({ name, rootHash }: ContentRecord): void {
    const entry = this.#entries.get(name)
    if (entry === undefined || !hasRoot(entry, rootHash)) return
    entry.item = undefined
    this.#tellRemoved(name)
    const forgotten = this.#indexer.forget(entry.file)
    if (isSettling(entry) || entry.state === 'queued') return
    Object.assign(entry, { state: 'queued', doneBytes: 0 })
    this.#startWork()
    void forgotten.then(() => {
      this.#toHash.push(entry)
      this.#startWork()
    })
  }

  /** Asks for a scan after `delayMs`, unless one is due sooner. */
  #wake(delayMs: number): void {
    const atMs = this.#clock.nowMs() + delayMs
    if (this.#isStopped || atMs >= this.#timerAtMs) return
    this.#cancelTimer?.()
    this.#timerAtMs = atMs
    this.#cancelTimer = this.#clock.setTimer(() => {
      this.#timerAtMs = Number.POSITIVE_INFINITY
      void this.rescan()
    }, delayMs)
  }

  #changeDelayMs(): number {
    return Math.max(CHANGE_DELAY_MS, this.#lastScanMs / MAX_SCAN_SHARE)
  }

  #nextScanDelayMs(nowMs: number): number {
    let leastMs = this.#rescanMs
    for (const entry of this.#entries.values()) {
      if (isSettling(entry)) leastMs = Math.min(leastMs, settleDelayMs(entry, nowMs, this.#settleMs))
      else if (isRefused(entry)) {
        leastMs = Math.min(leastMs, Math.max(this.#changeDelayMs(), entry.sinceMs + this.#rescanMs - nowMs))
      }
    }
    return leastMs
  }
}

/** A cache that cannot be written concerns all files alike, and is told once, whatever the system says for each. */
function problemOf(name: string, error: AnabranchError): Problem {
  return [error instanceof HashCacheError ? '' : name, error]
}

function keyOf([name, error]: Problem): string {
  return JSON.stringify([name, error instanceof HashCacheError ? error.code : error.message])
}

/** Whether the entry has failed for a reason that may pass, such as a full disk. */
function isRefused({ state, isTransient }: CatalogEntry): boolean {
  return state === 'failed' && isTransient === true
}

function hasRoot(entry: CatalogEntry | undefined, rootHash: Uint8Array): boolean {
  return entry?.item !== undefined && equalBytes(rootHashIn(entry.item.recordBytes), rootHash)
}
