import { describe, expect, it } from 'vitest'
import { Content } from '../../src/simulation/content.ts'
import { SimulationCheckError } from '../../src/simulation/index.ts'
import { OrderCheck } from '../../src/simulation/order-check.ts'

const content = new Content(25, 10)

function segment(seq: number): Uint8Array {
  const payload = new Uint8Array(content.segmentLength(seq))
  content.mark(seq, payload)
  return payload
}

function checkWith(seqs: number[], route = 0): OrderCheck {
  const check = new OrderCheck(content)
  for (const seq of seqs) check.arrived({ route, seq, repair: false }, segment(seq))
  return check
}

describe('OrderCheck', () => {
  it('is content with each segment once and in order', () => {
    const check = checkWith([2, 0, 1, 1])
    for (const seq of [0, 1, 2]) check.left(segment(seq))
    check.told([{ pattern: 'A', actual: 0 }])
    check.finish({ bytes: 35, duplicateBytes: 10 })
    expect(check.outputBytes).toBe(25)
  })

  it.each<[string, (check: OrderCheck) => void]>([
    ['a segment out of order', check => check.left(segment(1))],
    ['a segment that leaves twice', check => [0, 0].map(seq => check.left(segment(seq)))],
    ['a damaged segment', check => check.arrived({ route: 0, seq: 1, repair: false }, segment(2))],
    ['a missing segment', check => check.finish({ bytes: 25, duplicateBytes: 0 })],
    ['a route that no pattern names', check => check.told([{ pattern: 'B', actual: 0 }])]
  ])('finds %s', (_, act) => {
    expect(() => act(checkWith([0, 1, 2]))).toThrow(SimulationCheckError)
  })

  it('takes the pieces of a segment for the segment, once the last has come', () => {
    const check = checkWith([0, 2])
    const pieces = [segment(1).subarray(0, 7), segment(1).subarray(7)]
    check.arrived({ route: 0, seq: 1, repair: false }, pieces[0]!)
    check.left(segment(0))
    expect(() => check.left(segment(1))).toThrow(SimulationCheckError)
    check.arrived({ route: 0, seq: 1, repair: false }, pieces[1]!)
    for (const seq of [1, 2]) check.left(segment(seq))
    check.finish({ bytes: 25, duplicateBytes: 0 })
  })

  it('finds pieces of two segments in one another, and pieces that make a segment too long', () => {
    for (const [seq, bytes] of [
      [1, 3],
      [0, 8]
    ] as const) {
      const check = checkWith([])
      check.arrived({ route: 0, seq: 0, repair: false }, segment(0).subarray(0, 7))
      expect(() => check.arrived({ route: 0, seq, repair: false }, segment(seq).subarray(0, bytes))).toThrow(
        SimulationCheckError
      )
    }
  })

  it('finds wrong counts', () => {
    const check = checkWith([0, 1, 2])
    for (const seq of [0, 1, 2]) check.left(segment(seq))
    expect(() => check.finish({ bytes: 25, duplicateBytes: 10 })).toThrow(SimulationCheckError)
    expect(() => check.finish({ bytes: 35, duplicateBytes: 0 })).toThrow(SimulationCheckError)
  })

  it('finds a segment that leaves without having arrived', () => {
    expect(() => checkWith([1, 2]).left(segment(0))).toThrow(SimulationCheckError)
  })
})
