import { BLOCK_BYTES, type BlockCache } from './block-cache.ts'
import type { BlockFiles, KeptBlocks } from './block-files.ts'
import type { SizedContent } from './contents.ts'

/** What a read-ahead tells whoever has started it. */
interface ReadAheadEvents {
  /** A further block is in the cache. */
  onBlock(): void
  /** `error` is undefined where the content's end was reached. */
  onEnd(error: unknown): void
}

/**
 * Reads a content from the block that begins at byte `from` on into the cache, block by block, as far as somebody
 * wants it: there it stands still, and its source with it, until more is wanted. What is on disk comes from there, and
 * nothing is asked of the source beyond what readers are known to want.
 */
export class ReadAhead {
  /** The first byte that it has not brought yet. */
  position: number
  readonly #content: SizedContent
  readonly #cache: BlockCache
  readonly #files: BlockFiles | undefined
  readonly #events: ReadAheadEvents
  readonly #ended = new AbortController()
  /** The block that is coming, as far as it is here. */
  #memory: Uint8Array | undefined
  #filled = 0
  #wantedEnd = 0
  #askedEnd = 0
  #resume: (() => void) | undefined

  constructor(
    content: SizedContent,
    from: number,
    cache: BlockCache,
    files: BlockFiles | undefined,
    events: ReadAheadEvents
  ) {
    this.position = from
    this.#content = content
    this.#cache = cache
    this.#files = files
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

  get #index(): number {
    return this.position / BLOCK_BYTES
  }

  async #run(): Promise<void> {
    while (this.position < this.#content.sizeBytes) {
      if (this.#files) await this.#takeKept(this.#files)
      if (this.position < this.#content.sizeBytes) await this.#fetch()
    }
  }

  /** Takes blocks from the disk until one is missing there. */
  async #takeKept(files: BlockFiles): Promise<void> {
    const { id, sizeBytes } = this.#content
    for (let isIntact = true; isIntact && this.position < sizeBytes; ) {
      await using kept = await files.open(id, this.#index)
      if (!kept) return
      while (isIntact && this.position < sizeBytes && kept.has(id, this.#index))
        isIntact = await this.#takeFrom(kept)
    }
  }

  /** Returns whether the block was intact. */
  async #takeFrom(kept: KeptBlocks): Promise<boolean> {
    this.#ended.signal.throwIfAborted()
    const memory = this.#cache.room()
    const length = this.#nextLength()
    const isIntact = await kept.read(this.#index, memory.subarray(0, length))
    if (!isIntact) this.#cache.spare(memory)
    else {
      this.#put(memory, length)
      // At the end the file can be closed.
      if (this.position < this.#content.sizeBytes) await this.#whileUnwanted()
    }
    return isIntact
  }

  /** Takes from the routes what lies before the next block that is on disk. */
  async #fetch(): Promise<void> {
    const { id, sizeBytes } = this.#content
    const blocks = Math.ceil(sizeBytes / BLOCK_BYTES)
    const next = await this.#files?.next(id, this.#index + 1, blocks)
    const range = { start: this.position, end: next === undefined ? sizeBytes : next * BLOCK_BYTES }
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
        if (isFull) await this.#whileUnwanted()
      }
  }

  /** Takes what belongs to the block that is coming. Returns whether that is whole then. */
  #fill(part: Uint8Array): boolean {
    this.#memory ??= this.#cache.room()
    this.#memory.set(part, this.#filled)
    this.#filled += part.byteLength
    if (this.#filled < this.#nextLength()) return false
    const memory = this.#memory
    const index = this.#index
    this.#memory = undefined
    this.#filled = 0
    this.#put(memory, this.#nextLength())
    this.#keep(index)
    return true
  }

  #put(memory: Uint8Array, length: number): void {
    this.#cache.put(this.#content.id, this.#index, memory, length)
    this.position += length
    this.#events.onBlock()
  }

  /** Keeps a block on disk, which borrows it meanwhile. */
  #keep(index: number): void {
    const { id } = this.#content
    const block = this.#files && this.#cache.lend(id, index)
    if (block) void this.#files!.keep(id, index, block.bytes).then(() => this.#cache.giveBack(block))
  }

  #nextLength(): number {
    return Math.min(BLOCK_BYTES, this.#content.sizeBytes - this.position)
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
