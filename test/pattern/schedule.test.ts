import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { Pattern } from '../../src/pattern/pattern.ts'
import { RouteCursor, Schedule } from '../../src/pattern/schedule.ts'

const ROUTES = 3
const patterns = fc
  .array(fc.uniqueArray(fc.nat(ROUTES - 1), { minLength: 1, maxLength: 2 }), { minLength: 1, maxLength: 7 })
  .map(elements => new Pattern(elements))

type Change = { kind: 'append'; from: number; pattern: Pattern } | { kind: 'prune'; seq: number }
const changes: fc.Arbitrary<Change> = fc.oneof(
  {
    weight: 4,
    arbitrary: fc.record({ kind: fc.constant('append' as const), from: fc.nat(60), pattern: patterns })
  },
  { weight: 1, arbitrary: fc.record({ kind: fc.constant('prune' as const), seq: fc.nat(60) }) }
)

/** The same schedule as a table: for each segment its routes. */
class Table {
  static readonly size = 120
  readonly routes: number[][] = Array.from({ length: Table.size }, () => [])

  append(from: number, pattern: Pattern): void {
    for (let seq = from; seq < Table.size; seq++) {
      this.routes[seq] = [...pattern.elements[(seq - from) % pattern.length]!]
    }
  }

  nextFor(route: number, seq: number): number | undefined {
    const found = this.routes.findIndex((routes, i) => i >= seq && routes.includes(route))
    return found < 0 ? undefined : found
  }
}

describe('Schedule', () => {
  it('counts what a route carries as one who goes through all segments, and the places of what it holds', () => {
    fc.assert(
      fc.property(
        fc.array(changes, { minLength: 1, maxLength: 12 }),
        fc.nat(ROUTES - 1),
        fc.nat(100),
        fc.nat(100),
        (history, route, from, to) => {
          const schedule = new Schedule()
          for (const change of history) {
            if (change.kind === 'append') schedule.append(change.from, change.pattern)
            else schedule.prune(change.seq)
          }
          let count = 0
          for (let seq = from; seq < to; seq++) if (schedule.routesOf(seq).includes(route)) count++
          expect(schedule.countFor(route, from, to)).toBe(count)
          const places = schedule.entries.flatMap(({ pattern }) => pattern.elements).flat().length
          expect(schedule.places).toBe(places)
        }
      )
    )
  })

  it('follows FIG. 6 and 7: A carries the blocks 62A, 62B, 62F, 62G', () => {
    const schedule = new Schedule()
    schedule.append(0, Pattern.parse('AABCCAABCC'))
    const carriedBy = (route: number) =>
      Array.from({ length: 10 }, (_, seq) => seq).filter(seq => schedule.routesOf(seq).includes(route))
    expect(carriedBy(0)).toEqual([0, 1, 5, 6])
    expect(carriedBy(1)).toEqual([2, 7])
    expect(carriedBy(2)).toEqual([3, 4, 8, 9])
  })

  it('changes over at segment 50 as FIG. 10A: A carries 50, B 51 and 52, C 53 and 54', () => {
    const schedule = new Schedule()
    schedule.append(0, Pattern.parse('AABCCAABCC'))
    schedule.append(50, Pattern.parse('ABBCC'))
    expect([49, 50, 51, 52, 53, 54, 55].flatMap(seq => schedule.routesOf(seq))).toEqual([2, 0, 1, 1, 2, 2, 0])
  })

  it('changes over as FIG. 10B: the lost C is no longer named, the new D is', () => {
    const schedule = new Schedule()
    schedule.append(0, Pattern.parse('AABCC'))
    schedule.append(20, Pattern.parse('ABBDD'))
    expect(schedule.nextFor(2, 20)).toBeUndefined()
    expect(schedule.nextFor(3, 0)).toBe(23)
  })

  it('names no route where no pattern applies', () => {
    const schedule = new Schedule()
    schedule.append(5, Pattern.parse('A'))
    expect(schedule.routesOf(4)).toEqual([])
    expect(schedule.entryAt(4)).toBeUndefined()
    expect(schedule.nextFor(0, 0)).toBe(5)
  })

  it('answers as a table does, after any changes', () => {
    fc.assert(
      fc.property(fc.array(changes, { maxLength: 12 }), history => {
        const schedule = new Schedule()
        const table = new Table()
        let pruned = 0
        for (const change of history) {
          if (change.kind === 'append') {
            schedule.append(change.from, change.pattern)
            table.append(change.from, change.pattern)
          } else {
            schedule.prune(change.seq)
            pruned = Math.max(pruned, change.seq)
          }
        }
        for (let seq = pruned; seq < 80; seq++) {
          expect(schedule.routesOf(seq)).toEqual(table.routes[seq])
          for (let route = 0; route < ROUTES; route++) {
            expect(schedule.nextFor(route, seq)).toBe(table.nextFor(route, seq))
          }
        }
      })
    )
  })
})

describe('RouteCursor', () => {
  it('walks as naive stepping does, whatever changes on the way', () => {
    const steps = fc.oneof(
      { weight: 1, arbitrary: changes },
      {
        weight: 4,
        arbitrary: fc.record({ kind: fc.constant('walk' as const), segments: fc.integer({ min: 1, max: 5 }) })
      },
      { weight: 1, arbitrary: fc.record({ kind: fc.constant('skip' as const), by: fc.nat(4) }) }
    )
    fc.assert(
      fc.property(fc.array(steps, { maxLength: 30 }), fc.nat(ROUTES - 1), (history, route) => {
        const schedule = new Schedule()
        const table = new Table()
        const cursor = new RouteCursor(schedule, route, 0)
        for (const step of history) {
          if (step.kind === 'append') {
            schedule.append(step.from, step.pattern)
            table.append(step.from, step.pattern)
          } else if (step.kind === 'prune') {
            // Nobody forgets what a cursor has still to walk.
            schedule.prune(Math.min(step.seq, cursor.seq))
          } else if (step.kind === 'skip') {
            cursor.passed(Math.min(cursor.seq + step.by, 60))
          } else {
            for (let i = 0; i < step.segments; i++) {
              const next = cursor.peek(60)
              const expected = table.nextFor(route, cursor.seq)
              expect(next).toBe(expected !== undefined && expected < 60 ? expected : undefined)
              if (next === undefined) break
              cursor.passed(next)
              expect(cursor.seq).toBe(next + 1)
            }
          }
        }
      })
    )
  })

  it('does not go back', () => {
    const schedule = new Schedule()
    schedule.append(0, Pattern.parse('A'))
    const cursor = new RouteCursor(schedule, 0, 10)
    cursor.passed(3)
    expect(cursor.seq).toBe(10)
    expect(cursor.peek(11)).toBe(10)
  })

  it('stops at the limit and goes on when it rises', () => {
    const schedule = new Schedule()
    schedule.append(0, Pattern.parse('BA'))
    const cursor = new RouteCursor(schedule, 0, 0)
    expect(cursor.peek(1)).toBeUndefined()
    expect(cursor.peek(2)).toBe(1)
  })
})
