import { describe, expect, it } from 'vitest'
import { Pattern } from '../../src/pattern/pattern.ts'
import { Extent } from '../../src/protocol/extent.ts'
import { SegmentLengths } from '../../src/protocol/segment-lengths.ts'
import { HEAD_LEAVES_KEPT } from '../../src/protocol/stream-head.ts'
import { HEADS_KEPT } from '../../src/source/limits.ts'
import { type SourceAction, SourceSession } from '../../src/source/source-session.ts'
import { control } from '../protocol/messages.ts'

const SEGMENT_BYTES = 100
const GROUP = 4

/** A live content of so many segments, and a client that begins at `firstSeq` and takes all in turn over its routes. */
class LiveTrial {
  readonly session: SourceSession
  #count: number
  #heads = 1

  constructor(count: number, firstSeq: number, pattern = 'A') {
    this.#count = count
    this.session = new SourceSession({
      peerId: 'source',
      extent: new Extent({ firstSeq, segmentBytes: SEGMENT_BYTES, edgeSeq: count }),
      hashGroupSegments: GROUP,
      head: { bytes: Uint8Array.of(0), from: count, count }
    })
    const routes = [...Pattern.parse(pattern).routes]
    for (const route of routes) this.session.addRoute(route)
    this.session.apply(
      control({
        patterns: [{ version: 1, from: firstSeq, pattern: Pattern.parse(pattern) }],
        credits: routes.map(route => ({ route, limitBytes: 1e9 }))
      })
    )
    for (const route of routes) this.drain(route)
  }

  grow(by: number): void {
    this.#count += by
    const head = { bytes: Uint8Array.of(this.#heads++), from: this.#count - by, count: this.#count }
    this.session.grow(head, { edgeSeq: this.#count })
  }

  grant(horizon: number): void {
    this.session.apply(control({ horizon }))
  }

  /** What a route sends now, in short: heads by their number, hashes by group and tree, segments by seq. */
  drain(route: number): string[] {
    const sent: string[] = []
    for (let action = this.session.next(route); action; action = this.session.next(route)) {
      const text = textOf(action)
      if (text) sent.push(text)
    }
    return sent
  }
}

function textOf(action: SourceAction): string | undefined {
  if (action.kind === 'segment') return String(action.seq)
  if (action.kind === 'hashes') return `hashes ${action.group} of ${action.count}`
  return action.kind === 'message' && action.message.kind === 'head'
    ? `head ${action.message.bytes[0]}`
    : undefined
}

describe('a session on a live content', () => {
  it('tells every route a head before what it covers, and sends that once the client has granted it', () => {
    const trial = new LiveTrial(10, 10, 'AB')
    trial.grow(2)
    expect([trial.drain(0), trial.drain(1)]).toEqual([['head 1'], ['head 1']])
    trial.grant(12)
    expect([trial.drain(0), trial.drain(1)]).toEqual([['10'], ['11']])
  })

  it('sends nothing that is not there yet, whatever the client has granted', () => {
    const trial = new LiveTrial(10, 10)
    trial.grant(100)
    expect(trial.drain(0)).toEqual([])
    trial.grow(3)
    expect(trial.drain(0)).toEqual(['head 1', '10', '11', '12'])
  })

  it('brings the hashes of what was there before, under the root of the last head of the route', () => {
    const trial = new LiveTrial(10, 3)
    trial.grant(10)
    // Groups that are whole come ahead of time; the last one is not.
    expect(trial.drain(0)).toEqual([
      'hashes 0 of 10',
      'hashes 1 of 10',
      ...['3', '4', '5', '6', '7'],
      'hashes 2 of 10',
      ...['8', '9']
    ])
    trial.grow(2)
    trial.grant(12)
    expect(trial.drain(0)).toEqual(['head 1', '10', '11'])
    trial.grow(9)
    trial.grant(21)
    expect(trial.drain(0)).toEqual(['head 2', ...Array.from({ length: 9 }, (_, i) => String(12 + i))])
  })

  it('goes on with the newest head on a route that has fallen behind, and brings the hashes that are missing', () => {
    const trial = new LiveTrial(8, 8, 'AB')
    for (let head = 1; head <= HEADS_KEPT + 1; head++) trial.grow(1)
    trial.grant(10)
    expect(trial.drain(0)).toEqual([
      `head ${HEADS_KEPT + 1}`,
      `hashes 2 of ${8 + HEADS_KEPT + 1}`,
      'hashes 3 of 73',
      '8'
    ])
  })

  it('does not count on leaf hashes that lie too far ahead for the client to keep', () => {
    const trial = new LiveTrial(0, 0)
    trial.grow(HEAD_LEAVES_KEPT)
    trial.grow(GROUP)
    expect(trial.drain(0)).toEqual(['head 1', 'head 2'])
    trial.session.apply(control({ horizon: HEAD_LEAVES_KEPT + GROUP, done: HEAD_LEAVES_KEPT }))
    expect(trial.drain(0).slice(0, 2)).toEqual([
      `hashes ${HEAD_LEAVES_KEPT / GROUP} of ${HEAD_LEAVES_KEPT + GROUP}`,
      String(HEAD_LEAVES_KEPT)
    ])
  })

  it('tells the lengths of segments that differ in size behind the head, and sends no empty ones', () => {
    const lengths = new SegmentLengths(0)
    for (const bytes of [100, 0, 20, 0, 0, 30]) lengths.push(bytes)
    const session = new SourceSession({
      peerId: 'source',
      extent: new Extent({ firstSeq: 2, segmentBytes: SEGMENT_BYTES, edgeSeq: 5, lengths }),
      hashGroupSegments: GROUP,
      head: { bytes: Uint8Array.of(0), from: 0, count: 5 }
    })
    const drain = () => {
      const actions: SourceAction[] = []
      for (let action = session.next(0); action; action = session.next(0)) actions.push(action)
      return actions
        .map(action =>
          action.kind === 'message' && action.message.kind === 'lengths' ? action.message : textOf(action)
        )
        .filter(told => told !== undefined)
    }
    session.addRoute(0)
    const pattern = Pattern.parse('A')
    session.apply(
      control({ patterns: [{ version: 1, from: 2, pattern }], credits: [{ route: 0, limitBytes: 1e9 }] })
    )
    expect(drain()).toEqual(['head 0', { kind: 'lengths', from: 2, atByte: 100, lengths: [20, 0, 0] }])
    session.apply(control({ horizon: 5 }))
    expect(drain()).toEqual(['2'])
    session.grow({ bytes: Uint8Array.of(1), from: 5, count: 6 }, { endBytes: 150 })
    session.apply(control({ horizon: 6 }))
    expect(drain()).toEqual(['head 1', { kind: 'lengths', from: 5, atByte: 120, lengths: [30] }, '5'])
    session.apply(control({ done: 6 }))
    expect(session.finished).toBe(true)
  })

  it('counts the true bytes of what a client does without, and believes no more than it can know', () => {
    const lengths = new SegmentLengths(0)
    for (let seq = 0; seq < 10; seq++) lengths.push(seq)
    const session = new SourceSession({
      peerId: 'source',
      extent: new Extent({ firstSeq: 0, segmentBytes: SEGMENT_BYTES, edgeSeq: 10, lengths }),
      hashGroupSegments: GROUP,
      head: { bytes: Uint8Array.of(0), from: 0, count: 10 }
    })
    session.addRoute(0)
    session.addRoute(1)
    session.apply(control({ patterns: [{ version: 1, from: 0, pattern: Pattern.parse('AB') }], horizon: 10 }))
    session.apply(control({ done: 8 }))
    expect(session.done).toBe(0)
    for (let action = session.next(0); action; action = session.next(0)) {}
    session.apply(control({ done: 8 }))
    expect(session.done).toBe(8)
    const ranges = [0, 2, 4, 6].map(from => ({ from, to: from + 1 }))
    expect(session.next(0)).toEqual({ kind: 'message', message: { kind: 'skipped', bytes: 12, ranges } })
  })

  it('is finished when the client has all up to the end', () => {
    const trial = new LiveTrial(2, 0)
    trial.session.apply(control({ horizon: 2, done: 2 }))
    expect(trial.session.finished).toBe(false)
    trial.session.grow({ bytes: Uint8Array.of(9), from: 2, count: 3 }, { endBytes: 250 })
    trial.session.apply(control({ horizon: 3 }))
    expect(trial.drain(0)).toEqual(['head 9', '2'])
    trial.session.apply(control({ done: 3 }))
    expect(trial.session.finished).toBe(true)
  })

  it('tells a route that joins later the newest head alone', () => {
    const trial = new LiveTrial(10, 10)
    trial.grow(1)
    trial.grow(1)
    trial.session.addRoute(1)
    expect(trial.drain(1)).toEqual(['head 2'])
  })
})
