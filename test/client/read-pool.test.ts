import { describe, expect, it } from 'vitest'
import { type ReadPlace, ReadPool, type ReadWish } from '../../src/client/read-pool.ts'
import { contentBytesWithin, memoryFor } from '../../src/client/segment-memory.ts'
import { Pace } from '../../src/planner/pace.ts'

const SEGMENT_BYTES = 32 * 1024
const MIB = 1024 * 1024

function enter(pool: ReadPool, wish: Partial<ReadWish> = {}): { place?: ReadPlace; giveUp(): void } {
  const entered: { place?: ReadPlace; giveUp(): void } = { giveUp: () => {} }
  const usual = { priority: 0, contentBytes: 1000 * SEGMENT_BYTES, segmentBytes: SEGMENT_BYTES }
  entered.giveUp = pool.enter({ ...usual, ...wish }, place => {
    entered.place = place
  })
  return entered
}

const mayAsk = ({ place }: { place?: ReadPlace }) => place!.segments(SEGMENT_BYTES, 0)

describe('the memory of reads', () => {
  it('is never more than there is, however many read, and each gets some', () => {
    const pool = new ReadPool(64 * MIB)
    const reads = Array.from({ length: 60 }, () => enter(pool))
    const places = reads.flatMap(({ place }) => place ?? [])
    expect(places.length).toBeGreaterThan(20)
    expect(places.length).toBeLessThan(60)
    expect(places.reduce((sum, { memoryBytes }) => sum + memoryBytes, 0)).toBeLessThanOrEqual(64 * MIB)
    for (const { memoryBytes } of places) expect(memoryBytes).toBeGreaterThanOrEqual(MIB / 4)
    for (const place of places) place.leave()
    expect(reads.filter(({ place }) => place).length).toBeGreaterThan(places.length)
  })

  it('goes to a small read as far as that needs it, which is enough for all its segments', () => {
    const contentBytes = 2 * SEGMENT_BYTES
    const { place } = enter(new ReadPool(64 * MIB), { contentBytes })
    expect(place!.memoryBytes).toBe(memoryFor(contentBytes, SEGMENT_BYTES))
    expect(contentBytesWithin(place!.memoryBytes, SEGMENT_BYTES)).toBeGreaterThanOrEqual(contentBytes)
  })

  it('goes to one read where it is less than the least', () => {
    const pool = new ReadPool(100_000)
    const [first, second] = [enter(pool), enter(pool)]
    expect(first.place!.memoryBytes).toBe(100_000)
    expect(second.place).toBeUndefined()
    first.place!.leave()
    expect(second.place!.memoryBytes).toBe(100_000)
  })

  it('is waited for in the order of priorities, and no more once the wait is given up', () => {
    const pool = new ReadPool(MIB / 4)
    const first = enter(pool)
    const [usual, urgent, given] = [enter(pool), enter(pool, { priority: 1 }), enter(pool, { priority: 2 })]
    given.giveUp()
    first.place!.leave()
    first.place!.leave()
    expect([usual.place, given.place]).toEqual([undefined, undefined])
    urgent.place!.leave()
    expect(usual.place).toBeDefined()
  })
})

describe('a read of lower priority', () => {
  it('asks for nothing while a higher one could', () => {
    const pool = new ReadPool(64 * MIB)
    const [usual, urgent] = [enter(pool), enter(pool, { priority: 1, contentBytes: 3 * SEGMENT_BYTES })]
    expect([mayAsk(usual), mayAsk(urgent)]).toEqual([0, Number.POSITIVE_INFINITY])
    urgent.place!.take(2 * SEGMENT_BYTES)
    expect(mayAsk(usual)).toBe(0)
    urgent.place!.take(SEGMENT_BYTES)
    expect(mayAsk(usual)).toBe(Number.POSITIVE_INFINITY)
  })

  it('goes on while the reader of the higher one takes nothing', () => {
    const pool = new ReadPool(64 * MIB)
    const [usual, urgent] = [enter(pool), enter(pool, { priority: 1 })]
    const fullBytes = contentBytesWithin(urgent.place!.memoryBytes, SEGMENT_BYTES)
    urgent.place!.take(Math.floor(fullBytes / SEGMENT_BYTES) * SEGMENT_BYTES)
    expect(mayAsk(usual)).toBe(Number.POSITIVE_INFINITY)
    urgent.place!.taken(SEGMENT_BYTES)
    expect(mayAsk(usual)).toBe(0)
    urgent.place!.leave()
    expect(mayAsk(usual)).toBe(Number.POSITIVE_INFINITY)
  })

  it('is held by its limit of rate as well', () => {
    const pace = new Pace(10 * SEGMENT_BYTES)
    const { place } = enter(new ReadPool(64 * MIB), { pace })
    expect(place!.segments(SEGMENT_BYTES, 0)).toBe(1)
    place!.take(SEGMENT_BYTES)
    expect(place!.segments(SEGMENT_BYTES, 0)).toBe(0)
  })
})

describe('a read of which only a part is wanted yet', () => {
  it('asks for that part, and for more once more is wanted', () => {
    let wantedBytes = SEGMENT_BYTES + 1
    const read = enter(new ReadPool(64 * MIB), { wantedBytes: () => wantedBytes })
    expect(mayAsk(read)).toBe(2)
    read.place!.take(2 * SEGMENT_BYTES)
    expect(mayAsk(read)).toBe(0)
    wantedBytes = 5 * SEGMENT_BYTES
    expect(mayAsk(read)).toBe(3)
  })

  it('holds up none of lower priority meanwhile', () => {
    const pool = new ReadPool(64 * MIB)
    const usual = enter(pool)
    const urgent = enter(pool, { priority: 1, wantedBytes: () => SEGMENT_BYTES })
    expect(mayAsk(usual)).toBe(0)
    urgent.place!.take(SEGMENT_BYTES)
    expect(mayAsk(usual)).toBe(Number.POSITIVE_INFINITY)
  })
})
