import { describe, expect, it } from 'vitest'
import { BLOCK_BYTES, BlockCache } from '../../src/gateway/block-cache.ts'

const cacheOf = (blocks: number) => new BlockCache(blocks * BLOCK_BYTES)

function put(cache: BlockCache, index: number, length = BLOCK_BYTES): Uint8Array {
  const memory = cache.room()
  memory.fill(index)
  cache.put('film', index, memory, length)
  return memory
}

/** Whether the block is kept, and what it begins with. */
function first(cache: BlockCache, index: number): number | undefined {
  const block = cache.lend('film', index)
  if (block) cache.giveBack(block)
  return block?.bytes[0]
}

describe('blocks that are kept', () => {
  it('are those that were used last', () => {
    const cache = cacheOf(3)
    for (const index of [1, 2, 3]) put(cache, index)
    expect(first(cache, 1)).toBe(1)
    put(cache, 4)
    expect([1, 2, 3, 4].map(index => first(cache, index))).toEqual([1, undefined, 3, 4])
  })

  it('are as long as they were said to be', () => {
    const cache = cacheOf(3)
    put(cache, 7, 10)
    expect(cache.lend('film', 7)!.bytes).toHaveLength(10)
  })

  it('use the memory of those that are given up', () => {
    const cache = cacheOf(2)
    const memories = new Set(Array.from({ length: 20 }, (_, index) => put(cache, index)))
    expect(new Set([...memories].map(({ byteOffset }) => byteOffset)).size).toBe(2)
  })

  it('stay as they are while they are lent, also beyond the bound, which holds again afterwards', () => {
    const cache = cacheOf(2)
    put(cache, 1)
    put(cache, 2)
    const lent = [cache.lend('film', 1)!, cache.lend('film', 2)!]
    for (const index of [3, 4, 5]) put(cache, index)
    expect(lent.map(({ bytes }) => bytes.every(byte => byte === bytes[0]) && bytes[0])).toEqual([1, 2])
    for (const block of lent) cache.giveBack(block)
    const kept = [1, 2, 3, 4, 5].filter(index => first(cache, index) !== undefined)
    expect(kept.length).toBeLessThanOrEqual(2)
  })

  it('are not replaced by the same that come again', () => {
    const cache = cacheOf(3)
    put(cache, 1)
    const lent = cache.lend('film', 1)!
    put(cache, 1)
    put(cache, 2)
    put(cache, 3)
    expect([lent.bytes[0], first(cache, 1), first(cache, 2)]).toEqual([1, 1, 2])
  })
})
