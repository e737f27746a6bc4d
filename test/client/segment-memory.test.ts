import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { DEFAULT_MEMORY_BYTES, SEGMENT_OVERHEAD_BYTES } from '../../src/client/defaults.ts'
import { contentBytesWithin, SegmentMemory } from '../../src/client/segment-memory.ts'

const SEGMENT_BYTES = 4
const payloadOf = (seq: number) => Uint8Array.of(seq, seq >> 8, 7)

describe('SegmentMemory', () => {
  it('keeps every segment as it was until it is freed, in whatever order segments come and are freed', () => {
    const steps = fc.array(fc.record({ seq: fc.nat(300), free: fc.nat(20) }), { maxLength: 200 })
    fc.assert(
      fc.property(fc.nat(100), steps, (firstSeq, steps) => {
        const memory = new SegmentMemory(SEGMENT_BYTES, firstSeq)
        const kept = new Map<number, Uint8Array>()
        let freed = firstSeq
        for (const { seq, free } of steps) {
          if (seq >= freed && !kept.has(seq)) kept.set(seq, memory.keep(seq, payloadOf(seq)))
          if (free > 15) {
            freed += free
            memory.freeBelow(freed)
          }
          for (const past of [...kept.keys()].filter(past => past < freed)) kept.delete(past)
          for (const [seq, payload] of kept) expect(payload).toEqual(payloadOf(seq))
        }
      })
    )
  })

  it('uses the memory of freed segments again', () => {
    const memory = new SegmentMemory(SEGMENT_BYTES, 0)
    const buffers = new Set<ArrayBufferLike>()
    for (let seq = 0; seq < 1_000_000; seq++) {
      buffers.add(memory.keep(seq, payloadOf(seq)).buffer)
      memory.freeBelow(seq - 5)
    }
    expect(buffers.size).toBe(1)
  })

  it('does not change when the buffer does that a segment came in', () => {
    const memory = new SegmentMemory(SEGMENT_BYTES, 0)
    const buffer = payloadOf(1)
    const kept = memory.keep(0, buffer)
    buffer.fill(0)
    expect(kept).toEqual(payloadOf(1))
  })
})

it.each([1, 100, 32 * 1024, 2 ** 20])(
  'segments of %i bytes take no more than the memory of the fetch',
  size => {
    const segments = contentBytesWithin(DEFAULT_MEMORY_BYTES, size) / size
    expect(segments * (size + SEGMENT_OVERHEAD_BYTES)).toBeLessThanOrEqual(DEFAULT_MEMORY_BYTES / 2)
    expect(segments).toBeGreaterThan(30)
  }
)
