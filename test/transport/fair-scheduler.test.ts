import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { FairScheduler } from '../../src/transport/fair-scheduler.ts'

function schedulerWith(inAllBytesPerSecond?: number, perSessionBytesPerSecond?: number) {
  return new FairScheduler<string>({ inAllBytesPerSecond, perSessionBytesPerSecond })
}

/** Bytes that may be sent at once after a rest. */
function burstBytes(rate: number): number {
  return rate / 50
}

const frameBytes = fc.integer({ min: 1, max: 70_000 })

/** Serves sessions that always have a next frame, until `untilMs`. Returns the bytes that each has sent. */
function serve(
  scheduler: FairScheduler<string>,
  frames: Record<string, () => number>,
  untilMs: number,
  startMs = 0
) {
  const sent: Record<string, number> = {}
  const offered: Record<string, number> = {}
  const offer = (session: string) => {
    offered[session] = frames[session]!()
    scheduler.offer(session, offered[session])
  }
  for (const session of Object.keys(frames)) {
    sent[session] = 0
    offer(session)
  }
  for (let nowMs = startMs; nowMs < untilMs; ) {
    const turn = scheduler.next(nowMs)!
    if (turn.session === undefined) {
      nowMs += turn.waitMs
      continue
    }
    sent[turn.session]! += offered[turn.session]!
    offer(turn.session)
  }
  return sent
}

function cycle(values: readonly number[]): () => number {
  let i = 0
  return () => values[i++ % values.length]!
}

describe('FairScheduler', () => {
  it('has no turn when nobody offers anything', () => {
    const scheduler = schedulerWith(1_000)
    expect(scheduler.next(0)).toBeUndefined()
    scheduler.offer('a', 10)
    scheduler.withdraw('a')
    expect(scheduler.next(0)).toBeUndefined()
    scheduler.offer('a', 10)
    scheduler.remove('a')
    expect(scheduler.next(0)).toBeUndefined()
  })

  it('never makes anyone wait without a rate', () => {
    const scheduler = schedulerWith()
    for (let i = 0; i < 1_000; i++) {
      scheduler.offer('a', 1e6)
      expect(scheduler.next(0)).toEqual({ session: 'a' })
    }
  })

  it('lets a frame go when its last byte would leave a link of the rate, and tells how long until then', () => {
    const scheduler = schedulerWith(100_000)
    scheduler.offer('a', burstBytes(100_000) + 50_000)
    expect(scheduler.next(0)).toEqual({ waitMs: 500 })
    expect(scheduler.next(400)).toEqual({ waitMs: expect.closeTo(100, 6) })
    expect(scheduler.next(500)).toEqual({ session: 'a' })
    scheduler.offer('a', 10_000)
    expect(scheduler.next(500)).toEqual({ waitMs: 100 })
  })

  it('loses nothing of the rate where a small frame takes the turn of a large one that has waited', () => {
    const scheduler = schedulerWith(100_000)
    scheduler.offer('a', burstBytes(100_000) + 50_000)
    expect(scheduler.next(0)).toEqual({ waitMs: 500 })
    scheduler.offer('a', 10)
    expect(scheduler.next(500)).toEqual({ session: 'a' })
    scheduler.offer('a', burstBytes(100_000) + 50_000)
    expect(scheduler.next(500)).toEqual({ waitMs: expect.closeTo(0.1, 6) })
  })

  it('gives busy sessions equal bytes to within one frame, whatever their frame sizes', () => {
    const sizes = fc.array(frameBytes, { minLength: 1, maxLength: 20 })
    fc.assert(
      fc.property(sizes, sizes, fc.integer({ min: 10_000, max: 10_000_000 }), (a, b, rate) => {
        const sent = serve(schedulerWith(rate), { a: cycle(a), b: cycle(b) }, 1_000)
        expect(Math.abs(sent.a! - sent.b!)).toBeLessThanOrEqual(Math.max(...a, ...b))
      }),
      { numRuns: 50 }
    )
  })

  it('gives all busy sessions of one owner together as much as a session of another', () => {
    const scheduler = schedulerWith(1_000_000)
    const sent: Record<string, number> = { a: 0, b: 0, c: 0, alone: 0 }
    const offer = (session: string) =>
      scheduler.offer(session, 1_000, session === 'alone' ? 'one' : 'another')
    for (const session of Object.keys(sent)) offer(session)
    for (let nowMs = 0; nowMs < 1_000; ) {
      const turn = scheduler.next(nowMs)!
      if (turn.session === undefined) nowMs += turn.waitMs
      else {
        sent[turn.session]! += 1_000
        offer(turn.session)
      }
    }
    const { a, b, c, alone } = sent
    expect(Math.abs(a! + b! + c! - alone!)).toBeLessThanOrEqual(4_000)
    expect(Math.max(a!, b!, c!) - Math.min(a!, b!, c!)).toBeLessThanOrEqual(2_000)
  })

  it('gives a session the whole share of its owner once the others of it rest or are over', () => {
    const scheduler = schedulerWith(1_000_000)
    for (const session of ['a', 'resting', 'removed']) scheduler.offer(session, 1_000, 'one')
    scheduler.withdraw('resting')
    scheduler.remove('removed')
    scheduler.remove('removed')
    const sent = serve(scheduler, { a: () => 1_000, alone: () => 1_000 }, 1_000)
    expect(Math.abs(sent.a! - sent.alone!)).toBeLessThanOrEqual(2_000)
  })

  it('lets the one go first that has offered first, of those that were served the same', () => {
    const scheduler = schedulerWith()
    for (const session of ['a', 'b', 'c']) scheduler.offer(session, 1_000)
    scheduler.withdraw('a')
    scheduler.offer('a', 1_000)
    expect([0, 1, 2].map(() => scheduler.next(0)?.session)).toEqual(['b', 'c', 'a'])
  })

  it('uses the rate, and never exceeds it by more than its burst and one frame', () => {
    const sizes = fc.array(frameBytes, { minLength: 1, maxLength: 20 })
    fc.assert(
      fc.property(
        sizes,
        fc.integer({ min: 10_000, max: 10_000_000 }),
        fc.integer({ min: 1, max: 3_000 }),
        fc.integer({ min: 0, max: 10_000 }),
        (frames, rate, durationMs, restMs) => {
          const scheduler = schedulerWith(rate)
          serve(scheduler, { a: cycle(frames) }, 1)
          scheduler.withdraw('a')
          expect(scheduler.next(1)).toBeUndefined()
          // After any rest no more than one burst was saved up.
          const startMs = 100_000 + restMs
          const { a } = serve(scheduler, { a: cycle(frames) }, startMs + durationMs, startMs)
          const allowed = (rate * durationMs) / 1000
          expect(a).toBeLessThanOrEqual(allowed + burstBytes(rate) + Math.max(...frames) + 1)
          expect(a).toBeGreaterThanOrEqual(allowed + burstBytes(rate) - Math.max(...frames) - 1)
        }
      ),
      { numRuns: 50 }
    )
  })

  it('lets a session that was idle save nothing up', () => {
    const scheduler = schedulerWith(1_000_000)
    const frames = { a: () => 10_000, b: () => 10_000 }
    serve(scheduler, frames, 100)
    scheduler.withdraw('b')
    serve(scheduler, { a: frames.a }, 5_000, 100)
    const sent = serve(scheduler, frames, 6_000, 5_000)
    expect(Math.abs(sent.a! - sent.b!)).toBeLessThanOrEqual(10_000)
  })

  it('starts a new session level with the others', () => {
    const scheduler = schedulerWith(1_000_000)
    serve(scheduler, { a: () => 10_000 }, 5_000)
    const sent = serve(scheduler, { a: () => 10_000, b: () => 10_000 }, 6_000, 5_000)
    expect(Math.abs(sent.a! - sent.b!)).toBeLessThanOrEqual(10_000)
  })

  it('follows a rate that is changed while it runs', () => {
    const scheduler = schedulerWith(10_000)
    serve(scheduler, { a: () => 1_000 }, 1_000)
    scheduler.setRates({ inAllBytesPerSecond: 1_000_000, perSessionBytesPerSecond: undefined })
    const { a } = serve(scheduler, { a: () => 1_000 }, 2_000, 1_000)
    expect(a).toBeGreaterThanOrEqual(1_000_000)
    expect(a).toBeLessThanOrEqual(1_000_000 + burstBytes(1_000_000) + 1_000)
    scheduler.setRates({ inAllBytesPerSecond: undefined, perSessionBytesPerSecond: undefined })
    scheduler.offer('a', 1e9)
    expect(scheduler.next(2_000)).toEqual({ session: 'a' })
  })

  it('makes up for 200 ms in which a frame waited and nobody asked, and for no more', () => {
    const rate = 1_000_000
    const frames = { a: () => 10_000 }
    const sentAtOnce = (pauseMs: number) => {
      const scheduler = schedulerWith(rate)
      serve(scheduler, frames, 1_000)
      return serve(scheduler, frames, 1_000 + pauseMs + 1, 1_000 + pauseMs).a!
    }
    for (const pauseMs of [50, 150, 200]) {
      expect(Math.abs(sentAtOnce(pauseMs) - (rate * pauseMs) / 1000)).toBeLessThanOrEqual(2 * 10_000)
    }
    expect(sentAtOnce(10_000)).toBeLessThanOrEqual(rate / 5 + burstBytes(rate) + 2 * 10_000)
  })

  it('makes up for a timer that fired late', () => {
    const scheduler = schedulerWith(1_000_000)
    const late = 15
    let sent = 0
    for (let nowMs = 0; nowMs < 1_000; ) {
      scheduler.offer('a', 10_000)
      const turn = scheduler.next(nowMs)!
      if (turn.session === undefined) nowMs += turn.waitMs + late
      else sent += 10_000
    }
    expect(sent).toBeGreaterThan(950_000)
  })

  it('gives no session more than the rate of one, and the rest to the others', () => {
    const scheduler = schedulerWith(1_000_000, 300_000)
    const frame = () => 1_000
    const two = serve(scheduler, { a: frame, b: frame }, 1_000)
    for (const sent of Object.values(two)) expect(Math.abs(sent - 300_000)).toBeLessThan(8_000)
    const five = serve(scheduler, { a: frame, b: frame, c: frame, d: frame, e: frame }, 2_000, 1_000)
    for (const sent of Object.values(five)) expect(Math.abs(sent - 200_000)).toBeLessThan(8_000)
  })

  it('keeps nothing of the others back while one session waits for its own rate', () => {
    const scheduler = schedulerWith(undefined, 100_000)
    scheduler.offer('a', burstBytes(100_000) + 10_000)
    expect(scheduler.next(0)).toEqual({ waitMs: 100 })
    scheduler.offer('b', 1_000)
    expect(scheduler.next(0)).toEqual({ session: 'b' })
    expect(scheduler.next(100)).toEqual({ session: 'a' })
  })
})
