import { describe, expect, it } from 'vitest'
import { BehindWindowError } from '../../src/client/route-errors.ts'
import { Extent } from '../../src/protocol/extent.ts'
import { decodeRequest } from '../../src/protocol/route-codec.ts'
import { SegmentLengths } from '../../src/protocol/segment-lengths.ts'
import type { StreamHead } from '../../src/protocol/stream-head.ts'
import { opened } from '../protocol/messages.ts'
import { pathOver, SEGMENT_BYTES, SessionTrial, segment } from './session-fixture.ts'

/** A session on a live content that reaches to segment 10, with one open route. */
function live(
  latencyMs?: number,
  { lengths, isComplete = false }: { lengths?: SegmentLengths; isComplete?: boolean } = {}
): SessionTrial {
  const trial = new SessionTrial({
    extent: new Extent({ firstSeq: 10, segmentBytes: SEGMENT_BYTES, edgeSeq: 10, lengths }),
    live: latencyMs === undefined ? {} : { latencyMs, isComplete }
  })
  trial.planner.horizon = 20
  trial.session.offer(pathOver('relay'))
  trial.run(0)
  for (const { route } of trial.take('open')) trial.open(route)
  return trial
}

function head(count: number, parts: Partial<StreamHead> = {}): StreamHead {
  const none = new Uint8Array(0)
  return {
    count,
    bytes: count * SEGMENT_BYTES,
    isEnded: false,
    atMs: 0,
    rootHash: none,
    leaves: none,
    ...parts
  }
}

const grow = (trial: SessionTrial, count: number, parts: Partial<StreamHead> = {}) =>
  trial.do(session => session.headCame(0, head(count, { atMs: trial.nowMs, ...parts }), trial.nowMs))

/** Has the planner know a round trip, by which the session tells how old things are. */
const measured = (trial: SessionTrial) => {
  const estimate = { state: 'open', rttMs: 10, outstandingBytes: 0, rateBytesPerSecond: 1e6 }
  trial.planner.estimates = () => new Map([[0, estimate]]) as never
}

describe('a session on a live content', () => {
  it('asks for no end, tells its planner how far the content reaches, and is done at its end', () => {
    const trial = live()
    const [open] = trial.take('send').flatMap(({ message }) => (message.kind === 'open' ? [message] : []))
    expect(decodeRequest(open!.request)).toMatchObject({ firstSeq: 10 })
    expect(decodeRequest(open!.request)).not.toHaveProperty('endSeq')
    grow(trial, 12)
    grow(trial, 12)
    grow(trial, 11)
    const grown = trial.planner.told.filter(({ type }) => type === 'extentGrew')
    expect(grown).toEqual([{ type: 'extentGrew', edgeSeq: 12, toldMs: 30 }])
    for (const seq of [10, 11]) trial.receive(0, segment(seq))
    expect(trial.take('finished')).toEqual([])
    grow(trial, 12, { isEnded: true })
    expect(trial.take('finished')).toHaveLength(1)
    expect(trial.session.transfer.complete).toBe(true)
  })

  it('does without what is too late, and tells it', () => {
    const trial = live(200)
    measured(trial)
    grow(trial, 12)
    trial.run(trial.nowMs + 100)
    trial.receive(0, segment(11))
    trial.run(trial.nowMs + 150)
    expect(trial.takeEvents('skipped')).toMatchObject([
      { bytes: SEGMENT_BYTES, ranges: [{ from: 40, to: 44 }] }
    ])
    expect(trial.take('output').flatMap(({ payloads }) => payloads)).toHaveLength(1)
    expect(trial.session.transfer.next).toBe(12)
    expect(trial.session.skippedBytes).toBe(SEGMENT_BYTES)
    trial.do(session => session.consumed(1, trial.nowMs))
    expect(trial.session.consumedSegments).toBe(12)
    expect(trial.planner.told.filter(({ type }) => type === 'passed')).toEqual([{ type: 'passed', seq: 12 }])
  })

  it('waits for everything without a latency', () => {
    const trial = live()
    measured(trial)
    grow(trial, 12)
    trial.run(60_000)
    expect(trial.takeEvents('skipped')).toEqual([])
    expect(trial.session.transfer.next).toBe(10)
  })

  it('waits with a latency too where all is wanted, and tells the delay and its end', () => {
    const trial = live(200, { isComplete: true })
    measured(trial)
    grow(trial, 12)
    trial.run(trial.nowMs + 150)
    expect(trial.takeEvents('delayed')).toEqual([])
    trial.run(trial.nowMs + 850)
    expect(trial.takeEvents('delayed')).toMatchObject([{ isOver: false }])
    for (const seq of [10, 11]) trial.receive(0, segment(seq))
    trial.run(trial.nowMs + 900)
    expect(trial.takeEvents('delayed')).toEqual([])
    trial.run(trial.nowMs + 200)
    const [over] = trial.takeEvents('delayed')
    expect(over).toMatchObject({ isOver: true })
    expect(over!.delayMs).toBeGreaterThan(950)
    expect(over!.delayMs).toBeLessThan(1_050)
    expect(trial.takeEvents('skipped')).toEqual([])
    expect(trial.take('output').flatMap(({ payloads }) => payloads)).toHaveLength(2)
  })

  it('counts what the output has, and not what is left out behind what it has still to take', () => {
    const trial = live(200)
    measured(trial)
    grow(trial, 11)
    const beforeBytes = trial.session.outputBytes
    trial.receive(0, segment(10))
    grow(trial, 15)
    trial.run(trial.nowMs + 400)
    expect(trial.session.skippedBytes).toBe(4 * SEGMENT_BYTES)
    expect(trial.session.outputBytes).toBe(beforeBytes)
    trial.do(session => session.consumed(1, trial.nowMs))
    expect(trial.session.outputBytes).toBe(beforeBytes + SEGMENT_BYTES)
  })

  it('fails where the source begins behind what comes next, and with a latency does without that', () => {
    for (const [latencyMs, isComplete] of [
      [undefined, false],
      [200, true],
      [200, false]
    ] as const) {
      const trial = live(latencyMs, { isComplete })
      measured(trial)
      grow(trial, 15)
      trial.lose(0, 'gone')
      trial.run(trial.nowMs + 1_500)
      const { route } = trial.take('open')[0]!
      trial.do(session => session.dialled(route, trial.nowMs))
      trial.receive(route, { ...opened(), firstSeq: 15 } as never)
      const [failed] = trial.take('failed')
      if (latencyMs === undefined || isComplete) expect(failed!.error).toBeInstanceOf(BehindWindowError)
      else expect(trial.session.transfer.next).toBe(15)
    }
  })

  describe('that is divided by time', () => {
    const lengthsCame = (trial: SessionTrial, from: number, atByte: number, lengths: number[]) =>
      trial.receive(0, { kind: 'lengths', from, atByte, lengths })

    it('goes as far as the lengths of segments are known, and takes the empty ones as they are', () => {
      const trial = live(undefined, { lengths: new SegmentLengths(10) })
      grow(trial, 14, { bytes: 1_006 })
      expect(trial.session.transfer.complete).toBe(false)
      lengthsCame(trial, 10, 1_000, [0, SEGMENT_BYTES, 0])
      lengthsCame(trial, 13, 1_000 + SEGMENT_BYTES, [2])
      const grown = trial.planner.told.filter(({ type }) => type === 'extentGrew')
      expect(grown).toEqual([
        { type: 'extentGrew', edgeSeq: 13, toldMs: 30, lengths: [0, SEGMENT_BYTES, 0] },
        { type: 'extentGrew', edgeSeq: 14, toldMs: 30, lengths: [2] }
      ])
      trial.receive(0, segment(11))
      trial.run(trial.nowMs + 20)
      const payloads = trial.take('output').flatMap(({ payloads }) => payloads)
      expect(payloads.map(({ byteLength }) => byteLength)).toEqual([0, SEGMENT_BYTES, 0])
      trial.do(session => session.consumed(3, trial.nowMs))
      expect(trial.session.outputBytes).toBe(SEGMENT_BYTES)
    })

    it('ends a route that tells lengths which do not make what a head says', () => {
      const trial = live(undefined, { lengths: new SegmentLengths(10) })
      grow(trial, 10, { bytes: 1_000 })
      grow(trial, 12, { bytes: 1_004 })
      lengthsCame(trial, 10, 1_000, [0, 0])
      expect(trial.take('end')).toMatchObject([{ route: 0, reason: { code: 'ERR_CORRUPT' } }])
    })

    it('ends a route that tells nothing of what comes next', () => {
      const trial = live(undefined, { lengths: new SegmentLengths(10) })
      grow(trial, 14, { bytes: 1_004 })
      lengthsCame(trial, 13, 1_000, [4])
      expect(trial.take('end')).toMatchObject([{ route: 0, reason: { code: 'ERR_UNEXPECTED_MESSAGE' } }])
    })
  })
})
