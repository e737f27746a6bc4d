import { describe, expect, test } from 'vitest'
import { Playback } from '../../src/lab/playback.ts'

const START_MS = 5_000
/** A content of 10 s; a player that holds 2 s of it. Its rate is a byte a millisecond. */
const CONTENT_BYTES = 10_000

function player() {
  return new Playback(CONTENT_BYTES, { rateBytesPerSecond: 1_000, bufferMs: 2_000 }, START_MS)
}

describe('a player', () => {
  test('begins with a full buffer, and reads on as it plays', () => {
    const playback = player()
    playback.take(1_500, START_MS + 100)
    expect(playback.waitMs(START_MS + 200)).toBe(0)
    playback.take(1_500, START_MS + 300)
    expect(playback.waitMs(START_MS + 300)).toBe(1_000)
    expect(playback.waitMs(START_MS + 800)).toBe(500)
    expect(playback.waitMs(START_MS + 1_400)).toBe(0)
    expect(playback.outcome(START_MS + 1_400)).toEqual({
      longestStallMs: 0,
      play: { startUpMs: 300, rebuffers: [] }
    })
  })

  test('stops when it holds nothing more, until its buffer is full again', () => {
    const playback = player()
    playback.take(2_000, START_MS)
    playback.take(1_000, START_MS + 2_500)
    playback.take(999, START_MS + 2_600)
    expect(playback.waitMs(START_MS + 2_700)).toBe(0)
    playback.take(1, START_MS + 3_000)
    // It plays on from then, and has nothing more 2 s later.
    playback.take(2_000, START_MS + 5_100)
    const { longestStallMs, play } = playback.outcome(START_MS + 5_200)
    expect(play).toEqual({
      startUpMs: 0,
      rebuffers: [
        { atMs: 2_000, durationMs: 1_000 },
        { atMs: 5_000, durationMs: 100 }
      ]
    })
    expect(longestStallMs).toBe(1_000)
  })

  test('needs no full buffer at the end, whose coming is no stop', () => {
    const playback = player()
    playback.take(CONTENT_BYTES - 500, START_MS)
    playback.take(500, START_MS + 9_600)
    expect(playback.outcome(START_MS + 20_000).play).toEqual({
      startUpMs: 0,
      rebuffers: [{ atMs: 9_500, durationMs: 100 }]
    })
  })

  test('that gets nothing more stands still to the last; one that never began is starting up', () => {
    const [stopped, starting] = [player(), player()]
    stopped.take(2_000, START_MS)
    starting.take(1_000, START_MS)
    expect(stopped.outcome(START_MS + 7_000).play.rebuffers).toEqual([{ atMs: 2_000, durationMs: 5_000 }])
    expect(starting.outcome(START_MS + 7_000).play).toEqual({ startUpMs: 7_000, rebuffers: [] })
  })
})
