import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { extentAround } from '../../../src/client/byte-range.ts'
import { cutTo } from '../../../src/client/output/cut-sink.ts'

describe('a cut sink', () => {
  it('lets exactly the bytes of the range through, whatever the pieces', async () => {
    const content = Uint8Array.from({ length: 250 }, (_, at) => at)
    const place = fc.integer({ min: 0, max: content.length })
    await fc.assert(
      fc.asyncProperty(place, place, fc.integer({ min: 1, max: 60 }), async (a, b, batch) => {
        const [start, end] = [Math.min(a, b), Math.max(a, b)]
        if (start === end) return
        const extent = extentAround({ start, end }, { sizeBytes: content.length, segmentBytes: 16 })
        const kept: number[] = []
        const sink = cutTo({ start, end }, extent, {
          write: async chunks => {
            for (const chunk of chunks) kept.push(...chunk)
          }
        })
        for (let at = extent.firstSeq * 16; at < extent.endBytes!; at += batch) {
          const piece = content.subarray(at, Math.min(at + batch, extent.endBytes!))
          await sink.write([piece.subarray(0, 3), piece.subarray(3)])
        }
        expect(kept).toEqual([...content.subarray(start, end)])
      })
    )
  })
})
