import { EventEmitter } from 'node:events'
import { realpath } from 'node:fs/promises'
import { join, resolve } from 'node:path'
import type { PrivateKey } from '@libp2p/interface'
import { peerIdFromPrivateKey } from '@libp2p/peer-id'
import { AnabranchError } from '../errors.ts'
import { parseContentName } from '../protocol/content-name.ts'
import { type ContentRecord, signContentRecord } from '../protocol/content-record.ts'
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
  /** Something in the directory is not offered. `name` is as on disk and may hold anything; the message is clean. */
  problem: [name: string, error: AnabranchError]
  /** Every file that is there has been hashed, has a problem or goes on changing. */
  idle: []
  /** A file has come or changed since then, and is to be hashed. */
  busy: []
}

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
  readonly #sourcePeerId: string
  readonly #entries = new Map<string, CatalogEntry>()
  /** Entries whose hashes may be cached, and those whose hashes are not. */
  readonly #toLookUp = new WorkQueue()
  readonly #toHash = new WorkQueue()
  /** The messages of problems told so far, by the name of the file. */
  #problems = new Map<string, string>()
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
    this.#sourcePeerId = peerIdFromPrivateKey(options.privateKey).toString()
  }

  /** Resolves once the directory is scanned; hashing goes on. Throws CatalogDirectoryError, HashCacheError. */
  async start(): Promise<void> {
    const { directory, cacheDirectory, segmentBytes, exclude = [], watch = true } = this.#options
    this.#root = await realpath(directory).catch(error => {
      throw new CatalogDirectoryError(directory, error)
    })
    this.#indexer = new Indexer(cacheDirectory, this.#root, segmentBytes)
    await this.#indexer.start()
    const excluded = [cacheDirectory, ...exclude].map(path => realpath(path).catch(() => resolve(path)))
    this.#excluded = await Promise.all(excluded)
    if (watch) this.#watch = new DirectoryWatch(this.#root, () => this.#wake(this.#changeDelayMs()))
    try {
      await this.#enqueueScan(true)
    } catch (error) {
      await this.stop()
      throw error
    }
    if (this.#entries.size > 0) await this.#indexer.prune(() => this.#entries.keys())
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
      if (onlyFile !== undefined) visit(this.#root)
      const result =
        onlyFile === undefined
          ? await scanDirectory(this.#root, this.#excluded, visit)
          : await scanFile(join(this.#root, onlyFile), parseContentName(onlyFile.normalize('NFC')))
      return { ...result, unwatched: this.#watch?.end() }
    } catch (error) {
      if (isFirst || !(error instanceof AnabranchError)) throw error
      return { files: [], problems: new Map([['', error]]), unwatched: undefined }
    }
  }

  async #merge({ files }: ScanResult, nowMs: number): Promise<void> {
    const names = new Set(files.map(file => file.name))
    for (const name of [...this.#entries.keys()].filter(known => !names.has(known))) {
      this.#drop(name)
      // A directory in which there is nothing at all may be one that is not mounted just now.
      if (files.length > 0) await this.#indexer.forget(name)
    }
    for (const file of files) this.#observe(file, nowMs)
  }

  #observe(file: ScannedFile, nowMs: number): void {
    const known = this.#entries.get(file.name)
    let entry = known ?? newEntry(file, nowMs)
    if (!looksSame(entry.file, file)) entry = changedEntry(entry, file, nowMs)
    else if (this.#isWorthAnotherTry(entry, nowMs)) entry.state = 'settling'
    if (entry !== known) this.#entries.set(file.name, entry)
    if (known?.item !== undefined && entry.item === undefined) this.emit('removed', file.name)
    if (!isSettling(entry)) return
    // The calendar may have been set back.
    entry.sinceMs = Math.min(entry.sinceMs, nowMs)
    settle(entry, nowMs, this.#settleMs)
    // What is offered is hashed anew in any case: a look tells a file from another no better than the one before.
    if (entry.state === 'queued') (entry.item === undefined ? this.#toLookUp : this.#toHash).push(entry)
  }

  #isWorthAnotherTry({ state, isTransient, sinceMs }: CatalogEntry, nowMs: number): boolean {
    return state === 'failed' && isTransient === true && nowMs - sinceMs >= this.#rescanMs
  }

  #drop(name: string): void {
    const entry = this.#entries.get(name)!
    this.#entries.delete(name)
    if (entry.item !== undefined) this.emit('removed', name)
  }

  /** Tells each problem once, however often the directory is scanned. */
  #reportProblems({ problems, unwatched }: Seen): void {
    const current = new Map(problems)
    if (unwatched !== undefined) current.set('', unwatched)
    for (const [name, { state, item, error }] of this.#entries) {
      if (error !== undefined && (state === 'failed' || item === undefined)) current.set(name, error)
    }
    const told = this.#problems
    this.#problems = new Map([...current].map(([name, { message }]) => [name, message]))
    for (const [name, error] of current) {
      if (told.get(name) !== error.message) this.emit('problem', name, error)
    }
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
    return [...this.#entries.values()].every(isDone)
  }

  /** Works off both queues: cached hashes first, since they cost next to nothing. */
  async #workOff(): Promise<void> {
    while (!this.#isStopped) {
      const cached = this.#toLookUp.take()
      const entry = cached ?? this.#toHash.take()
      if (entry === undefined) break
      if (this.#entries.get(entry.file.name) === entry) await this.#index(entry, cached !== undefined)
    }
    await this.#indexer.stop()
  }

  async #index(entry: CatalogEntry, isLookUp: boolean): Promise<void> {
    try {
      const rootHash = isLookUp
        ? await this.#indexer.lookUp(entry.file)
        : await this.#indexer.hash(entry.file, doneBytes => {
            entry.doneBytes = doneBytes
          })
      if (rootHash !== undefined) await this.#publish(entry, rootHash)
      else if (isLookUp) this.#toHash.push(entry)
      else this.#settleAgain(entry)
    } catch (error) {
      this.#fail(entry, error as AnabranchError)
    }
  }

  async #publish(entry: CatalogEntry, rootHash: Uint8Array): Promise<void> {
    const { name, identity } = entry.file
    if (hasRoot(entry, rootHash)) return becomeReady(entry)
    const { segmentBytes, privateKey } = this.#options
    const sourcePeerId = this.#sourcePeerId
    const record = { name, sizeBytes: identity.sizeBytes, segmentBytes, rootHash, sourcePeerId }
    const recordBytes = await signContentRecord(record, privateKey)
    if (this.#isStopped || this.#entries.get(name) !== entry) return
    becomeReady(entry)
    if (entry.item !== undefined) this.emit('removed', name)
    entry.item = { record, recordBytes }
    this.emit('added', record, recordBytes)
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
      this.emit('removed', name)
    }
    if (this.#problems.get(name) === error.message) return
    this.#problems.set(name, error.message)
    this.emit('problem', name, error)
  }

  /** Takes a content off offer whose file or hashes turned out to be others, and has the file hashed anew. */
  #withdraw({ name, rootHash }: ContentRecord): void {
    const entry = this.#entries.get(name)
    if (entry === undefined || !hasRoot(entry, rootHash)) return
    entry.item = undefined
    this.emit('removed', name)
    const forgotten = this.#indexer.forget(name)
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
    const settling = [...this.#entries.values()].filter(isSettling)
    const delays = settling.map(entry => settleDelayMs(entry, nowMs, this.#settleMs))
    return delays.reduce((least, delay) => Math.min(least, delay), this.#rescanMs)
  }
}

function becomeReady(entry: CatalogEntry): void {
  entry.state = 'ready'
  delete entry.error
}

function hasRoot(entry: CatalogEntry | undefined, rootHash: Uint8Array): boolean {
  return entry?.item !== undefined && Buffer.compare(entry.item.record.rootHash, rootHash) === 0
}
