import { describe, expect, it } from 'vitest'
import { HopWaits } from '../../src/relay/hop-waits.ts'

const SEGMENT_BYTES = 64 * 1024
/** Of the hop: bytes a millisecond, 40 Mbit/s. */
const RATE = 5_000
const SEGMENT_MS = SEGMENT_BYTES / RATE

/** One hop into a relay. Segments are given to it at its rate, whatever it does with them. */
class Hop {
  readonly #waits = new HopWaits()
  /** What was told, with when. */
  readonly told: Array<{ waitMs: number; atMs: number }> = []
  readonly #bytes: number
  #sentAtMs = 1_000_000
  nowMs = 0

  constructor(bytes = SEGMENT_BYTES) {
    this.#bytes = bytes
  }

  /** So many segments come, each after so long; sent at the hop's rate, if nothing else is said. */
  come(segments: number, gapMs = SEGMENT_MS, sentGapMs = SEGMENT_MS): this {
    for (let i = 0; i < segments; i++) {
      this.nowMs += gapMs
      this.#sentAtMs += sentGapMs
      const waitMs = this.#waits.add(this.#bytes, this.#sentAtMs, this.nowMs)
      if (waitMs !== undefined) this.told.push({ waitMs: Math.round(waitMs), atMs: this.nowMs })
    }
    return this
  }

  /** Nothing for so long; then come, at once, as many as were sent meanwhile. */
  lose(pauseMs: number, segments = Math.round(pauseMs / SEGMENT_MS)): this {
    return this.come(1, pauseMs).come(segments - 1, 0)
  }
}

describe('HopWaits', () => {
  it('tells how long something has waited, once what comes after it shows how much that was', () => {
    const hop = new Hop().come(40).lose(65)
    expect(hop.told).toEqual([])
    hop.come(40)
    expect(hop.told).toEqual([{ waitMs: 65, atMs: expect.any(Number) }])
  })

  it('tells of each wait', () => {
    const hop = new Hop().come(40)
    for (let i = 0; i < 5; i++) hop.lose(40 + 10 * i).come(8)
    expect(hop.told.map(({ waitMs }) => waitMs)).toEqual([40, 50, 60, 70, 80])
  })

  it('tells of a wait before which only a part has come', () => {
    const hop = new Hop().come(40).lose(80, 5).come(10)
    expect(hop.told).toHaveLength(1)
  })

  it.each<[string, (hop: Hop) => Hop]>([
    ['comes at the pace of the hop', hop => hop.come(200)],
    ['comes at its pace again after a pause, for the hop stood still', hop => hop.come(1, 100).come(50)],
    [
      'comes slowly after a pause',
      hop =>
        hop
          .come(1, 100)
          .come(1, 0)
          .come(50, 2 * SEGMENT_MS)
    ],
    ['comes at once, but was not sent before', hop => hop.come(1, 100, 100).come(7, 0, 0).come(50)],
    ['comes after a short pause, as a busy node makes it', hop => hop.come(1, 20, 5).come(3, 0, 5).come(50)],
    ['is one segment', hop => hop.come(1, 30).come(50)]
  ])('tells nothing of what %s', (_, course) => {
    expect(course(new Hop().come(40)).told).toEqual([])
  })

  it('tells nothing while a transport begins: a burst each round trip, twice as large as the one before', () => {
    const hop = new Hop(8 * 1024)
    for (let pieces = 2; pieces <= 128; pieces *= 2) hop.come(1, 80, 2).come(pieces - 1, 0.01, 0)
    expect(hop.come(40).told).toEqual([])
  })

  it('forgets what came long ago', () => {
    const hop = new Hop().come(400).come(10, 10 * SEGMENT_MS)
    // A tenth of the rate of before: what comes now is more than the pause would have brought.
    expect(hop.lose(40, 4).come(10).told).toEqual([])
  })
})
