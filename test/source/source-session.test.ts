import { describe, expect, it } from 'vitest'
import { Pattern } from '../../src/pattern/pattern.ts'
import type { Reassignment, Report, RouteMessage } from '../../src/protocol/route-messages.ts'
import { InvalidOrderError, type SourceAction, type SourceSession } from '../../src/source/source-session.ts'
import { control as order } from '../protocol/messages.ts'
import { SEGMENT_BYTES, sessionOf } from './session-fixture.ts'

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
