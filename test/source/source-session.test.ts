import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { Pattern } from '../../src/pattern/pattern.ts'
import type { Control, Reassignment, Report, RouteMessage } from '../../src/protocol/route-codec.ts'
import { InvalidOrderError, type SourceAction, SourceSession } from '../../src/source/source-session.ts'

const SEGMENT_BYTES = 100

function sessionOf(segmentCount: number, firstSeq = 0, hashGroupSegments = 0): SourceSession {
  return new SourceSession({ segmentCount, firstSeq, hashGroupSegments, segmentLength: () => SEGMENT_BYTES })
}

function order(changes: Partial<Control>): Control {
  return { patterns: [], reassignments: [], credits: [], horizon: 0, done: 0, hashed: [], ...changes }
}

const change = (version: number, from: number, text: string) => ({
  version,
  from,
  pattern: Pattern.parse(text)
})
const creditFor = (routes: number[]) => routes.map(route => ({ route, limitBytes: 1e9 }))

/** Everything that a route has to send now. */
function drain(session: SourceSession, route: number): SourceAction[] {
  const actions: SourceAction[] = []
  for (let action = session.next(route); action; action = session.next(route)) actions.push(action)
  return actions
}

const seqsIn = (actions: SourceAction[]) => actions.flatMap(a => (a.kind === 'segment' ? [a.seq] : []))
const reportsIn = (actions: SourceAction[]) =>
  actions.flatMap(a => (a.kind === 'message' && a.message.kind === 'report' ? [a.message as Report] : []))

describe('SourceSession', () => {
  it('holds no more than a bounded number of answers and patterns for a client that only asks', () => {
    const session = sessionOf(1_000_000)
    session.addRoute(0)
    for (let nonce = 0; nonce < 10_000; nonce++) {
      session.queue(0, { kind: 'testReply', nonce, padding: new Uint8Array(0) })
    }
    expect(drain(session, 0)).toMatchObject([{ kind: 'message', message: { nonce: 9_999 } }])
    const ask = (version: number) => session.apply(order({ patterns: [change(version, version * 10, 'A')] }))
    expect(() => {
      for (let version = 1; version < 10_000; version++) ask(version)
    }).toThrow(InvalidOrderError)
    const reader = sessionOf(1_000_000)
    reader.addRoute(0)
    expect(() => {
      for (let version = 1; version < 10_000; version++) {
        reader.apply(order({ patterns: [change(version, version * 10, 'A')] }))
        drain(reader, 0)
      }
    }).toThrow(InvalidOrderError)
  })

  it('sends FIG. 6 over three routes', () => {
    const session = sessionOf(10)
    for (const route of [0, 1, 2]) session.addRoute(route)
    session.apply(
      order({ patterns: [change(1, 0, 'AABCCAABCC')], credits: creditFor([0, 1, 2]), horizon: 10 })
    )
    expect(seqsIn(drain(session, 0))).toEqual([0, 1, 5, 6])
    expect(seqsIn(drain(session, 1))).toEqual([2, 7])
    expect(seqsIn(drain(session, 2))).toEqual([3, 4, 8, 9])
  })

  it('sends a segment of a group on each of its routes', () => {
    const session = sessionOf(4)
    for (const route of [0, 1]) session.addRoute(route)
    session.apply(order({ patterns: [change(1, 0, '[AB]A')], credits: creditFor([0, 1]), horizon: 4 }))
    expect(seqsIn(drain(session, 0))).toEqual([0, 1, 2, 3])
    expect(seqsIn(drain(session, 1))).toEqual([0, 2])
  })

  it('sends nothing past the horizon, nor past the end', () => {
    const session = sessionOf(5)
    session.addRoute(0)
    session.apply(order({ patterns: [change(1, 0, 'A')], credits: creditFor([0]), horizon: 2 }))
    expect(seqsIn(drain(session, 0))).toEqual([0, 1])
    session.apply(order({ horizon: 1_000 }))
    expect(seqsIn(drain(session, 0))).toEqual([2, 3, 4])
  })

  it('stops a route at its credit and leaves the others alone', () => {
    const session = sessionOf(8)
    for (const route of [0, 1]) session.addRoute(route)
    const credits = [
      { route: 0, limitBytes: 2 * SEGMENT_BYTES },
      { route: 1, limitBytes: 1e9 }
    ]
    session.apply(order({ patterns: [change(1, 0, 'AB')], credits, horizon: 8 }))
    expect(seqsIn(drain(session, 0))).toEqual([0, 2])
    expect(seqsIn(drain(session, 1))).toEqual([1, 3, 5, 7])
    session.apply(order({ credits: [{ route: 0, limitBytes: SEGMENT_BYTES }] }))
    expect(seqsIn(drain(session, 0))).toEqual([])
    session.apply(order({ credits: [{ route: 0, limitBytes: 3 * SEGMENT_BYTES }] }))
    expect(seqsIn(drain(session, 0))).toEqual([4])
  })

  it('sends the hashes of a group on each route before its first segment there, and ahead on one, unless the client has them', () => {
    const session = sessionOf(6, 0, 2)
    for (const route of [0, 1]) session.addRoute(route)
    session.apply(order({ patterns: [change(1, 0, 'AAB')], credits: creditFor([0, 1]), horizon: 6 }))
    const text = (actions: SourceAction[]) =>
      actions.flatMap(a => (a.kind === 'hashes' ? [`h${a.group}`] : a.kind === 'segment' ? [`${a.seq}`] : []))
    expect(text(drain(session, 0))).toEqual(['h0', 'h1', '0', '1', 'h2', '3', '4'])
    session.apply(order({ hashed: [1] }))
    expect(text(drain(session, 1))).toEqual(['2', 'h2', '5'])
  })

  describe('cut-over', () => {
    function started(): SourceSession {
      const session = sessionOf(20)
      for (const route of [0, 1]) session.addRoute(route)
      session.apply(order({ patterns: [change(1, 0, 'AB')], credits: creditFor([0, 1]), horizon: 6 }))
      drain(session, 0)
      drain(session, 1)
      return session
    }

    it.each([
      ['below every cursor', 2, 6],
      ['between the cursors', 5, 6],
      ['at the first segment that no route has passed', 6, 6],
      ['above every cursor', 9, 9]
    ])('%s holds from the later of the two', (_, asked, actual) => {
      const session = started()
      session.apply(order({ patterns: [change(2, asked, 'BBA')], horizon: 20 }))
      const [a, b] = [drain(session, 0), drain(session, 1)]
      expect(reportsIn(a)[0]!.patterns).toEqual([{ version: 2, from: actual }])
      expect(reportsIn(b)[0]!.patterns).toEqual([{ version: 2, from: actual }])
      const expectedOnA = []
      for (let seq = 6; seq < 20; seq++) {
        if (seq < actual ? seq % 2 === 0 : (seq - actual) % 3 === 2) expectedOnA.push(seq)
      }
      expect(seqsIn(a)).toEqual(expectedOnA)
      expect([...seqsIn(a), ...seqsIn(b)].sort((x, y) => x - y)).toEqual(
        Array.from({ length: 14 }, (_, i) => i + 6)
      )
    })

    it('is applied once, over whichever route the order comes first', () => {
      const session = started()
      session.apply(order({ patterns: [change(2, 6, 'A')] }))
      session.apply(order({ patterns: [change(2, 6, 'A')] }))
      expect(reportsIn(drain(session, 0)).length).toBe(1)
    })

    it('is told to a route that joins later', () => {
      const session = started()
      session.addRoute(2)
      expect(reportsIn(drain(session, 2))[0]!.patterns).toEqual([{ version: 1, from: 0 }])
    })

    it('takes patterns in the order of their versions', () => {
      const session = started()
      session.apply(order({ patterns: [change(3, 8, 'A')], horizon: 20 }))
      session.apply(order({ patterns: [change(2, 6, 'B')] }))
      expect(seqsIn(drain(session, 1))).toEqual([7])
    })
  })

  describe('reassignment', () => {
    const move = (changes: Partial<Reassignment>): Reassignment => ({
      id: 1,
      fromRoute: 0,
      toRoute: 1,
      copy: false,
      ranges: [{ from: 0, to: 6 }],
      ...changes
    })

    function halfSent(): SourceSession {
      const session = sessionOf(6)
      for (const route of [0, 1]) session.addRoute(route)
      const credits = [{ route: 0, limitBytes: 3 * SEGMENT_BYTES }]
      session.apply(order({ patterns: [change(1, 0, 'A')], credits, horizon: 6 }))
      drain(session, 0)
      drain(session, 1)
      return session
    }

    it('moves what was not sent, and says what stays', () => {
      const session = halfSent()
      session.apply(order({ reassignments: [move({})], credits: creditFor([0, 1]) }))
      const actions = drain(session, 1)
      expect(reportsIn(actions)[0]!.reassigned).toEqual([{ id: 1, kept: [{ from: 0, to: 3 }] }])
      expect(seqsIn(actions)).toEqual([3, 4, 5])
      expect(actions.every(a => a.kind !== 'segment' || a.repair)).toBe(true)
      expect(seqsIn(drain(session, 0))).toEqual([])
    })

    it('with copy sends again what was sent', () => {
      const session = halfSent()
      session.apply(order({ reassignments: [move({ copy: true })], credits: creditFor([0, 1]) }))
      expect(seqsIn(drain(session, 1))).toEqual([0, 1, 2, 3, 4, 5])
      expect(seqsIn(drain(session, 0))).toEqual([])
    })

    it('is carried out in order of seq with what the route has anyway: a later segment does not overtake', () => {
      const session = sessionOf(8)
      for (const route of [0, 1]) session.addRoute(route)
      session.apply(order({ patterns: [change(1, 0, 'AB')], horizon: 8 }))
      const ranges = [
        { from: 4, to: 5 },
        { from: 6, to: 7 }
      ]
      session.apply(order({ reassignments: [move({ ranges })], credits: creditFor([0, 1]) }))
      const segments = drain(session, 1).filter(a => a.kind === 'segment')
      expect(segments.map(({ seq, repair }) => [seq, repair])).toEqual([
        [1, false],
        [3, false],
        [4, true],
        [5, false],
        [6, true],
        [7, false]
      ])
    })

    it('moves on what was moved before', () => {
      const session = halfSent()
      session.addRoute(2)
      session.apply(order({ reassignments: [move({})] }))
      session.apply(
        order({
          reassignments: [move({ id: 2, fromRoute: 1, toRoute: 2, ranges: [{ from: 4, to: 6 }] })],
          credits: creditFor([0, 1, 2])
        })
      )
      expect(seqsIn(drain(session, 1))).toEqual([3])
      expect(seqsIn(drain(session, 2))).toEqual([4, 5])
    })

    it('takes from a route that is gone', () => {
      const session = halfSent()
      session.removeRoute(0)
      session.apply(order({ reassignments: [move({ copy: true })], credits: creditFor([1]) }))
      expect(seqsIn(drain(session, 1))).toEqual([0, 1, 2, 3, 4, 5])
    })

    it('takes from a route that opens only later', () => {
      const session = sessionOf(6)
      session.addRoute(1)
      session.apply(order({ patterns: [change(1, 0, 'AB')], horizon: 6 }))
      const ranges = [{ from: 0, to: 3 }]
      session.apply(
        order({ reassignments: [move({ ranges, copy: true })], credits: creditFor([1]), horizon: 6 })
      )
      expect(seqsIn(drain(session, 1))).toEqual([0, 1, 2, 3, 5])
      session.addRoute(0)
      session.apply(order({ credits: creditFor([0]) }))
      expect(seqsIn(drain(session, 0))).toEqual([4])
    })

    it('leaves out what the client has', () => {
      const session = halfSent()
      session.apply(order({ reassignments: [move({ copy: true })], done: 4, credits: creditFor([1]) }))
      expect(seqsIn(drain(session, 1))).toEqual([4, 5])
    })

    it('refuses more than a source remembers', () => {
      const session = sessionOf(1e6)
      for (const route of [0, 1]) session.addRoute(route)
      const everything = move({ ranges: [{ from: 0, to: 1e6 }] })
      expect(() => session.apply(order({ reassignments: [everything] }))).toThrow(InvalidOrderError)
    })
  })

  it('refuses a letter that is taken, and takes it again once it is free', () => {
    const session = sessionOf(4)
    session.addRoute(0)
    expect(() => session.addRoute(0)).toThrow(InvalidOrderError)
    session.removeRoute(0)
    session.addRoute(0)
    expect(session.routes).toEqual([0])
  })

  it('starts at the segment from which a client resumes', () => {
    const session = sessionOf(6, 4)
    session.addRoute(0)
    session.apply(order({ patterns: [change(1, 4, 'A')], credits: creditFor([0]), horizon: 6, done: 4 }))
    expect(seqsIn(drain(session, 0))).toEqual([4, 5])
  })

  it('is finished once the client has all', () => {
    const session = sessionOf(3)
    expect(session.finished).toBe(false)
    session.apply(order({ done: 3 }))
    expect(session.finished).toBe(true)
    expect(sessionOf(0).finished).toBe(true)
  })

  it('answers a message before the next segment', () => {
    const session = sessionOf(2)
    session.addRoute(0)
    session.apply(order({ patterns: [change(1, 0, 'A')], credits: creditFor([0]), horizon: 2 }))
    drain(session, 0)
    const reply: RouteMessage = { kind: 'testReply', nonce: 7, padding: new Uint8Array(3) }
    session.queue(0, reply)
    expect(session.next(0)).toEqual({ kind: 'message', message: reply })
  })
})

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
