import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { type NumberRange, RangeSet, rangesOf } from '../../src/pattern/range-set.ts'

const LIMIT = 60

const range = fc
  .tuple(fc.nat(LIMIT), fc.nat(LIMIT))
  .map(([a, b]) => ({ from: Math.min(a, b), to: Math.max(a, b) }))
const ranges = fc.array(range, { maxLength: 24 })

const changes = fc.oneof(
  fc.record({ do: fc.constantFrom('add' as const, 'delete' as const), range }),
  fc.record({ do: fc.constantFrom('addAll' as const, 'deleteAll' as const), ranges }),
  fc.record({ do: fc.constantFrom('deleteBelow' as const, 'deleteFrom' as const), value: fc.nat(LIMIT) }),
  fc.record({ do: fc.constant('keepHighest' as const), count: fc.nat(6) })
)
type Change = typeof changes extends fc.Arbitrary<infer T> ? T : never

function numbersIn(list: Iterable<NumberRange>): number[] {
  return [...list].flatMap(({ from, to }) => Array.from({ length: to - from }, (_, i) => from + i))
}

/** What a set of single numbers becomes by the change. */
function changeNaively(model: Set<number>, change: Change): void {
  if ('count' in change) {
    const all = rangesOf([...model].sort((a, b) => a - b))
    for (const n of numbersIn(all.slice(0, Math.max(0, all.length - change.count)))) model.delete(n)
    return
  }
  if ('value' in change) {
    const isBelow = change.do === 'deleteBelow'
    for (const n of model) if (isBelow ? n < change.value : n >= change.value) model.delete(n)
    return
  }
  const isAdded = change.do === 'add' || change.do === 'addAll'
  for (const n of numbersIn('range' in change ? [change.range] : change.ranges)) {
    if (isAdded) model.add(n)
    else model.delete(n)
  }
}

function change(set: RangeSet, change: Change): void {
  if ('range' in change) set[change.do](change.range.from, change.range.to)
  else if ('ranges' in change) set[change.do](new RangeSet(change.ranges))
  else if ('count' in change) set.keepHighest(change.count)
  else set[change.do](change.value)
}

function expectSame(set: RangeSet, model: Iterable<number>): void {
  const expected = [...model].sort((a, b) => a - b)
  expect([...set]).toEqual(rangesOf(expected))
  expect(set.size).toBe(expected.length)
  expect(set.rangeCount).toBe(rangesOf(expected).length)
  expect(set.first).toBe(expected[0])
}

describe('RangeSet', () => {
  it('holds after any changes what a set of single numbers holds', () => {
    fc.assert(
      fc.property(fc.array(changes, { maxLength: 30 }), history => {
        const set = new RangeSet()
        const model = new Set<number>()
        for (const step of history) {
          change(set, step)
          changeNaively(model, step)
          expectSame(set, model)
        }
        for (let n = -1; n <= LIMIT + 1; n++) expect(set.has(n)).toBe(model.has(n))
      })
    )
  })

  it('makes what two sets have in common, what only one has, and what lies within bounds, and changes neither', () => {
    fc.assert(
      fc.property(ranges, ranges, range, (ofA, ofB, bounds) => {
        const [a, b] = [new RangeSet(ofA), new RangeSet(ofB)]
        const [inA, inB] = [new Set(numbersIn(ofA)), new Set(numbersIn(ofB))]
        expectSame(
          a.intersection(b),
          [...inA].filter(n => inB.has(n))
        )
        expectSame(
          a.difference(b),
          [...inA].filter(n => !inB.has(n))
        )
        expectSame(
          a.within(bounds.from, bounds.to),
          [...inA].filter(n => n >= bounds.from && n < bounds.to)
        )
        expectSame(a, inA)
        expectSame(b, inB)
      })
    )
  })

  it('keeps a range of any length as one', () => {
    const set = new RangeSet([{ from: 5, to: 2 ** 52 }])
    set.delete(2 ** 40)
    expect(set.rangeCount).toBe(2)
    expect(set.size).toBe(2 ** 52 - 6)
    set.deleteFrom(7)
    expect([...set]).toEqual([{ from: 5, to: 7 }])
  })
})

describe('rangesOf', () => {
  it('joins numbers that follow each other', () => {
    expect(rangesOf([1, 2, 3, 7, 9, 10])).toEqual([
      { from: 1, to: 4 },
      { from: 7, to: 8 },
      { from: 9, to: 11 }
    ])
    expect(rangesOf([])).toEqual([])
  })
})
