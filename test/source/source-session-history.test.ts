import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { Pattern } from '../../src/pattern/pattern.ts'
import type { Control, RouteMessage } from '../../src/protocol/route-messages.ts'
import { control as order } from '../protocol/messages.ts'
import { SEGMENT_BYTES, sessionOf } from './session-fixture.ts'

/** What a history does; numbers are reduced to what exists at that time. */
const steps = fc.oneof(
  {
    weight: 6,
    arbitrary: fc.record({ do: fc.constant('send' as const), route: fc.nat(9), count: fc.nat(6) })
  },
  {
    weight: 3,
    arbitrary: fc.record({
      do: fc.constant('pattern' as const),
      offset: fc.integer({ min: -10, max: 10 }),
      elements: fc.array(fc.array(fc.nat(9), { minLength: 1, maxLength: 2 }), { minLength: 1, maxLength: 5 })
    })
  },
  {
    weight: 3,
    arbitrary: fc.record({
      do: fc.constant('move' as const),
      from: fc.nat(9),
      to: fc.nat(9),
      copy: fc.boolean(),
      start: fc.nat(60),
      length: fc.integer({ min: 1, max: 12 })
    })
  },
  { weight: 2, arbitrary: fc.record({ do: fc.constant('extend' as const), by: fc.nat(15) }) },
  {
    weight: 2,
    arbitrary: fc.record({ do: fc.constant('credit' as const), route: fc.nat(9), segments: fc.nat(8) })
  },
  { weight: 1, arbitrary: fc.record({ do: fc.constant('done' as const) }) },
  { weight: 1, arbitrary: fc.record({ do: fc.constant('join' as const) }) },
  { weight: 1, arbitrary: fc.record({ do: fc.constant('die' as const), route: fc.nat(9), lost: fc.nat(5) }) }
)
type Step = typeof steps extends fc.Arbitrary<infer T> ? T : never

const SEGMENTS = 60

/**
 * A client that keeps no ledger: it knows only what it has, and asks again for all that it has not when a route dies. So
 * whatever is missing at the end was lost by the source.
 */
class NaiveClient {
  readonly session = sessionOf(SEGMENTS)
  readonly has = new Set<number>()
  readonly living: number[] = []
  /** For each route and segment, who carries it as far as the reports on that route have told. */
  readonly #schedules: number[][][] = []
  readonly #asked = new Map<number, { from: number; pattern: Pattern }>()
  readonly #sent: number[][] = []
  readonly #credits = new Map<number, number>()
  #horizon = 0
  #version = 0
  #moveId = 0
  #told = 0

  constructor() {
    for (let i = 0; i < 3; i++) this.join()
    this.pattern(0, [[0], [1], [2]])
  }

  run(step: Step): void {
    const pick = (n: number) => this.living[n % this.living.length]!
    if (step.do === 'send') this.send(pick(step.route), step.count)
    else if (step.do === 'extend') this.#extend(this.#horizon + step.by)
    else if (step.do === 'credit') this.#credit(pick(step.route), step.segments)
    else if (step.do === 'done') this.#apply({ done: this.next })
    else if (step.do === 'pattern') {
      const from = Math.max(0, this.#horizon + step.offset)
      this.pattern(
        from,
        step.elements.map(group => group.map(pick))
      )
    } else if (step.do === 'move') {
      const range = { from: step.start, to: Math.min(SEGMENTS, step.start + step.length) }
      if (range.to > range.from) this.#move(pick(step.from), pick(step.to), step.copy, [range])
    } else if (step.do === 'join') {
      if (this.#sent.length < 8) this.join()
    } else if (this.living.length > 1) this.#die(pick(step.route), step.lost)
  }

  /** Grants everything and lets every route send all that it has. */
  finish(): void {
    this.#extend(SEGMENTS)
    for (const route of this.living) this.#credit(route, 1e6)
    for (const route of this.living) this.send(route, 1e6)
  }

  get next(): number {
    let seq = 0
    while (this.has.has(seq)) seq++
    return seq
  }

  join(): void {
    const route = this.#sent.length
    this.#sent.push([])
    this.#schedules.push(Array.from({ length: SEGMENTS }, () => []))
    this.session.addRoute(route)
    this.living.push(route)
    this.#credit(route, 4)
  }

  pattern(from: number, elements: number[][]): void {
    const pattern = new Pattern(elements)
    const version = ++this.#version
    this.#asked.set(version, { from, pattern })
    this.#apply({ patterns: [{ version, from, pattern }] })
  }

  send(route: number, count: number): void {
    for (let i = 0; i < count; i++) {
      const action = this.session.next(route)
      if (!action) return
      if (action.kind === 'message') this.#message(route, action.message)
      else if (action.kind === 'segment') {
        expect(action.seq).toBeLessThan(this.#horizon)
        if (!action.repair) expect(this.#schedules[route]![action.seq]).toContain(route)
        this.has.add(action.seq)
        this.#sent[route]!.push(action.seq)
      }
    }
  }

  #message(route: number, message: RouteMessage): void {
    if (message.kind !== 'report') return
    for (const { version, from } of message.patterns) {
      const asked = this.#asked.get(version)!
      expect(from).toBeGreaterThanOrEqual(asked.from)
      for (let seq = from; seq < SEGMENTS; seq++) {
        this.#schedules[route]![seq] = [...asked.pattern.elements[(seq - from) % asked.pattern.length]!]
      }
    }
  }

  #extend(horizon: number): void {
    this.#horizon = Math.max(this.#horizon, Math.min(horizon, SEGMENTS))
    this.#apply({})
  }

  #move(fromRoute: number, toRoute: number, copy: boolean, ranges: { from: number; to: number }[]): void {
    this.#apply({ reassignments: [{ id: ++this.#moveId, fromRoute, toRoute, copy, ranges }] })
  }

  #credit(route: number, segments: number): void {
    const limitBytes = (this.#credits.get(route) ?? 0) + segments * SEGMENT_BYTES
    this.#credits.set(route, limitBytes)
    this.#apply({ credits: [{ route, limitBytes }] })
  }

  #apply(changes: Partial<Control>): void {
    this.#told = Math.max(this.#told, changes.done ?? 0)
    this.session.apply(order({ horizon: this.#horizon, done: this.#told, ...changes }))
  }

  /** The last `lost` segments that the route sent never arrive. */
  #die(route: number, lost: number): void {
    this.session.removeRoute(route)
    this.living.splice(this.living.indexOf(route), 1)
    const others = new Set(this.living.flatMap(other => this.#sent[other]!))
    for (const seq of lost > 0 ? this.#sent[route]!.slice(-lost) : []) {
      if (!others.has(seq) && seq >= this.#told) this.has.delete(seq)
    }
    const heir = this.living[0]!
    this.#move(route, heir, true, [{ from: this.next, to: SEGMENTS }])
  }
}

describe('SourceSession, any history', () => {
  it.each([
    ['of patterns, cut-overs, reassignments, credits and joins', false],
    ['with route deaths', true]
  ])('%s, brings every segment', (_, withDeaths) => {
    fc.assert(
      fc.property(fc.array(steps, { maxLength: 60 }), history => {
        const client = new NaiveClient()
        for (const step of history) if (withDeaths || step.do !== 'die') client.run(step)
        client.finish()
        expect(client.next).toBe(SEGMENTS)
      }),
      { numRuns: 300 }
    )
  })
})
