import { describe, expect, it } from 'vitest'
import { FrameCutter } from '../../src/source/frame-cutter.ts'

const STARTED_MS = 1_000
const cutter = () => new FrameCutter({ frameMs: 20, segmentBytes: 4, startedAtMs: STARTED_MS })
const at = (ms: number) => STARTED_MS + ms

describe('a frame cutter', () => {
  it('makes a segment of what came within a frame, and numbers the frames since the start', () => {
    const frames = cutter()
    expect(frames.add(Uint8Array.of(1), at(41))).toBe(1)
    expect(frames.endsAtMs).toBe(at(60))
    expect(frames.add(Uint8Array.of(2, 3), at(59))).toBe(2)
    expect(frames.cut(at(59))).toEqual({ empty: 0 })
    // Frames 0 and 1 had nothing.
    expect(frames.cut(at(60))).toEqual({ empty: 2, segment: Uint8Array.of(1, 2, 3) })
    expect(frames.endsAtMs).toBeUndefined()
    expect(frames.cut(at(60))).toEqual({ empty: 0 })
  })

  it('tells the frames that were empty, each once', () => {
    const frames = cutter()
    expect(frames.cut(at(5_000))).toEqual({ empty: 250 })
    expect(frames.cut(at(5_019))).toEqual({ empty: 0 })
    expect(frames.add(Uint8Array.of(1), at(5_019))).toBe(1)
    expect(frames.cut(at(5_020))).toEqual({ empty: 0, segment: Uint8Array.of(1) })
  })

  it('leaves what is too much for a frame to the ones that follow', () => {
    const frames = cutter()
    const bytes = Uint8Array.of(1, 2, 3, 4, 5, 6)
    expect(frames.add(bytes, at(0))).toBe(4)
    expect(frames.add(bytes.subarray(4), at(1))).toBe(0)
    expect(frames.cut(at(20))).toEqual({ empty: 0, segment: bytes.subarray(0, 4) })
    expect(frames.add(bytes.subarray(4), at(20))).toBe(2)
    expect(frames.cut(at(40))).toEqual({ empty: 0, segment: bytes.subarray(4) })
  })

  it('ends with what is left', () => {
    const frames = cutter()
    frames.add(Uint8Array.of(1), at(25))
    expect(frames.end(at(30))).toEqual({ empty: 1, segment: Uint8Array.of(1) })
    expect(frames.end(at(95))).toEqual({ empty: 2 })
  })
})
