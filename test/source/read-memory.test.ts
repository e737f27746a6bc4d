import { describe, expect, it } from 'vitest'
import { READ_MEMORY_BYTES, READER_SHARE_BYTES, ReadMemory } from '../../src/source/read-memory.ts'

const BLOCK_BYTES = 256 * 1024

/** A reader that takes blocks and gives each up when it is asked. */
class Holder {
  readonly blocks: Buffer[] = []
  readonly #memory: ReadMemory
  isBusy = false

  constructor(memory: ReadMemory) {
    this.#memory = memory
    memory.join(this)
  }

  takeAll(): void {
    while (this.blocks.length * BLOCK_BYTES < READ_MEMORY_BYTES)
      this.blocks.push(this.#memory.take(this, BLOCK_BYTES)!)
  }

  giveUp(): Buffer | undefined {
    return this.isBusy ? undefined : this.blocks.shift()
  }
}

describe('memory of readers', () => {
  it('takes from the reader that rests for the longest time what another needs', () => {
    const memory = new ReadMemory()
    const [first, second] = [new Holder(memory), new Holder(memory)]
    first.takeAll()
    expect(memory.heldBytes).toBe(READ_MEMORY_BYTES)
    const count = first.blocks.length
    second.blocks.push(memory.take(second, BLOCK_BYTES)!)
    expect(first.blocks).toHaveLength(count - 1)
    expect(memory.heldBytes).toBe(READ_MEMORY_BYTES)
  })

  it('gives nothing where all blocks are in use, but what a reader cannot do without', () => {
    const memory = new ReadMemory()
    const [first, second] = [new Holder(memory), new Holder(memory)]
    first.takeAll()
    first.isBusy = true
    expect(memory.take(second, BLOCK_BYTES)).toBeUndefined()
    expect(memory.takeAnyway(BLOCK_BYTES)).toHaveLength(BLOCK_BYTES)
  })

  it('grows with its readers where there are many', () => {
    const memory = new ReadMemory()
    const holders = Array.from({ length: 1_000 }, () => new Holder(memory))
    for (let round = 0; round < 3; round++)
      for (const holder of holders) holder.blocks.push(memory.take(holder, BLOCK_BYTES)!)
    expect(memory.heldBytes).toBe(holders.length * READER_SHARE_BYTES)
  })

  it('uses the memory of blocks again', () => {
    const memory = new ReadMemory()
    const holder = new Holder(memory)
    const block = memory.take(holder, BLOCK_BYTES)!
    memory.giveBack(block)
    expect(memory.heldBytes).toBe(0)
    expect(memory.take(holder, BLOCK_BYTES)).toBe(block)
  })
})
