import type { ByteSink } from './output-writer.ts'

/** An output for whoever iterates over it, once: what nobody has asked for yet holds up the transfer. */
export class PieceQueue implements ByteSink, AsyncIterable<Uint8Array> {
  #waiting: Uint8Array[] = []
  #written: PromiseWithResolvers<void> | undefined
  #end: { error?: unknown } | undefined
  #news = Promise.withResolvers<void>()

  /** Resolves once all chunks are given out: so far the transfer waits. */
  async write(chunks: Uint8Array[]): Promise<void> {
    if (chunks.length === 0) return
    this.#waiting = [...chunks]
    this.#written = Promise.withResolvers()
    this.#news.resolve()
    await this.#written.promise
  }

  /** Nothing more comes. With an error the iteration throws it at once; else it ends behind what waits. */
  end(failure?: { error: unknown }): void {
    this.#end ??= failure ?? {}
    this.#news.resolve()
  }

  /** The pieces are the reader's own. */
  async *[Symbol.asyncIterator](): AsyncGenerator<Uint8Array, void, void> {
    for (;;) {
      if (this.#end && 'error' in this.#end) throw this.#end.error
      const chunk = this.#waiting.shift()
      if (chunk) {
        // The memory of the chunk is used again once all of them are taken.
        const piece = chunk.slice()
        if (this.#waiting.length === 0) this.#written?.resolve()
        yield piece
      } else if (this.#end) return
      else {
        await this.#news.promise
        this.#news = Promise.withResolvers()
      }
    }
  }
}
