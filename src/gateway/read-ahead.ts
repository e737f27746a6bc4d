import { BLOCK_BYTES } from './block-cache.ts'
import type { ServedContent } from './contents.ts'

/** What a read-ahead tells whoever has started it. */
interface ReadAheadEvents {
  onBlock(index: number, block: Uint8Array): void
  /** `error` is undefined where the content's end was reached. */
  onEnd(error: unknown): void
}

/**
 * Reads a content from the block that begins at byte `from` on, block by block, as far as somebody
 * wants it: there it stands still, and its source with it, until more is wanted. Nothing is asked of
 * the source beyond what readers are known to want.
 */
export class ReadAhead {
  /** The first byte that it has not brought yet. */
  position: number
  readonly #events: ReadAheadEvents
  readonly #ended = new AbortController()
  #wantedEnd = 0
  #askedEnd = 0
  #resume: (() => void) | undefined

  constructor(content: ServedContent, from: number, events: ReadAheadEvents) {
    this.position = from
    this.#events = events
    void this.#run(content).then(
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

  async #run(content: ServedContent): Promise<void> {
    const { signal } = this.#ended
    const range = { start: this.position, end: content.sizeBytes! }
    let block = new Uint8Array(this.#nextLength(range.end))
    let filled = 0
    const wantedEnd = () => Math.ceil(this.#askedEnd / BLOCK_BYTES) * BLOCK_BYTES
    for await (const chunk of content.read(range, signal, wantedEnd)) {
      for (let taken = 0; taken < chunk.byteLength; ) {
        const part = chunk.subarray(taken, taken + block.byteLength - filled)
        block.set(part, filled)
        filled += part.byteLength
        taken += part.byteLength
        if (filled < block.byteLength) continue
        const index = this.position / BLOCK_BYTES
        this.position += filled
        this.#events.onBlock(index, block)
        block = new Uint8Array(this.#nextLength(range.end))
        filled = 0
        await this.#whileUnwanted(signal)
      }
    }
  }

  #nextLength(end: number): number {
    return Math.min(BLOCK_BYTES, end - this.position)
  }

  async #whileUnwanted(signal: AbortSignal): Promise<void> {
    while (this.position >= this.#wantedEnd && !signal.aborted) {
      const resumed = Promise.withResolvers<void>()
      this.#resume = resumed.resolve
      await resumed.promise
    }
    signal.throwIfAborted()
  }
}
