import { describe, expect, it } from 'vitest'
import { createPlanner } from '../../../src/planner/policies/index.ts'
import { Extent } from '../../../src/protocol/extent.ts'

const SEGMENT_BYTES = 8 * 1024

/** A planner of a live content with two open routes, of which the first has brought what it owed so far. */
function planned(latencyMs?: number) {
  const extent = new Extent({ firstSeq: 0, segmentBytes: SEGMENT_BYTES, edgeSeq: 0 })
  const planner = createPlanner('adaptive', { extent, memoryBytes: 1e9, latencyMs })
  for (const route of [0, 1]) {
    planner.handle({ type: 'routeAdded', route, holder: 'source' }, 0)
    planner.handle({ type: 'routeOpened', route, rttMs: 20 }, 20)
    planner.handle({ type: 'testReply', route, rttMs: 30, bytes: SEGMENT_BYTES, spreadMs: 5 }, 25)
  }
  planner.plan(30)
  return planner
}

/** The same, where a segment has been made each 10 ms, and has come as soon as it was told of; `next` is the one that is made next. */
function running() {
  const planner = planned()
  const next = 20
  for (let seq = 0; seq < next; seq++) {
    const nowMs = 40 + 10 * seq
    planner.handle({ type: 'extentGrew', edgeSeq: seq + 1, toldMs: nowMs }, nowMs)
    planner.plan(nowMs)
    const [route] = [...planner.estimates()].find(([, { outstandingBytes }]) => outstandingBytes > 0)!
    planner.handle({ type: 'arrived', route, seq, bytes: SEGMENT_BYTES, sentAtMs: nowMs }, nowMs)
  }
  return { planner, next }
}

describe('adaptive with a live content', () => {
  it('grants what is there and no more, as it grows', () => {
    const planner = planned()
    expect(planner.plan(40).horizon).toBe(0)
    planner.handle({ type: 'extentGrew', edgeSeq: 3 }, 50)
    expect(planner.plan(50).horizon).toBe(3)
    expect(planner.plan(70).horizon).toBe(3)
    planner.handle({ type: 'extentGrew', endBytes: 3 * SEGMENT_BYTES + 1 }, 80)
    expect(planner.plan(80).horizon).toBe(4)
  })

  it('grants what will be made before an order could be followed, once the rate is known', () => {
    const { planner, next } = running()
    // A round trip is 20 ms, to which 60 ms are added.
    expect(planner.plan(240).horizon).toBe(next + 8)
    planner.handle({ type: 'extentGrew', endBytes: (next + 2) * SEGMENT_BYTES, toldMs: 260 }, 260)
    expect(planner.plan(260).horizon).toBe(next + 8)
    const owed = [...planner.estimates().values()].reduce((sum, route) => sum + route.outstandingBytes, 0)
    expect(owed).toBe(2 * SEGMENT_BYTES)
  })

  it('holds no route for late that owes nothing, whatever is granted to it in advance', () => {
    for (const { planner } of [{ planner: planned() }, running()])
      for (let nowMs = 260; nowMs < 60_000; nowMs += 20) expect(planner.plan(nowMs).states).toEqual([])
  })

  it('orders a new pattern at the horizon after it has passed over something', () => {
    const planner = planned()
    planner.handle({ type: 'extentGrew', edgeSeq: 3 }, 50)
    planner.plan(50)
    planner.handle({ type: 'extentGrew', edgeSeq: 20 }, 60)
    planner.handle({ type: 'passed', seq: 10 }, 60)
    const { patterns, horizon } = planner.plan(60)
    expect(patterns[0]!.from).toBe(10)
    expect(horizon).toBeGreaterThan(10)
    const owed = [...planner.estimates().values()].reduce((sum, route) => sum + route.outstandingBytes, 0)
    expect(owed).toBe((horizon - 10) * SEGMENT_BYTES)
  })

  it('copies what would be too late to the route that brings it in time', () => {
    const copiesOf = (latencyMs: number | undefined) => {
      const planner = planned(latencyMs)
      planner.handle({ type: 'extentGrew', edgeSeq: 2 }, 50)
      planner.plan(50)
      const [mute, other] = planner.orders.isNamed(0) ? [0, 1] : [1, 0]
      const copies: string[] = []
      for (let nowMs = 60; nowMs < 160; nowMs += 20) {
        // The other route brings segments all the time.
        planner.handle(
          { type: 'arrived', route: other, seq: 1, bytes: SEGMENT_BYTES, sentAtMs: nowMs },
          nowMs
        )
        const { reassignments } = planner.plan(nowMs)
        for (const { fromRoute, toRoute, copy } of reassignments)
          if (copy) copies.push(`${fromRoute === mute}${toRoute === other}`)
      }
      return copies
    }
    expect(copiesOf(150).length).toBeGreaterThan(0)
  })
})
