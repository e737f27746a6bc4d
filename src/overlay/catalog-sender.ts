import type { CatalogRequest } from '../protocol/director-messages.ts'

/** A catalog frame is closed when it holds so many bytes. */
const FRAME_BYTES = 48 * 1024
/** ... or so many records or names, of which the director takes 4,096 at most. */
const FRAME_ITEMS = 2_048

export interface CatalogDelta {
  /** Signed records of contents that are new or changed. */
  put?: readonly Uint8Array[]
  /** Names of contents that are gone. */
  remove?: readonly string[]
}

/** Tells a director a whole catalog and then its changes, in frames of bounded size, no faster than the stream takes them. */
export class CatalogSender {
  readonly #send: (request: CatalogRequest) => boolean
  readonly #frames: Iterator<CatalogRequest>
  readonly #deltas: CatalogDelta[] = []
  #isListing = true
  #isBlocked = false
  #unacknowledged = 0

  /** `send` returns false when the sender is to wait for `onDrain`. */
  constructor(catalog: Iterable<Uint8Array>, send: (request: CatalogRequest) => boolean) {
    this.#send = send
    this.#frames = wholeCatalog(catalog)
  }

  /** The director has all that it was to be told so far. */
  get isStored(): boolean {
    return !this.#isListing && this.#deltas.length === 0 && this.#unacknowledged === 0
  }

  start(): void {
    this.#pump()
  }

  add(delta: CatalogDelta): void {
    this.#deltas.push(delta)
    this.#pump()
  }

  onDrain(): void {
    this.#isBlocked = false
    this.#pump()
  }

  onStored(): void {
    this.#unacknowledged--
  }

  #pump(): void {
    while (this.#isListing && !this.#isBlocked) {
      const { value, done } = this.#frames.next()
      if (done) this.#isListing = false
      else this.#sendFrame(value)
    }
    while (!this.#isListing && !this.#isBlocked && this.#deltas.length > 0) {
      for (const frame of deltaFrames(this.#deltas.shift()!)) this.#sendFrame(frame)
    }
  }

  #sendFrame(frame: CatalogRequest): void {
    this.#unacknowledged++
    if (!this.#send(frame)) this.#isBlocked = true
  }
}

function* wholeCatalog(catalog: Iterable<Uint8Array>): Generator<CatalogRequest, undefined> {
  for (const put of inBatches(catalog, record => record.byteLength)) {
    yield { kind: 'catalog', put, remove: [], complete: false }
  }
  yield { kind: 'catalog', put: [], remove: [], complete: true }
}

function* deltaFrames({ put = [], remove = [] }: CatalogDelta): Generator<CatalogRequest> {
  for (const names of inBatches(remove, name => Buffer.byteLength(name))) {
    yield { kind: 'catalog', put: [], remove: names, complete: false }
  }
  for (const records of inBatches(put, record => record.byteLength)) {
    yield { kind: 'catalog', put: records, remove: [], complete: false }
  }
}

function* inBatches<T>(items: Iterable<T>, bytesOf: (item: T) => number): Generator<T[]> {
  let batch: T[] = []
  let bytes = 0
  for (const item of items) {
    if (batch.length === FRAME_ITEMS || (batch.length > 0 && bytes + bytesOf(item) > FRAME_BYTES)) {
      yield batch
      batch = []
      bytes = 0
    }
    batch.push(item)
    bytes += bytesOf(item)
  }
  if (batch.length > 0) yield batch
}
