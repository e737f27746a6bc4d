import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { PartPlan, UNIT_SEGMENTS as UNIT } from '../../src/client/part-plan.ts'
import type { NumberRange } from '../../src/pattern/range-set.ts'

const COUNT = 20 * UNIT
const ALL = { from: 0, to: COUNT }

function unit(number: number, units = 1): NumberRange {
  return { from: number * UNIT, to: (number + units) * UNIT }
}

/** A plan of a client that has nothing, with a source of everything. */
function withSource(seed = 1): PartPlan {
  const plan = new PartPlan(COUNT, [ALL], seed)
  plan.told('source', [ALL], [])
  return plan
}

describe('the choice of parts', () => {
  it('begins with what nobody else has, or is about to have', () => {
    const plan = withSource()
    plan.told('one', [unit(0, 10)], [unit(10, 5)])
    plan.told('two', [unit(16, 4)], [])
    expect(plan.take('source', UNIT)).toEqual(unit(15))
  })

  it('takes from each source what it has alone', () => {
    const plan = withSource()
    const fragment = { from: 5 * UNIT, to: 5 * UNIT + 1 }
    plan.told('one', [unit(3), fragment], [{ from: fragment.to, to: 6 * UNIT }])
    expect(plan.take('one', UNIT)).toEqual(unit(3))
    expect(plan.take('one', UNIT)).toBeUndefined()
    // Where no more comes to it, a fragment is better than nothing.
    plan.told('one', [unit(3), fragment], [])
    expect(plan.take('one', UNIT)).toEqual(fragment)
    plan.left('one')
    expect(plan.has('one', unit(3))).toBe(false)
  })

  it('begins elsewhere for each client', () => {
    const first = Array.from({ length: 20 }, (_, seed) => withSource(seed * 7_919).take('source', UNIT)!.from)
    expect(new Set(first).size).toBeGreaterThan(8)
  })

  it('takes several units that follow one another from a fast source', () => {
    const { from, to } = withSource().take('source', COUNT)!
    expect(from % UNIT).toBe(0)
    expect(to).toBe(COUNT)
  })

  it('takes again what was put back, but for what has come of it', () => {
    const plan = withSource()
    const range = plan.take('source', COUNT)!
    plan.told('source', [range], [])
    expect(plan.take('source', COUNT)).toBeUndefined()
    plan.came({ from: range.from, to: range.from + UNIT + 1 })
    expect(plan.coming).toEqual([{ from: range.from + UNIT + 1, to: range.to }])
    plan.putBack(range)
    plan.told('source', [{ from: range.from + UNIT + 1, to: range.from + 2 * UNIT }], [])
    expect(plan.take('source', COUNT)).toEqual({ from: range.from + UNIT + 1, to: range.from + 2 * UNIT })
  })

  it('has every segment come once, whoever brings it', () => {
    const step = fc.record({
      holder: fc.constantFrom('source', 'one', 'two'),
      segments: fc.integer({ min: 1, max: 100 }),
      share: fc.double({ min: 0, max: 1, noNaN: true }),
      from: fc.integer({ min: 0, max: COUNT })
    })
    fc.assert(
      fc.property(fc.array(step, { maxLength: 60 }), steps => {
        const plan = withSource()
        const came = new Uint8Array(COUNT)
        const bring = (range: NumberRange) => {
          came.fill(came[range.from]! + 1, range.from, range.to)
          plan.came(range)
        }
        for (const { holder, segments, share, from } of steps) {
          if (holder !== 'source') plan.told(holder, [{ from, to: from + segments }], [])
          const range = plan.take(holder, segments)
          if (!range) continue
          expect(plan.has(holder, range)).toBe(true)
          const to = range.from + Math.floor((range.to - range.from) * share)
          if (to > range.from) bring({ from: range.from, to })
          plan.putBack(range)
        }
        for (let range = plan.take('source', COUNT); range; range = plan.take('source', COUNT)) bring(range)
        expect(plan.isDone).toBe(true)
        expect(new Set(came)).toEqual(new Set([1]))
      })
    )
  })
})
