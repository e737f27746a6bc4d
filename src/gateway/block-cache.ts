/** Bytes of a block; only the last one of a content may be shorter. */
export const BLOCK_BYTES = 65_536

/** Keeps verified blocks of contents in memory, within a bound: those that were used last. Pure. */
export class BlockCache {
  readonly maxBytes: number
  /** The block used last is last. */
  readonly #blocks = new Map<string, Uint8Array>()
  #bytes = 0

  constructor(maxBytes: number) {
    this.maxBytes = maxBytes
  }

  /** Block number `index` of the content with this root hash. */
  get(id: string, index: number): Uint8Array | undefined {
    const key = keyOf(id, index)
    const block = this.#blocks.get(key)
    if (block) {
      this.#blocks.delete(key)
      this.#blocks.set(key, block)
    }
    return block
  }

  put(id: string, index: number, block: Uint8Array): void {
    const key = keyOf(id, index)
    this.#bytes += block.byteLength - (this.#blocks.get(key)?.byteLength ?? 0)
    this.#blocks.delete(key)
    this.#blocks.set(key, block)
    for (const [oldest, { byteLength }] of this.#blocks) {
      if (this.#bytes <= this.maxBytes) break
      this.#blocks.delete(oldest)
      this.#bytes -= byteLength
    }
  }
}

function keyOf(id: string, index: number): string {
  return `${id}/${index}`
}
