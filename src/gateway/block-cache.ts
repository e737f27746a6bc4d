/** Bytes of a block; only the last one of a content may be shorter. */
export const BLOCK_BYTES = 65_536
/** Blocks whose memory is asked of the system at once: a MiB, which leaves no holes between what comes and goes. */
const SLAB_BLOCKS = 16

/** A block that is kept. */
export interface Block {
  /** What is in the block; good as long as it is lent. */
  readonly bytes: Uint8Array
  /** The memory that the bytes are the beginning of. */
  readonly memory: Uint8Array
  /** By how many it is being used. */
  uses: number
}

/**
 * Keeps verified blocks of contents within a bound: those that were used last. Their memory is used again and again, as
 * blocks that live for seconds are garbage of the kind that costs most. Pure.
 */
export class BlockCache {
  readonly maxBytes: number
  /** The block used last is last. */
  readonly #blocks = new Map<string, Block>()
  readonly #spare: Uint8Array[] = []
  /** How much memory there is in all, in blocks. */
  #held = 0

  constructor(maxBytes: number) {
    this.maxBytes = maxBytes
  }

  /** Lends block number `index` of the content with this root hash, until it is given back; undefined where it is not here. */
  lend(id: string, index: number): Block | undefined {
    const key = keyOf(id, index)
    const block = this.#blocks.get(key)
    if (block) {
      this.#blocks.delete(key)
      this.#blocks.set(key, block)
      block.uses++
    }
    return block
  }

  giveBack(block: Block): void {
    block.uses--
    this.#trim()
  }

  /** Memory of BLOCK_BYTES for a block that is to come, for `put` or `spare`. There is always some: blocks in use go beyond the bound. */
  room(): Uint8Array {
    if (this.#spare.length === 0 && (this.#held + 1) * BLOCK_BYTES > this.maxBytes) this.#evict()
    if (this.#spare.length === 0) this.#grow()
    return this.#spare.pop()!
  }

  /** Keeps the block that the first `length` bytes of the memory are. */
  put(id: string, index: number, memory: Uint8Array, length: number): void {
    const key = keyOf(id, index)
    // Whoever uses what is there goes on with it: it has the same bytes.
    if (this.#blocks.has(key)) this.spare(memory)
    else this.#blocks.set(key, { bytes: memory.subarray(0, length), memory, uses: 0 })
    this.#trim()
  }

  /** Takes back memory that was not put. */
  spare(memory: Uint8Array): void {
    this.#spare.push(memory)
    this.#trim()
  }

  #grow(): void {
    const room = Math.floor(this.maxBytes / BLOCK_BYTES) - this.#held
    const blocks = Math.max(1, Math.min(SLAB_BLOCKS, room))
    const slab = new Uint8Array(blocks * BLOCK_BYTES)
    for (let start = 0; start < slab.byteLength; start += BLOCK_BYTES)
      this.#spare.push(slab.subarray(start, start + BLOCK_BYTES))
    this.#held += blocks
  }

  /** Gives up what is beyond the bound, as far as nobody uses it. */
  #trim(): void {
    while (this.#held * BLOCK_BYTES > this.maxBytes && (this.#spare.length > 0 || this.#evict())) {
      this.#spare.pop()
      this.#held--
    }
  }

  /** Makes the memory of the block that was used longest ago spare. Returns whether there is one that nobody uses. */
  #evict(): boolean {
    for (const [key, { memory, uses }] of this.#blocks) {
      if (uses > 0) continue
      this.#blocks.delete(key)
      this.#spare.push(memory)
      return true
    }
    return false
  }
}

function keyOf(id: string, index: number): string {
  return `${id}/${index}`
}
