import { BLOCK_BYTES, type BlockCache } from './block-cache.ts'
import type { ServedContent } from './contents.ts'

/** What a read-ahead tells whoever has started it. */
interface ReadAheadEvents {
  /** A further block is in the cache. */
  onBlock(): void
  /** `error` is undefined where the content's end was reached. */
  onEnd(error: unknown): void
}

/**
 * Reads a content from the block that begins at byte `from` on into the cache, block by block, as far as somebody
 * wants it: there it stands still, and its source with it, until more is wanted. Nothing is asked of the source beyond
 * what readers are known to want.
 */
export class ReadAhead {
  /** The first byte that it has not brought yet. */
  position: number
  readonly #content: ServedContent
  readonly #cache: BlockCache
  readonly #events: ReadAheadEvents
  readonly #ended = new AbortController()
  /** The block that is coming, as far as it is here. */
  #memory: Uint8Array | undefined
  #filled = 0
  #wantedEnd = 0
  #askedEnd = 0
  #resume: (() => void) | undefined

  constructor(content: ServedContent, from: number, cache: BlockCache, events: ReadAheadEvents) {
    this.position = from
    this.#content = content
    this.#cache = cache
    this.#events = events
    void this.#run().then(
      () => events.onEnd(undefined),
      (error: unknown) => events.onEnd(error)
    )
  }

  /** Lets it go on to `end`, and ask for what lies before `askedEnd`. It never takes back what it was let have before. */
  want(end: number, askedEnd: number): void {
    this.#askedEnd = Math.max(this.#askedEnd, askedEnd)
    if (end <= this.#wantedEnd) return
    this.#wantedEnd = end
    this.#resume?.()
  }

  /** Breaks it off. */
  end(reason: Error): void {
    this.#ended.abort(reason)
    this.#resume?.()
  }

  async #run(): Promise<void> {
    const range = { start: this.position, end: this.#content.sizeBytes! }
    const wantedEnd = () => Math.ceil(this.#askedEnd / BLOCK_BYTES) * BLOCK_BYTES
    const sink = { write: (chunks: Uint8Array[]) => this.#take(chunks) }
    try {
      await this.#content.read(range, sink, this.#ended.signal, wantedEnd)
    } finally {
      if (this.#memory) this.#cache.spare(this.#memory)
      this.#memory = undefined
    }
  }

  async #take(chunks: readonly Uint8Array[]): Promise<void> {
    this.#ended.signal.throwIfAborted()
    for (const chunk of chunks)
      for (let taken = 0; taken < chunk.byteLength; ) {
        const part = chunk.subarray(taken, taken + this.#nextLength() - this.#filled)
        taken += part.byteLength
        const isFull = this.#fill(part)
        if (isFull && this.position >= this.#wantedEnd) await this.#whileUnwanted()
      }
  }

  /** Takes what belongs to the block that is coming. Returns whether that is whole then. */
  #fill(part: Uint8Array): boolean {
    this.#memory ??= this.#cache.room()
    this.#memory.set(part, this.#filled)
    this.#filled += part.byteLength
    if (this.#filled < this.#nextLength()) return false
    this.#cache.put(this.#content.id, this.position / BLOCK_BYTES, this.#memory, this.#filled)
    this.position += this.#filled
    this.#memory = undefined
    this.#filled = 0
    this.#events.onBlock()
    return true
  }

  #nextLength(): number {
    return Math.min(BLOCK_BYTES, this.#content.sizeBytes! - this.position)
  }

  async #whileUnwanted(): Promise<void> {
    const { signal } = this.#ended
    while (this.position >= this.#wantedEnd && !signal.aborted) {
      const resumed = Promise.withResolvers<void>()
      this.#resume = resumed.resolve
      await resumed.promise
    }
    signal.throwIfAborted()
  }
}
