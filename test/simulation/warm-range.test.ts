import { describe, expect, it } from 'vitest'
import { RouteMemory } from '../../src/client/route-memory.ts'
import { contentBytesWithin, memoryFor } from '../../src/client/segment-memory.ts'
import { createPlanner } from '../../src/planner/policies/index.ts'
import { type SimulatedRoute, simulate } from '../../src/simulation/index.ts'

const SEGMENT_BYTES = 32 * 1024
const RATE = 30 * 125_000
const MIB = 1024 * 1024

/** Three routes over one relay each, whose connections are there already. */
const warmRoutes = (roundTripMs: number): SimulatedRoute[] =>
  Array.from({ length: 3 }, () => ({
    hops: [0, 1].map(() => ({ rateBytesPerSecond: RATE, delayMs: roundTripMs / 4 })),
    setUpRoundTrips: 0
  }))

/** Reads so many bytes with the memory that such a read gets; `firstMs`: when the output had its first segment. */
function readOver(routes: SimulatedRoute[], sizeBytes: number, memory: RouteMemory) {
  let firstMs: number | undefined
  const contentBytes = Math.ceil(sizeBytes / SEGMENT_BYTES) * SEGMENT_BYTES
  const { durationMs } = simulate(
    {
      ...{ routes, sizeBytes, memory, seriesStepMs: 1, segmentBytes: SEGMENT_BYTES },
      memoryBytes: contentBytesWithin(memoryFor(contentBytes, SEGMENT_BYTES), SEGMENT_BYTES),
      createPlanner: init => createPlanner('adaptive', init)
    },
    {
      sampled: ({ atMs, outputBytes }) => {
        if (outputBytes > 0) firstMs ??= atMs
      }
    }
  )
  return { firstMs: firstMs ?? durationMs, durationMs }
}

describe('a range over routes that the client knows', () => {
  it.each([20, 40])('begins within 2.5 round trips of %i ms, and 1 MiB is soon there', roundTripMs => {
    const routes = warmRoutes(roundTripMs)
    const memory = new RouteMemory()
    readOver(routes, 30 * MIB, memory)
    for (const sizeBytes of [1, 64 * 1024, MIB]) {
      const { firstMs, durationMs } = readOver(routes, sizeBytes, memory)
      const idealMs = roundTripMs + (sizeBytes / (3 * RATE)) * 1000
      expect(firstMs).toBeLessThanOrEqual(2.5 * roundTripMs)
      expect(durationMs).toBeLessThanOrEqual(1.5 * idealMs + 100)
    }
  })
})
