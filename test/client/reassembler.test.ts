import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { Reassembler } from '../../src/client/reassembler.ts'

const payload = (seq: number) => Uint8Array.of(seq, seq, seq)
const arrivals = fc.array(fc.nat(30), { maxLength: 120 })

describe('Reassembler', () => {
  it('lets each segment leave exactly once and in order, whatever the arrivals', () => {
    fc.assert(
      fc.property(arrivals, fc.nat(5), (seqs, firstSeq) => {
        const reassembler = new Reassembler(firstSeq)
        const seen = new Set<number>()
        const left: number[] = []
        for (const seq of seqs) {
          const { duplicate, ready } = reassembler.accept(seq, payload(seq))
          expect(duplicate).toBe(seen.has(seq) || seq < firstSeq)
          seen.add(seq)
          left.push(...ready.map(bytes => bytes[0]!))
        }
        let end = firstSeq
        while (seen.has(end)) end++
        expect(left).toEqual(Array.from({ length: end - firstSeq }, (_, i) => firstSeq + i))
        expect(reassembler.next).toBe(end)
      })
    )
  })

  it('counts what it holds, what came twice and what came ahead', () => {
    fc.assert(
      fc.property(arrivals, seqs => {
        const reassembler = new Reassembler(0)
        const seen = new Set<number>()
        let [duplicateBytes, ahead, left] = [0, 0, 0]
        for (const seq of seqs) {
          if (seen.has(seq)) duplicateBytes += 3
          else if (seq > reassembler.next) ahead++
          expect(reassembler.has(seq)).toBe(seen.has(seq))
          const accepted = reassembler.accept(seq, payload(seq))
          expect(accepted.outOfSequence).toBe(!seen.has(seq) && accepted.ready.length === 0)
          seen.add(seq)
          left += accepted.ready.length
          expect(reassembler.heldBytes).toBe(3 * (seen.size - left))
        }
        expect(reassembler.duplicateBytes).toBe(duplicateBytes)
        expect(reassembler.outOfSequence).toBe(ahead)
      })
    )
  })

  it('hands the payload on as it came', () => {
    const reassembler = new Reassembler(0)
    const [first, second] = [payload(0), payload(1)]
    reassembler.accept(1, second)
    expect(reassembler.accept(0, first).ready).toEqual([first, second])
    expect(reassembler.heldBytes).toBe(0)
  })
})
