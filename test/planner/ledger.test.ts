import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { Pattern } from '../../src/pattern/pattern.ts'
import { rangesOf } from '../../src/pattern/range-set.ts'
import { Ledger, seqsOf } from '../../src/planner/ledger.ts'
import { Extent, extentOf } from '../../src/protocol/extent.ts'

const SEGMENTS = 40
const ROUTES = 4
const SEGMENT_BYTES = 10
const CONTENT = { segmentBytes: SEGMENT_BYTES, sizeBytes: SEGMENTS * SEGMENT_BYTES - 3 }
const EXTENT = extentOf(CONTENT)

const routes = fc.nat(ROUTES - 1)
const seqs = fc.uniqueArray(fc.nat(SEGMENTS - 1), { maxLength: 10 }).map(list => list.sort((a, b) => a - b))
const patterns = fc
  .array(fc.uniqueArray(routes, { minLength: 1, maxLength: 2 }), { minLength: 1, maxLength: 5 })
  .map(elements => new Pattern(elements))
const steps = fc.oneof(
  fc.record({ do: fc.constant('extend' as const), horizon: fc.nat(SEGMENTS + 5) }),
  fc.record({ do: fc.constant('pattern' as const), from: fc.nat(SEGMENTS), pattern: patterns }),
  fc.record({ do: fc.constant('arrived' as const), seqs }),
  fc.record({ do: fc.constant('move' as const), seqs, from: routes, to: routes }),
  fc.record({ do: fc.constant('copy' as const), seqs, from: routes, to: routes, keep: fc.boolean() }),
  fc.record({ do: fc.constant('restore' as const), seqs, from: routes, to: routes }),
  fc.record({ do: fc.constant('disown' as const), seqs, route: routes }),
  fc.record({ do: fc.constant('orphan' as const), route: routes })
)
type Step = typeof steps extends fc.Arbitrary<infer T> ? T : never

/** The same accounts kept segment by segment. */
class NaiveLedger {
  readonly owners = Array.from({ length: SEGMENTS }, () => new Set<number>())
  readonly has = new Set<number>()
  readonly routesOf: number[][] = Array.from({ length: SEGMENTS }, () => [])
  horizon = 0

  /** Segments that are owed by nobody because of this step. */
  run(step: Step): number[] {
    if (step.do === 'extend') {
      for (; this.horizon < Math.min(step.horizon, SEGMENTS); this.horizon++) {
        this.owners[this.horizon] = new Set(this.routesOf[this.horizon])
      }
    } else if (step.do === 'pattern') {
      for (let seq = step.from; seq < SEGMENTS; seq++) {
        this.routesOf[seq] = [...step.pattern.elements[(seq - step.from) % step.pattern.length]!]
        if (seq < this.horizon && !this.has.has(seq)) this.owners[seq] = new Set(this.routesOf[seq])
      }
    } else if (step.do === 'orphan') return this.#lose(this.owners.keys(), step.route)
    else if (step.do === 'disown') return this.#lose(step.seqs, step.route)
    else for (const seq of step.seqs) this.#runOn(step, seq)
    return []
  }

  #runOn(step: Step & { seqs: number[] }, seq: number): void {
    const owners = this.owners[seq]!
    if (step.do === 'arrived') {
      this.has.add(seq)
      owners.clear()
    }
    if (this.has.has(seq)) return
    if (step.do === 'move' || (step.do === 'copy' && !step.keep)) owners.delete(step.from)
    if (step.do === 'move' || step.do === 'copy') owners.add(step.to)
    if (step.do === 'restore') {
      owners.delete(step.to)
      owners.add(step.from)
    }
  }

  #lose(from: Iterable<number>, route: number): number[] {
    return [...from].filter(seq => this.owners[seq]!.delete(route) && this.owners[seq]!.size === 0)
  }
}

function runOn(ledger: Ledger, step: Step): number[] {
  if (step.do === 'extend') ledger.extend(step.horizon)
  else if (step.do === 'pattern') ledger.applyPattern(step.from, step.pattern)
  else if (step.do === 'arrived') for (const seq of step.seqs) ledger.arrived(seq)
  else if (step.do === 'move') ledger.move(step.seqs, step.from, step.to)
  else if (step.do === 'copy') ledger.copy(step.seqs, step.from, step.to, step.keep)
  else if (step.do === 'restore') ledger.restore(rangesOf(step.seqs), step.from, step.to)
  else if (step.do === 'disown') return ledger.disown(step.route, rangesOf(step.seqs))
  else return ledger.orphan(step.route)
  return []
}

describe('Ledger', () => {
  it('knows who owes what as a list of all segments does', () => {
    fc.assert(
      fc.property(fc.array(steps, { maxLength: 40 }), history => {
        const ledger = new Ledger(EXTENT)
        const naive = new NaiveLedger()
        for (const step of history) {
          // Nothing is known of segments that were not granted.
          const granted =
            'seqs' in step ? { ...step, seqs: step.seqs.filter(seq => seq < naive.horizon) } : step
          expect(runOn(ledger, granted)).toEqual(naive.run(granted))
        }
        expect(ledger.horizon).toBe(naive.horizon)
        for (let seq = 0; seq < SEGMENTS; seq++) {
          expect(ledger.has(seq)).toBe(naive.has.has(seq))
          expect([...ledger.ownersOf(seq)].sort()).toEqual([...naive.owners[seq]!].sort())
        }
        for (let route = 0; route < ROUTES; route++) {
          const owed = [...naive.owners.keys()].filter(seq => naive.owners[seq]!.has(route))
          expect([...ledger.owed(route)].sort((a, b) => a - b)).toEqual(owed)
          expect(ledger.owedBytes(route)).toBe(owed.reduce((sum, seq) => sum + EXTENT.lengthOf(seq), 0))
        }
      })
    )
  })

  it('says which segment is missing, and when none is', () => {
    const ledger = new Ledger(extentOf(CONTENT, 37))
    expect(ledger.arrived(38)).toBe(true)
    expect(ledger.arrived(38)).toBe(false)
    expect(ledger.arrived(3)).toBe(false)
    expect(ledger.next).toBe(37)
    ledger.arrived(37)
    expect([ledger.next, ledger.complete]).toEqual([39, false])
    ledger.arrived(39)
    expect([ledger.next, ledger.complete]).toEqual([40, true])
  })

  it('grants and misses nothing past an end before that of the content', () => {
    const ledger = new Ledger(extentOf(CONTENT, 0, 3))
    ledger.applyPattern(0, Pattern.parse('A'))
    ledger.extend(SEGMENTS)
    expect([ledger.horizon, ledger.owedBytes(0)]).toEqual([3, 3 * SEGMENT_BYTES])
    for (let seq = 0; seq < 3; seq++) ledger.arrived(seq)
    expect(ledger.complete).toBe(true)
  })

  it('gives what was granted in advance once it is made, and by the pattern that holds then', () => {
    const live = new Extent({ firstSeq: 0, segmentBytes: SEGMENT_BYTES, edgeSeq: 2 })
    const ledger = new Ledger(live)
    ledger.applyPattern(0, Pattern.parse('AB'))
    ledger.extend(8)
    expect([ledger.horizon, ledger.givenTo]).toEqual([8, 2])
    expect([...ledger.owed(0), ...ledger.owed(1)]).toEqual([0, 1])
    expect([...ledger.announced()]).toEqual([
      [0, 3],
      [1, 3]
    ])
    ledger.applyPattern(5, Pattern.parse('B'))
    ledger.grow(live.grownTo({ edgeSeq: 6 }))
    expect([ledger.horizon, ledger.givenTo]).toEqual([8, 6])
    expect([...ledger.owed(0)]).toEqual([0, 2, 4])
    expect([...ledger.owed(1)]).toEqual([1, 3, 5])
    expect(ledger.assignedBytes(1)).toBe(3 * SEGMENT_BYTES)
    // Beyond the end there is nothing, whatever was granted.
    ledger.grow(live.grownTo({ endBytes: 7 * SEGMENT_BYTES - 3 }))
    expect([ledger.givenTo, ledger.owedBytes(1)]).toEqual([7, 4 * SEGMENT_BYTES - 3])
    expect(ledger.announced().get(0)).toBeUndefined()
  })

  it('counts what is under way on a route although another has brought it', () => {
    const ledger = new Ledger(EXTENT)
    ledger.applyPattern(0, Pattern.parse('A'))
    ledger.extend(4)
    expect(ledger.assignedBytes(0)).toBe(40)
    ledger.copy([0], 0, 1, true)
    ledger.arrived(0)
    expect([ledger.owedBytes(0), ledger.assignedBytes(0), ledger.assignedBytes(1)]).toEqual([30, 40, 10])
    ledger.move([3], 0, 1)
    expect([ledger.assignedBytes(0), ledger.assignedBytes(1)]).toEqual([30, 20])
    ledger.restore([{ from: 3, to: 4 }], 0, 1)
    expect([ledger.assignedBytes(0), ledger.assignedBytes(1)]).toEqual([40, 10])
    ledger.settle(0, 10)
    expect(ledger.assignedBytes(0)).toBe(10)
  })

  it('takes both sides of a move back when the segment arrived before the answer', () => {
    const ledger = new Ledger(EXTENT)
    ledger.applyPattern(0, Pattern.parse('A'))
    ledger.extend(1)
    ledger.move([0], 0, 1)
    ledger.arrived(0)
    ledger.restore([{ from: 0, to: 1 }], 0, 1)
    expect([ledger.assignedBytes(0), ledger.assignedBytes(1)]).toEqual([10, 0])
  })

  it('gives back as orphans what a copy turns out to have taken unsent, unless another owes it', () => {
    const ledger = new Ledger(EXTENT)
    ledger.applyPattern(0, Pattern.parse('A'))
    ledger.extend(2)
    ledger.copy([0, 1], 0, 1, true)
    ledger.move([1], 1, 0)
    expect(ledger.unsent([0, 1], 0)).toEqual([1])
    expect(ledger.ownersOf(0)).toEqual([1])
  })
})

describe('ranges', () => {
  it('stand for the same numbers, as few as possible', () => {
    fc.assert(
      fc.property(seqs, list => {
        const ranges = rangesOf(list)
        expect([...seqsOf(ranges)]).toEqual(list)
        for (const [i, { from }] of ranges.entries())
          if (i > 0) expect(from).toBeGreaterThan(ranges[i - 1]!.to)
      })
    )
  })
})
