import { describe, expect, it } from 'vitest'
import { LiveEdge } from '../../src/client/live-edge.ts'
import { Extent } from '../../src/protocol/extent.ts'
import { SegmentLengths } from '../../src/protocol/segment-lengths.ts'
import type { StreamHead } from '../../src/protocol/stream-head.ts'

/** The source's clock minus the client's. */
const OFFSET_MS = 1_000_000
const ONE_WAY_MS = 20

function headOf(count: number, atMs: number): StreamHead {
  const none = new Uint8Array(0)
  return { count, bytes: count * 100, isEnded: false, atMs: atMs + OFFSET_MS, rootHash: none, leaves: none }
}

function edgeAt(firstSeq: number, latencyMs?: number): LiveEdge {
  const extent = new Extent({ firstSeq, segmentBytes: 100, edgeSeq: firstSeq })
  return new LiveEdge(latencyMs === undefined ? {} : { latencyMs }, extent, 0)
}

describe('the edge of a live content', () => {
  it('tells what is older than the latency, whatever the clocks show', () => {
    const edge = edgeAt(0, 200)
    for (let at = 0; at <= 1_000; at += 100) edge.heard(headOf(at / 10, at), at + ONE_WAY_MS)
    // What was made by 500 ms has to be here by 700 ms.
    expect(edge.lateBelow(699, ONE_WAY_MS)).toBe(49)
    expect(edge.lateBelow(701, ONE_WAY_MS)).toBe(50)
    expect(edge.lateBelow(2_000, ONE_WAY_MS)).toBe(100)
  })

  it('is not led astray by heads that were held up on their way', () => {
    const edge = edgeAt(0, 200)
    edge.heard(headOf(10, 0), ONE_WAY_MS)
    edge.heard(headOf(20, 100), 600)
    expect(edge.lateBelow(600, ONE_WAY_MS)).toBe(20)
  })

  it('spreads what came while nothing was heard over that time', () => {
    const edge = edgeAt(0, 200)
    edge.heard(headOf(0, 0), ONE_WAY_MS)
    edge.heard(headOf(100, 1_000), 1_000 + ONE_WAY_MS)
    // A tenth of them was made by 100 ms.
    expect(edge.lateBelow(300, ONE_WAY_MS)).toBe(10)
    expect(edge.lateBelow(1_100, ONE_WAY_MS)).toBe(90)
  })

  it('knows to the millisecond when a frame was made where the content is divided by time', () => {
    const frames = { startedAtMs: OFFSET_MS, frameMs: 20 }
    const extent = new Extent({ firstSeq: 0, segmentBytes: 100, edgeSeq: 0, lengths: new SegmentLengths(0) })
    const edge = new LiveEdge({ latencyMs: 200, frames }, extent, 0)
    edge.heard(headOf(50, 1_000), 1_000 + ONE_WAY_MS)
    // Frame 9 ended at 200 ms.
    expect(edge.lateBelow(399, ONE_WAY_MS)).toBe(9)
    expect(edge.lateBelow(400, ONE_WAY_MS)).toBe(10)
    expect(edge.lateBelow(9_000, ONE_WAY_MS)).toBe(50)
    expect(edge.delayMs(9, 500, ONE_WAY_MS)).toBe(300)
    expect(edge.delayMs(50, 9_000, ONE_WAY_MS)).toBe(0)
  })

  it('takes another latency while it runs, and what was there before as just made', () => {
    const edge = edgeAt(0)
    for (let at = 0; at <= 1_000; at += 100) edge.heard(headOf(at / 10, at), at + ONE_WAY_MS)
    edge.setLatency(200, 40)
    expect(edge.lateBelow(1_199, ONE_WAY_MS)).toBe(0)
    expect(edge.lateBelow(1_201, ONE_WAY_MS)).toBe(100)
    edge.heard(headOf(110, 1_100), 1_100 + ONE_WAY_MS)
    edge.setLatency(500, 100)
    expect(edge.lateBelow(1_550, ONE_WAY_MS)).toBe(105)
    edge.setLatency(undefined, 100)
    expect(edge.lateBelow(1e9, ONE_WAY_MS)).toBe(0)
  })

  it('takes what is new in a head for just made, though nothing was made for long', () => {
    const edge = edgeAt(0, 200)
    edge.heard(headOf(10, 0), ONE_WAY_MS)
    edge.heard({ ...headOf(20, 1_000), leaves: new Uint8Array(10 * 32) }, 1_000 + ONE_WAY_MS)
    expect(edge.lateBelow(1_140, ONE_WAY_MS)).toBe(10)
    expect(edge.lateBelow(1_201, ONE_WAY_MS)).toBe(20)
  })

  it('tells for how long what is next has been there', () => {
    const edge = edgeAt(0, 200)
    for (let at = 0; at <= 1_000; at += 100) edge.heard(headOf(at / 10, at), at + ONE_WAY_MS)
    expect(edge.delayMs(50, 1_000, ONE_WAY_MS)).toBe(500)
    expect(edge.delayMs(95, 1_000, ONE_WAY_MS)).toBe(50)
    expect(edge.delayMs(100, 1_000, ONE_WAY_MS)).toBe(0)
  })

  it('lets nothing be late without a latency', () => {
    const edge = edgeAt(0)
    edge.heard(headOf(10, 0), ONE_WAY_MS)
    expect(edge.lateBelow(1e9, ONE_WAY_MS)).toBe(0)
  })

  it('tells once that a source has nothing new, and when it has again', () => {
    const edge = edgeAt(0)
    edge.heard(headOf(10, 0), 20)
    edge.heard(headOf(10, 3_000), 3_020)
    expect(edge.step(true, 3_000)).toBeUndefined()
    expect(edge.step(false, 3_100)).toBeUndefined()
    expect(edge.step(true, 3_100)).toMatchObject({ type: 'waiting' })
    expect(edge.step(true, 4_000)).toBeUndefined()
    edge.heard(headOf(11, 5_000), 5_020)
    expect(edge.step(false, 5_020)).toEqual({ type: 'resumed', waitedMs: 5_000 })
    expect(edge.step(true, 5_040)).toBeUndefined()
  })

  it('tells apart a source that rests from one of which nothing is heard', () => {
    const edge = edgeAt(0)
    for (let at = 0; at <= 20_000; at += 5_000) edge.heard(headOf(10, at), at)
    expect(edge.isUnheard(30_000)).toBe(false)
    expect(edge.isUnheard(33_000)).toBe(true)
    expect(edge.step(true, 33_000)).toBeUndefined()
  })
})
