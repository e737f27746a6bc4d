import { describe, expect, it, vi } from 'vitest'
import { Pattern } from '../../src/pattern/pattern.ts'
import { RangeSet } from '../../src/pattern/range-set.ts'
import { extentOf } from '../../src/protocol/extent.ts'
import { ROUTE_LIMITS } from '../../src/protocol/limits.ts'
import type { Reassignment, Report, SeqRange, Skipped } from '../../src/protocol/route-messages.ts'
import { SESSION_LIMITS } from '../../src/source/limits.ts'
import { InvalidOrderError, SourceSession } from '../../src/source/source-session.ts'
import { control as order } from '../protocol/messages.ts'
import { SEGMENT_BYTES, sessionOf } from './session-fixture.ts'

const HUGE = 2 ** 40

const change = (version: number, from: number, text: string) => ({
  version,
  from,
  pattern: Pattern.parse(text)
})

const copyOf = (id: number, ranges: SeqRange[]): Reassignment => ({
  id,
  fromRoute: 0,
  toRoute: 1,
  copy: true,
  ranges
})

/** Each second one of so many segments, from the first on. */
const everySecond = (count: number): SeqRange[] =>
  Array.from({ length: count }, (_, i) => ({ from: 2 * i, to: 2 * i + 1 }))

/** The messages that wait for a route without credit. */
function waiting(session: SourceSession, route: number) {
  const messages = []
  for (let action = session.next(route); action; action = session.next(route)) {
    if (action.kind === 'message') messages.push(action.message)
  }
  return messages
}

const droppedIn = (session: SourceSession, route: number) =>
  waiting(session, route).filter((message): message is { kind: 'skipped' } & Skipped => {
    return message.kind === 'skipped'
  })
const keptIn = (session: SourceSession, route: number) =>
  waiting(session, route).flatMap(message =>
    message.kind === 'report' ? (message as Report).reassigned.flatMap(({ kept }) => kept) : []
  )

describe('SourceSession, whatever a client orders', () => {
  it('takes a reassignment of what the client has as one range, however long', () => {
    const session = sessionOf(HUGE)
    for (const route of [0, 1]) session.addRoute(route)
    session.apply(order({ done: HUGE - 5 }))
    session.apply(order({ reassignments: [copyOf(1, [{ from: 0, to: Number.MAX_SAFE_INTEGER }])] }))
    expect(keptIn(session, 0)).toEqual([{ from: 0, to: HUGE - 5 }])
    expect(droppedIn(session, 1)).toMatchObject([{ ranges: [{ from: 0, to: HUGE - 5 }] }])
    session.apply(order({ horizon: HUGE, credits: [{ route: 1, limitBytes: Number.MAX_SAFE_INTEGER }] }))
    expect(session.next(1)).toMatchObject({ kind: 'segment', seq: HUGE - 5, repair: true })
  })

  it('counts, and does not walk through, what it need not send any more', () => {
    const sizeBytes = (HUGE - 1) * SEGMENT_BYTES + 1
    const extent = extentOf({ segmentBytes: SEGMENT_BYTES, sizeBytes })
    const lengthsAsked = vi.spyOn(extent, 'lengthOf')
    const session = new SourceSession({ peerId: 'source', extent, hashGroupSegments: 0 })
    for (const route of [0, 1]) session.addRoute(route)
    session.apply(order({ patterns: [change(1, 0, 'AB')], horizon: HUGE }))
    waiting(session, 0)
    waiting(session, 1)
    session.apply(order({ done: HUGE }))
    const half = (HUGE / 2) * SEGMENT_BYTES
    expect(droppedIn(session, 0)).toMatchObject([{ bytes: half }])
    const [onB] = droppedIn(session, 1)
    expect(onB!.bytes).toBe(half - SEGMENT_BYTES + 1)
    expect(onB!.ranges.length).toBe(4_096)
    expect(lengthsAsked.mock.calls.length).toBeLessThan(10)
  })

  it('drops neither what was sent, nor what was taken away, nor anything twice', () => {
    const session = sessionOf(30)
    for (const route of [0, 1]) session.addRoute(route)
    const credits = [{ route: 0, limitBytes: 3 * SEGMENT_BYTES }]
    session.apply(order({ patterns: [change(1, 0, 'A'), change(2, 12, 'AB')], credits, horizon: 20 }))
    waiting(session, 0)
    const move = { id: 1, fromRoute: 0, toRoute: 1, copy: false, ranges: [{ from: 2, to: 6 }] }
    session.apply(order({ reassignments: [move] }))
    waiting(session, 1)
    session.apply(order({ done: 17 }))
    expect(droppedIn(session, 0)).toEqual([
      {
        kind: 'skipped',
        bytes: 9 * SEGMENT_BYTES,
        ranges: [
          { from: 6, to: 13 },
          { from: 14, to: 15 },
          { from: 16, to: 17 }
        ]
      }
    ])
    expect(droppedIn(session, 1)).toEqual([
      {
        kind: 'skipped',
        bytes: 5 * SEGMENT_BYTES,
        ranges: [
          { from: 3, to: 6 },
          { from: 13, to: 14 },
          { from: 15, to: 16 }
        ]
      }
    ])
  })

  it('tells in one message what was dropped while a route was not read', () => {
    const session = sessionOf(100_000)
    session.addRoute(0)
    session.apply(order({ patterns: [change(1, 0, 'A')], horizon: 100_000 }))
    for (let done = 1; done <= 5_000; done++) session.apply(order({ done }))
    expect(droppedIn(session, 0)).toEqual([
      { kind: 'skipped', bytes: 5_000 * SEGMENT_BYTES, ranges: [{ from: 0, to: 5_000 }] }
    ])
  })

  it('refuses patterns that are too long in all, and counts those in use only', () => {
    const longest = '[AB]'.repeat(4_096)
    const places = 2 * 4_096
    const session = sessionOf(HUGE)
    session.addRoute(0)
    const ask = (version: number, done: number) =>
      session.apply(order({ patterns: [change(version, version * 10, longest)], done }))
    const most = SESSION_LIMITS.maxPatternPlaces / places
    for (let version = 1; version <= most; version++) ask(version, 0)
    expect(() => ask(most + 1, 0)).toThrow(InvalidOrderError)
    for (let version = most + 2; version < 4 * most; version++) {
      ask(version, version * 10)
      waiting(session, 0)
    }
  })

  it('refuses a client that does not read what became of many ranges, and forgets the oldest of them', () => {
    const ranges = everySecond(4_096)
    const most = SESSION_LIMITS.maxWaitingRanges / ranges.length
    const started = () => {
      const session = sessionOf(HUGE)
      for (const route of [0, 1]) session.addRoute(route)
      session.apply(order({ done: 1_000_000 }))
      return session
    }
    const unread = started()
    const ask = (session: SourceSession, id: number) =>
      session.apply(order({ reassignments: [copyOf(id, ranges)] }))
    expect(() => {
      for (let id = 1; id <= most + 1; id++) ask(unread, id)
    }).toThrow(InvalidOrderError)
    const read = started()
    for (let id = 1; id <= most + 20; id++) {
      ask(read, id)
      for (const route of [0, 1]) waiting(read, route)
    }
    read.addRoute(2)
    expect(keptIn(read, 2).length).toBe(SESSION_LIMITS.maxRememberedRanges)
  })

  it('does not let hashes of groups that do not exist take the place of those that do', () => {
    const session = sessionOf(6, 0, 2)
    session.addRoute(1)
    const credits = [{ route: 1, limitBytes: 1e9 }]
    session.apply(order({ patterns: [change(1, 0, 'AAB')], credits, horizon: 6, hashed: [1] }))
    session.apply(
      order({ hashed: Array.from({ length: SESSION_LIMITS.maxRangesPerSet }, (_, i) => 2 * i + 3) })
    )
    expect(session.next(1)?.kind).toBe('message')
    // Segment 2 of group 1 comes first: only the hashes behind it are missing.
    expect(session.next(1)).toEqual({ kind: 'hashes', group: 2 })
  })

  it('takes no more work for the hashes that a message names than one pass over those it knows', () => {
    const session = sessionOf(HUGE, 0, 1)
    const known = SESSION_LIMITS.maxRangesPerSet
    const named = (first: number) => Array.from({ length: 1_024 }, (_, i) => first + 2 * i)
    for (let first = 0; first < 2 * known; first += 2_048) session.apply(order({ hashed: named(first) }))
    const passes = vi.spyOn(RangeSet.prototype, 'addAll')
    const changes = vi.spyOn(RangeSet.prototype, 'delete')
    session.apply(order({ hashed: named(2 * known) }))
    expect([passes.mock.calls.length, changes.mock.calls.length]).toEqual([1, 1])
    passes.mockRestore()
    changes.mockRestore()
  })

  it('ends a session of which a few bytes of orders would take a pass over very many ranges', () => {
    const segments = 4 * SESSION_LIMITS.maxRangesPerSet
    const session = sessionOf(segments)
    for (const route of [0, 1]) session.addRoute(route)
    const credits = [{ route: 0, limitBytes: Number.MAX_SAFE_INTEGER }]
    session.apply(order({ patterns: [change(1, 0, 'AB')], credits, horizon: segments }))
    waiting(session, 0)
    const move = { ...copyOf(1, [{ from: 0, to: segments }]), copy: false }
    expect(() => session.apply(order({ reassignments: [move] }))).toThrow(InvalidOrderError)
  })

  it('ends a session whose client asks for an answer that no message holds', () => {
    const session = sessionOf(3 * ROUTE_LIMITS.maxRangesPerMessage)
    for (const route of [0, 1]) session.addRoute(route)
    const credits = [{ route: 0, limitBytes: Number.MAX_SAFE_INTEGER }]
    session.apply(order({ patterns: [change(1, 0, 'AB')], credits, horizon: HUGE }))
    waiting(session, 0)
    const ask = (id: number, ranges: number) =>
      session.apply(order({ reassignments: [copyOf(id, [{ from: 0, to: 2 * ranges }])] }))
    ask(1, ROUTE_LIMITS.maxRangesPerMessage)
    expect(keptIn(session, 0)).toHaveLength(ROUTE_LIMITS.maxRangesPerMessage)
    expect(() => ask(2, ROUTE_LIMITS.maxRangesPerMessage + 1)).toThrow(InvalidOrderError)
  })
})
