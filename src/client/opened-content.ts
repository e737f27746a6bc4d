import { AnabranchError, ExitCode } from '../errors.ts'
import type { ContentRecord } from '../protocol/content-record.ts'
import { systemScheduler } from '../scheduler.ts'
import { type ByteRange, extentAround, rangeWithin } from './byte-range.ts'
import type { FetchEvent } from './fetch-events.ts'
import type { ClientOptions, OpenRequest } from './fetch-options.ts'
import { FollowedDirectors, type Found } from './followed-directors.ts'
import type { ByteSink } from './output/output-writer.ts'
import { PieceQueue } from './output/piece-queue.ts'
import { type ClientLinks, type ClientMemory, RangeTransfer, type WantedRange } from './range-transfer.ts'
import type { ReadPlace, ReadPool, ReadWish } from './read-pool.ts'

/** The content was closed while it was read, or is read afterwards. */
export class ContentClosedError extends AnabranchError {
  constructor(name: string) {
    super('ERR_CONTENT_CLOSED', `The content ${JSON.stringify(name)} was closed`, {
      exitCode: ExitCode.interrupted
    })
  }
}

/** What is to be read of an opened content. */
export interface ReadRequest {
  /** The first byte. Default: 0. */
  start?: number
  /** The byte behind the last one; what lies behind the content's end is left out. Default: that end. */
  end?: number
  /**
   * The byte behind the last one that may be asked for by now, which may grow; looked at before anything is asked for. So
   * a read stands ready to go on, and the routes are free meanwhile. Default: the end.
   */
  wantedEnd?(): number
  /**
   * While a read of a higher one can ask for something, this one does not: of all reads of the client. Any number; default 0.
   */
  priority?: number
  /** Gets the events of this read. */
  onEvent?(event: FetchEvent): void
}

/** A content whose routes are known and followed, and of which any parts can be read, several at once. */
export class OpenedContent {
  /** As its source has signed it: name, size and root hash. */
  readonly record: ContentRecord
  readonly #links: ClientLinks
  readonly #found: Found
  readonly #options: ClientOptions & OpenRequest
  readonly #memory: ClientMemory
  readonly #pool: ReadPool
  readonly #directors: FollowedDirectors
  readonly #closed = new AbortController()

  /** `stopped`: the client stops, and this content with it. */
  constructor(
    links: ClientLinks,
    found: Found,
    options: ClientOptions & OpenRequest,
    memory: ClientMemory,
    pool: ReadPool,
    stopped: AbortSignal
  ) {
    this.record = found.record
    this.#links = links
    this.#found = found
    this.#options = options
    this.#memory = memory
    this.#pool = pool
    this.#directors = new FollowedDirectors(links.node, found, options)
    const { signal } = this.#closed
    stopped.addEventListener('abort', () => void this.#end(stopped.reason), { signal })
  }

  /**
   * Reads bytes of the content in order, each verified. What the reader does not take holds up the routes, and its breaking
   * off ends them. Throws RangeOutsideError, ContentClosedError, the signal's reason, and what Client.fetch throws of routes
   * and contents.
   */
  async *read(request: ReadRequest = {}, signal?: AbortSignal): AsyncGenerator<Uint8Array, void, void> {
    const over = new AbortController()
    const ends = AbortSignal.any([over.signal, ...(signal ? [signal] : [])])
    const pieces = new PieceQueue()
    const carried = this.readInto(pieces, request, ends).then(
      () => pieces.end(),
      (error: unknown) => pieces.end({ error })
    )
    try {
      yield* pieces
    } finally {
      over.abort(new Error('nobody reads any more'))
      await carried
    }
  }

  /**
   * As `read`, but hands the bytes to a sink, without a copy: their memory is used again once the promise of its `write`
   * has resolved. Throws what the sink throws, too.
   */
  async readInto(
    sink: Pick<ByteSink, 'write'>,
    request: ReadRequest = {},
    signal?: AbortSignal
  ): Promise<void> {
    const { start = 0, end } = request
    const ends = AbortSignal.any([this.#closed.signal, ...(signal ? [signal] : [])])
    ends.throwIfAborted()
    if (start === 0 && this.record.sizeBytes === 0) return
    const bytes = rangeWithin({ start, ...(end === undefined ? {} : { end }) }, this.record)
    const place = await this.#enter(bytes, request, ends)
    const write = async (chunks: Uint8Array[]) => {
      await sink.write(chunks)
      place.taken(chunks.reduce((sum, { byteLength }) => sum + byteLength, 0))
    }
    try {
      await this.#carry(bytes, request, place, { write }, ends)
    } finally {
      place.leave()
    }
  }

  /** Ends all reads with ContentClosedError. Resolves once the directors have heard all that they are to hear. */
  async close(): Promise<void> {
    await this.#end(new ContentClosedError(this.record.name))
  }

  async #end(reason: Error): Promise<void> {
    this.#closed.abort(reason)
    await this.#directors.finish()
  }

  /** Waits for memory. Throws the signal's reason. */
  #enter(bytes: ByteRange, { priority = 0, wantedEnd }: ReadRequest, ends: AbortSignal): Promise<ReadPlace> {
    const { firstSeq, endSeq, segmentBytes } = extentAround(bytes, this.record)
    const { pace } = this.#options
    const wish: ReadWish = {
      ...{ priority, segmentBytes, contentBytes: (endSeq! - firstSeq) * segmentBytes },
      ...(wantedEnd ? { wantedBytes: () => wantedEnd() - firstSeq * segmentBytes } : {}),
      ...(pace ? { pace } : {})
    }
    return new Promise((resolve, reject) => {
      const onAbort = () => {
        stopWaiting()
        reject(ends.reason)
      }
      ends.addEventListener('abort', onAbort)
      const stopWaiting = this.#pool.enter(wish, place => {
        ends.removeEventListener('abort', onAbort)
        resolve(place)
      })
    })
  }

  /** Carries the bytes to the sink. Throws as `readInto` does. */
  async #carry(
    bytes: ByteRange,
    { onEvent }: ReadRequest,
    place: ReadPlace,
    sink: ByteSink,
    signal: AbortSignal
  ): Promise<void> {
    const { scheduler = systemScheduler } = this.#options
    const { record, answer } = this.#found
    const range: WantedRange = { extent: extentAround(bytes, record), bytes, hereBytes: 0, againBytes: 0 }
    const options = {
      ...this.#options,
      ...{ signal, pace: place, memoryBytes: place.memoryBytes, isOneOfMany: true },
      onEvent: (event: FetchEvent) => onEvent?.(event)
    }
    const transfer = new RangeTransfer(this.#links, record, range, sink, options, this.#memory, {
      paths: this.#directors.paths,
      mayHearOfOthers: answer !== undefined,
      isFirst: false,
      ...(answer ? { known: { record, bytes: answer.recordBytes } } : {}),
      startedAtMs: scheduler.nowMs(),
      onComplaint: (path, fault) => this.#directors.complain(path, fault)
    })
    this.#directors.offers.add(transfer.offers)
    try {
      await transfer.run()
    } finally {
      this.#directors.offers.delete(transfer.offers)
    }
  }
}
