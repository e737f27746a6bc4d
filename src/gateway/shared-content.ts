import { type Scheduler, systemScheduler } from '../scheduler.ts'
import type { ByteRange } from '../units/byte-range.ts'
import { BLOCK_BYTES, type Block, type BlockCache } from './block-cache.ts'
import type { BlockFiles } from './block-files.ts'
import type { ReaderSink, SizedContent } from './contents.ts'
import { GATEWAY_LIMITS } from './limits.ts'
import { ReadAhead } from './read-ahead.ts'

/** Somebody who reads a range. */
interface Reader {
  /** The next byte that it needs. */
  position: number
  readonly end: number
  /** The read-ahead that brings what it reads. */
  ahead: ReadAhead | undefined
  /** Wakes it when there is something new. */
  wake: () => void
}

/** A block that is lent, and those of its bytes that a reader wants. */
interface Lent {
  block: Block
  bytes: Uint8Array
}

/** What is kept of a read-ahead. */
interface Use {
  readonly from: number
  /** How many readers it has had. */
  readers: number
  error?: { reason: unknown }
}

/**
 * A content of a known size whose readers share what is fetched: blocks go into a cache, and readers
 * whose places are near to one another wait for the same read-ahead. One that has no readers any more
 * ends when another begins, so that a reader who has jumped has the routes for itself.
 */
export class SharedContent {
  readonly #content: SizedContent
  readonly #cache: BlockCache
  readonly #files: BlockFiles | undefined
  readonly #scheduler: Scheduler
  readonly #onWaited: (waitMs: number) => void
  readonly #readers = new Set<Reader>()
  readonly #aheads = new Map<ReadAhead, Use>()
  #cancelEnd: () => void = () => {}

  /** `files`: what is on disk besides; `onWaited` hears how long a reader has waited. */
  constructor(
    content: SizedContent,
    cache: BlockCache,
    files: BlockFiles | undefined,
    scheduler: Scheduler = systemScheduler,
    onWaited: (waitMs: number) => void = () => {}
  ) {
    this.#content = content
    this.#cache = cache
    this.#files = files
    this.#scheduler = scheduler
    this.#onWaited = onWaited
  }

  /** Whether somebody reads, or what is read ahead waits for somebody. */
  get isInUse(): boolean {
    return this.#readers.size > 0 || this.#aheads.size > 0
  }

  /** See ServedContent.read. */
  async read({ start, end }: ByteRange, sink: ReaderSink, signal: AbortSignal): Promise<void> {
    const reader: Reader = { position: start, end, ahead: undefined, wake: () => {} }
    const onAbort = () => reader.wake()
    signal.addEventListener('abort', onAbort)
    this.#readers.add(reader)
    try {
      while (reader.position < end) {
        signal.throwIfAborted()
        const here = this.#take(reader)
        if (here.length > 0) await this.#handOn(here, sink)
        else await this.#next(reader)
      }
    } finally {
      signal.removeEventListener('abort', onAbort)
      this.#leave(reader)
    }
  }

  /** The blocks at the reader's place, as far as they are here, each with what of it the reader wants. */
  #take(reader: Reader): Lent[] {
    const here: Lent[] = []
    while (reader.position < reader.end && here.length < GATEWAY_LIMITS.blocksAtOnce) {
      const index = Math.floor(reader.position / BLOCK_BYTES)
      const block = this.#cache.lend(this.#content.id, index)
      if (!block) break
      const from = index * BLOCK_BYTES
      const bytes = block.bytes.subarray(reader.position - from, reader.end - from)
      reader.position += bytes.byteLength
      here.push({ block, bytes })
    }
    if (here.length > 0) this.#follow(reader, this.#passing(reader))
    return here
  }

  async #handOn(lent: readonly Lent[], sink: ReaderSink): Promise<void> {
    try {
      await sink.write(lent.map(({ bytes }) => bytes))
    } finally {
      for (const { block } of lent) this.#cache.giveBack(block)
    }
  }

  /** Waits until there may be something at the reader's place. Throws what has ended the read-ahead that was to bring it. */
  async #next(reader: Reader): Promise<void> {
    const block = Math.floor(reader.position / BLOCK_BYTES) * BLOCK_BYTES
    const ahead = this.#nearestTo(block) ?? this.#begin(block)
    const use = this.#aheads.get(ahead)!
    const news = Promise.withResolvers<void>()
    reader.wake = news.resolve
    this.#follow(reader, ahead)
    const sinceMs = this.#scheduler.nowMs()
    await news.promise
    this.#onWaited(this.#scheduler.nowMs() - sinceMs)
    if (use.error) throw use.error.reason
  }

  /** The read-ahead that comes to this byte soon. */
  #nearestTo(byte: number): ReadAhead | undefined {
    return [...this.#aheads.keys()]
      .filter(({ position }) => position <= byte && byte - position <= GATEWAY_LIMITS.nearBytes)
      .sort((a, b) => b.position - a.position)[0]
  }

  /** The read-ahead that has passed the reader's place. */
  #passing({ ahead, position }: Reader): ReadAhead | undefined {
    if (ahead && this.#aheads.has(ahead)) return ahead
    return [...this.#aheads].find(([other, { from }]) => from <= position && position <= other.position)?.[0]
  }

  #begin(from: number): ReadAhead {
    this.#endUnused()
    const use: Use = { from, readers: 0 }
    const ahead: ReadAhead = new ReadAhead(this.#content, from, this.#cache, this.#files, {
      onBlock: () => this.#wake(ahead),
      onEnd: error => {
        this.#aheads.delete(ahead)
        if (error !== undefined) use.error = { reason: error }
        this.#wake(ahead)
      }
    })
    this.#aheads.set(ahead, use)
    return ahead
  }

  /**
   * Lets what brings the reader's bytes run ahead of it: to the end of what is asked for, and beyond that once it has a
   * second reader, who has gone on where another ended.
   */
  #follow(reader: Reader, ahead: ReadAhead | undefined): void {
    const use = ahead && this.#aheads.get(ahead)
    if (!use) return
    if (reader.ahead !== ahead) use.readers++
    reader.ahead = ahead
    // All that is read ahead fits into half of the cache.
    const windowBytes = Math.min(
      GATEWAY_LIMITS.readAheadBytes,
      this.#cache.maxBytes / (2 * this.#aheads.size)
    )
    const askedEnd = use.readers > 1 ? this.#content.sizeBytes : reader.end
    ahead.want(Math.min(askedEnd, reader.position + windowBytes), askedEnd)
  }

  #wake(ahead: ReadAhead): void {
    for (const reader of this.#readers) if (reader.ahead === ahead) reader.wake()
  }

  /** The next reader may go on where one ended; one that has broken off has none. */
  #leave(reader: Reader): void {
    this.#readers.delete(reader)
    if (reader.position < reader.end) this.#endUnused()
    this.#cancelEnd()
    this.#cancelEnd = this.#scheduler.after(GATEWAY_LIMITS.lingerMs, () => this.#endUnused())
  }

  #endUnused(): void {
    const used = new Set([...this.#readers].map(({ ahead }) => ahead))
    for (const ahead of this.#aheads.keys()) {
      if (used.has(ahead)) continue
      this.#aheads.delete(ahead)
      ahead.end(new Error('nobody reads there any more'))
    }
  }
}
