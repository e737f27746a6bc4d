import { describe, expect, test } from 'vitest'
import { delayFigures } from '../../src/lab/live-figures.ts'
import { LiveStream } from '../../src/lab/live-stream.ts'
import { RECORD_BYTES } from '../../src/topology/live-content.ts'

const RECORDS = 100
const START_MS = 5_000

/** A stream of one record a millisecond. */
function stream(start: 'live' | 'begin' = 'live') {
  const live = { rateBytesPerSecond: 1_000 * RECORD_BYTES, start }
  return new LiveStream(RECORDS * RECORD_BYTES + 7, live, START_MS)
}

const records = (bytes: Buffer, from: number, to: number) =>
  bytes.subarray(from * RECORD_BYTES, to * RECORD_BYTES)

describe('a live content of the lab', () => {
  test('is made at its rate, and ends with its last whole record', () => {
    const made = stream()
    expect(made.make(START_MS + 10).length).toBe(10 * RECORD_BYTES)
    expect(made.make(START_MS + 10.5).length).toBe(0)
    expect(made.make(START_MS + 1_000).length).toBe(90 * RECORD_BYTES)
    expect(made.make(START_MS + 2_000).length).toBe(0)
  })

  test('tells how late each record came, however its bytes are cut, and the longest stall', () => {
    const made = stream()
    const bytes = Buffer.concat([made.make(START_MS + 50), made.make(START_MS + 100)])
    made.take(bytes.subarray(0, 70 * RECORD_BYTES - 5), START_MS + 110)
    made.take(bytes.subarray(70 * RECORD_BYTES - 5), START_MS + 150)
    const { identical, longestStallMs, progress, live } = made.outcome()
    expect({ identical, longestStallMs }).toEqual({ identical: true, longestStallMs: 40 })
    expect(progress.at(-1)).toEqual({ atMs: 150, bytes: 100 * RECORD_BYTES })
    // 50 records came after 60 ms, 19 after 10 ms and 31 after 50 ms.
    expect(live).toEqual({ skippedBytes: 0, delayMs: { median: 50, percentile99: 60, percentile999: 60 } })
  })

  test.each([
    ['live', 20],
    ['begin', 30]
  ] as const)('counts what is left out from where the client begins: %s', (start, skipped) => {
    const made = stream(start)
    const bytes = made.make(START_MS + 100)
    made.take(records(bytes, 10, 40), START_MS + 100)
    made.take(records(bytes, 50, 90), START_MS + 100)
    const { identical, live } = made.outcome()
    expect(identical).toBe(true)
    expect(live.skippedBytes).toBe(skipped * RECORD_BYTES)
  })

  test('is not identical where bytes are changed, come twice, or are cut off', () => {
    const spoiled = [
      (bytes: Buffer) => bytes.fill(7, 2_000, 2_001),
      (bytes: Buffer) => Buffer.concat([records(bytes, 0, 2), bytes]),
      (bytes: Buffer) => bytes.subarray(0, bytes.length - 1),
      () => Buffer.alloc(0)
    ]
    for (const spoil of spoiled) {
      const made = stream()
      made.take(spoil(made.make(START_MS + 100)), START_MS + 100)
      expect(made.outcome().identical).toBe(false)
    }
  })
})

test('percentiles of delays are delays that occurred', () => {
  const delaysMs = Array.from({ length: 1_000 }, (_, index) => 1_000 - index)
  expect(delayFigures(delaysMs)).toEqual({ median: 500, percentile99: 990, percentile999: 999 })
  expect(delayFigures([])).toEqual({ median: 0, percentile99: 0, percentile999: 0 })
})
