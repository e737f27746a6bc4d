/** Bytes of blocks that all readers of a process hold together, while few of them read. */
export const READ_MEMORY_BYTES = 64 * 1024 * 1024
/** Bytes for each reader where there are so many of them that READ_MEMORY_BYTES would be less. */
export const READER_SHARE_BYTES = 512 * 1024
/** Bytes of free blocks that are kept: fresh memory costs a page fault for every 4 KiB. */
const FREE_BYTES = 4 * 1024 * 1024

/** One reader, which holds blocks. */
export interface BlockHolder {
  /** Gives up the memory of a block that it does not need just now; undefined where it has none. */
  giveUp(): Buffer | undefined
}

/**
 * The memory of all readers' blocks. Beyond the bound the reader that has taken nothing for the longest time gives up blocks
 * first: so those that rest hold nothing where many read.
 */
export class ReadMemory {
  /** The least recent first. */
  readonly #holders = new Set<BlockHolder>()
  #free: Buffer[] = []
  #freeBytes = 0
  #heldBytes = 0

  /** Bytes that readers hold now. */
  get heldBytes(): number {
    return this.#heldBytes
  }

  join(holder: BlockHolder): void {
    this.#holders.add(holder)
  }

  leave(holder: BlockHolder): void {
    this.#holders.delete(holder)
  }

  /**
   * Memory for a block, whose content is undefined. Undefined where no reader can give up enough: the first block of a
   * reader, without which it could not go on, is to be taken by `takeAnyway`.
   */
  take(holder: BlockHolder, bytes: number): Buffer | undefined {
    this.#holders.delete(holder)
    this.#holders.add(holder)
    const mostBytes = Math.max(READ_MEMORY_BYTES, this.#holders.size * READER_SHARE_BYTES)
    for (const other of this.#holders) {
      if (this.#heldBytes + bytes <= mostBytes) break
      for (let given = other.giveUp(); given; given = other.giveUp()) {
        this.giveBack(given)
        if (this.#heldBytes + bytes <= mostBytes) break
      }
    }
    return this.#heldBytes + bytes <= mostBytes ? this.takeAnyway(bytes) : undefined
  }

  takeAnyway(bytes: number): Buffer {
    this.#heldBytes += bytes
    const at = this.#free.findIndex(({ byteLength }) => byteLength === bytes)
    if (at < 0) return Buffer.allocUnsafeSlow(bytes)
    this.#freeBytes -= bytes
    return this.#free.splice(at, 1)[0]!
  }

  /** Nobody reads this block any more. */
  giveBack(memory: Buffer): void {
    this.#heldBytes -= memory.byteLength
    this.#free.push(memory)
    this.#freeBytes += memory.byteLength
    while (this.#freeBytes > FREE_BYTES) this.#freeBytes -= this.#free.shift()!.byteLength
  }
}

/** That of this process. */
export const readMemory = new ReadMemory()
