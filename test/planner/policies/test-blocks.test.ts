import { describe, expect, it } from 'vitest'
import { TestBlocks, type TestedAs } from '../../../src/planner/policies/test-blocks.ts'
import { BULK } from '../../../src/planner/tuning.ts'

const FULL_BLOCK_BYTES = BULK.testBlocks.fullBytes

/** 40 Mbit/s, in bytes a millisecond. */
const FAST = 5_000

/** Asks each 20 ms until `untilMs` a route of so many bytes a millisecond. Returns when which block was asked for. */
function ask(blocks: TestBlocks, as: TestedAs, bytesPerMs: number, untilMs: number, fromMs = 0) {
  const asked: Array<{ atMs: number; bytes: number }> = []
  let due: { atMs: number; bytes: number } | undefined
  for (let atMs = fromMs; atMs < untilMs; atMs += 20) {
    if (due && due.atMs <= atMs) {
      blocks.answered(due.bytes, due.bytes / bytesPerMs)
      due = undefined
    }
    const bytes = blocks.due(as, atMs)
    if (bytes === undefined) continue
    expect(due).toBeUndefined()
    asked.push({ atMs, bytes })
    due = { atMs: atMs + bytes / bytesPerMs, bytes }
  }
  return asked
}

/** Of a route whose first test block has come back. */
function opened(): TestBlocks {
  const blocks = new TestBlocks(0)
  blocks.answered(8 * 1024, 10)
  return blocks
}

describe('TestBlocks', () => {
  it('waits for the test block that comes with the opening', () => {
    const blocks = new TestBlocks(0)
    expect(ask(blocks, 'busy', FAST, 5_000)).toEqual([])
    blocks.answered(8 * 1024, 5_000)
    expect(blocks.due('busy', 5_000)).toBe(0)
  })

  it('asks for nothing more while an answer is under way, however long it takes', () => {
    const blocks = opened()
    expect(blocks.due('parked', 0)).toBe(FULL_BLOCK_BYTES)
    for (let atMs = 20; atMs < 60_000; atMs += 20) expect(blocks.due('parked', atMs)).toBeUndefined()
    blocks.answered(FULL_BLOCK_BYTES, 60_000)
    expect(blocks.due('busy', 60_000)).toBe(0)
  })

  it('asks a busy route for empty blocks, which cost nothing', () => {
    const asked = ask(opened(), 'busy', FAST, 5_000)
    expect(asked.length).toBeGreaterThan(8)
    expect(asked.every(({ bytes }) => bytes === 0)).toBe(true)
  })

  it.each(['idle', 'parked'] as const)('asks a slow route that is %s for little', as => {
    // 50 kbit/s: a full block takes 5 s.
    const bytesPerMs = 6.25
    const blocks = new TestBlocks(0)
    blocks.answered(8 * 1024, (8 * 1024) / bytesPerMs)
    const durationMs = 600_000
    const asked = ask(blocks, as, bytesPerMs, durationMs)
    const bytes = asked.reduce((sum, block) => sum + block.bytes, 0)
    expect(bytes).toBeLessThanOrEqual(FULL_BLOCK_BYTES + 0.05 * bytesPerMs * durationMs)
    // Never to be asked again would leave unseen that it has become faster.
    expect(asked.length).toBeGreaterThan(3)
  })

  it('asks for less rather than seldom where a full block would take long', () => {
    // 1 Mbit/s.
    const asked = ask(opened(), 'idle', 125, 30_000)
    const later = asked.slice(2)
    expect(later.length).toBeGreaterThan(12)
    for (const { bytes } of later) {
      expect(bytes).toBeLessThan(FULL_BLOCK_BYTES)
      expect(bytes).toBeGreaterThanOrEqual(4 * 1024)
    }
  })

  it('asks a route whose answers come quickly as often as it may', () => {
    const blocks = opened()
    expect(ask(blocks, 'parked', FAST, 10_000).length).toBeGreaterThan(15)
    expect(ask(blocks, 'idle', FAST, 20_000, 10_000).length).toBeGreaterThan(5)
  })

  it('saves up two full blocks from what arrives: the second tells what the first one waited for', () => {
    const blocks = new TestBlocks(0)
    blocks.answered(0, 0)
    for (let i = 0; i < 1_000; i++) blocks.arrived(32 * 1024)
    expect(blocks.due('parked', 0)).toBe(FULL_BLOCK_BYTES)
    blocks.answered(FULL_BLOCK_BYTES, 10_000)
    expect(blocks.due('idle', 10_000)).toBe(FULL_BLOCK_BYTES)
    blocks.answered(FULL_BLOCK_BYTES, 10_000)
    expect(blocks.due('idle', 20_000)).toBeUndefined()
  })
})
