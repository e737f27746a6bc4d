import { expect, it } from 'vitest'
import { hold, release, takeBlock } from '../../../src/transport/tcp/lane-memory.ts'

/** Frames in a block, each held. */
function framesIn(block: Buffer<ArrayBuffer>): Uint8Array[] {
  return [0, 1, 2].map(at => {
    const frame = new Uint8Array(block.buffer, at * 100, 100)
    hold(frame)
    return frame
  })
}

it('a block is used again once nobody has anything of it, and not before', () => {
  const block = takeBlock(1)
  const [first, second, third] = framesIn(block)
  for (const held of [first!, block, third!]) {
    release(held)
    expect(takeBlock(1).buffer).not.toBe(block.buffer)
  }
  release(second!)
  expect(takeBlock(1).buffer).toBe(block.buffer)
})

it('only blocks of the usual size are kept, and not without end', () => {
  const large = takeBlock(10_000_000)
  release(large)
  expect(takeBlock(10_000_000).buffer).not.toBe(large.buffer)
  const blocks = Array.from({ length: 40 }, () => takeBlock(1))
  for (const block of blocks) release(block)
  const again = new Set(Array.from({ length: 40 }, () => takeBlock(1).buffer))
  expect(blocks.filter(({ buffer }) => again.has(buffer))).toHaveLength(16)
})

it('other memory is left alone', () => {
  const other = Buffer.allocUnsafeSlow(512 * 1024)
  release(other)
  expect(takeBlock(1).buffer).not.toBe(other.buffer)
})
