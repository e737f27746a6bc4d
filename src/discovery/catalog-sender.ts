import { utf8Length } from '../protocol/bytes.ts'
import type { ContentRecord } from '../protocol/content-record.ts'
import type { CatalogItem, CatalogRequest } from '../protocol/director-messages.ts'
import type { Scheduler } from '../scheduler.ts'

/** Bytes at which a catalog frame is closed. */
const FRAME_BYTES = 48 * 1024
/** Records or names at which a catalog frame is closed; the director takes 4,096 of them at most. */
const FRAME_ITEMS = 2_048

/** A content of the catalog with its record in signed form. */
export interface AnnouncedContent {
  record: Pick<ContentRecord, 'name' | 'rootHash'>
  recordBytes: Uint8Array
}

export interface CatalogDelta {
  /** Contents that are new or changed. */
  put?: readonly AnnouncedContent[]
  /** Names of contents that are gone. */
  remove?: readonly string[]
}

/**
 * Tells a director a whole catalog and then its changes, in frames of bounded size, no faster than the stream takes them.
 * Changes that come in one turn of the event loop, or while the stream takes nothing, are told together: of each content
 * only the last one.
 */
export class CatalogSender {
  readonly #send: (request: CatalogRequest) => boolean
  readonly #scheduler: Scheduler
  #frames: Iterator<CatalogRequest>
  /** Changes that are in no frame yet, by name; a content that is gone has none. */
  #changes = new Map<string, AnnouncedContent | undefined>()
  /** False while all is told but what is being gathered. */
  #isTelling = true
  #isBlocked = false
  #unacknowledged = 0
  #cancelGathering: (() => void) | undefined

  /** `send` returns false when the sender has to wait for `onDrain`. */
  constructor(
    catalog: Iterable<AnnouncedContent>,
    send: (request: CatalogRequest) => boolean,
    scheduler: Scheduler
  ) {
    this.#send = send
    this.#scheduler = scheduler
    this.#frames = wholeCatalog(catalog)
  }

  /** True when the director has everything that it was to be told so far. */
  get isStored(): boolean {
    return !this.#isTelling && this.#changes.size === 0 && this.#unacknowledged === 0
  }

  start(): void {
    this.#pump()
  }

  stop(): void {
    this.#cancelGathering?.()
  }

  add({ put = [], remove = [] }: CatalogDelta): void {
    for (const name of remove) this.#changes.set(name, undefined)
    for (const content of put) this.#changes.set(content.record.name, content)
    this.#cancelGathering ??= this.#scheduler.after(0, () => {
      this.#cancelGathering = undefined
      this.#pump()
    })
  }

  onDrain(): void {
    this.#isBlocked = false
    this.#pump()
  }

  onStored(): void {
    this.#unacknowledged--
  }

  #pump(): void {
    while (!this.#isBlocked) {
      const { value, done } = this.#frames.next()
      this.#isTelling = !done || this.#changes.size > 0
      if (!done) this.#sendFrame(value)
      else if (this.#isTelling) this.#frames = changeFrames(this.#takeChanges())
      else return
    }
  }

  #takeChanges(): Map<string, AnnouncedContent | undefined> {
    const changes = this.#changes
    this.#changes = new Map()
    return changes
  }

  #sendFrame(frame: CatalogRequest): void {
    this.#unacknowledged++
    if (!this.#send(frame)) this.#isBlocked = true
  }
}

function* wholeCatalog(catalog: Iterable<AnnouncedContent>): Generator<CatalogRequest, undefined> {
  for (const batch of inBatches(catalog, bytesOf)) {
    yield { kind: 'catalog', put: batch.map(toItem), remove: [], complete: false }
  }
  yield { kind: 'catalog', put: [], remove: [], complete: true }
}

function* changeFrames(
  changes: ReadonlyMap<string, AnnouncedContent | undefined>
): Generator<CatalogRequest, undefined> {
  const gone = [...changes.keys()].filter(name => changes.get(name) === undefined)
  for (const names of inBatches(gone, name => utf8Length(name))) {
    yield { kind: 'catalog', put: [], remove: names, complete: false }
  }
  const put = [...changes.values()].filter(content => content !== undefined)
  for (const batch of inBatches(put, bytesOf)) {
    yield { kind: 'catalog', put: batch.map(toItem), remove: [], complete: false }
  }
}

function toItem({ record, recordBytes }: AnnouncedContent): CatalogItem {
  return { name: record.name, rootHash: record.rootHash, record: recordBytes }
}

function bytesOf({ record, recordBytes }: AnnouncedContent): number {
  return recordBytes.byteLength + record.rootHash.byteLength + utf8Length(record.name)
}

function* inBatches<T>(items: Iterable<T>, sizeOf: (item: T) => number): Generator<T[]> {
  let batch: T[] = []
  let bytes = 0
  for (const item of items) {
    if (batch.length === FRAME_ITEMS || (batch.length > 0 && bytes + sizeOf(item) > FRAME_BYTES)) {
      yield batch
      batch = []
      bytes = 0
    }
    batch.push(item)
    bytes += sizeOf(item)
  }
  if (batch.length > 0) yield batch
}
