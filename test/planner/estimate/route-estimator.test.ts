import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { RouteEstimator } from '../../../src/planner/estimate/route-estimator.ts'
import { TICK_MS } from '../../../src/planner/planner.ts'
import { needBytes } from '../../../src/planner/policies/lanes.ts'
import { BULK } from '../../../src/planner/tuning.ts'

const INITIAL_SEGMENTS = BULK.window.initialSegments

const SEGMENT_BYTES = 32 * 1024
const RTT_MS = 40
/** 40 Mbit/s. */
const RATE = 5_000

/** A queue in front of a link: the whole world of one estimator. Keeps in flight what the estimator's window says. */
class Route {
  readonly estimator: RouteEstimator
  nowMs = 0
  /** Bytes a millisecond. */
  rate = RATE
  /** Source's clock minus the client's. */
  offsetMs = 0
  /** Bytes a millisecond that the application wants; none: as much as the window lets through. */
  demand = Number.POSITIVE_INFINITY
  /** Until then nothing arrives: all waits for a lost packet. */
  heldUntilMs = 0
  /** So many segments come although all is held up. */
  trickle = 0
  /** The source's transport lets no more be under way. */
  transportBytes = Number.POSITIVE_INFINITY
  readonly #underWay: Array<{ sentAtMs: number; arrivesAtMs: number }> = []
  #freeAtMs = 0
  #wantedBytes = 0

  constructor(rttMs = RTT_MS) {
    this.estimator = new RouteEstimator(SEGMENT_BYTES, rttMs)
  }

  get inFlightBytes(): number {
    return this.#underWay.length * SEGMENT_BYTES
  }

  run(durationMs: number, watch: () => void = () => {}): this {
    for (const endMs = this.nowMs + durationMs; this.nowMs < endMs; ) {
      this.#wantedBytes = Math.min(this.#wantedBytes, SEGMENT_BYTES) + this.demand
      this.#send()
      this.nowMs++
      this.#arrive()
      if (this.nowMs % TICK_MS > 0) continue
      const isGreedy = this.demand === Number.POSITIVE_INFINITY
      this.estimator.tick(this.nowMs, isGreedy ? 64 * SEGMENT_BYTES : this.inFlightBytes)
      watch()
    }
    return this
  }

  /** The order has gone up in half a round trip; the segment waits for those before it, and comes down in the other half. */
  #send(): void {
    while (
      this.inFlightBytes + SEGMENT_BYTES <= Math.min(this.estimator.windowBytes, this.transportBytes) &&
      this.#wantedBytes >= SEGMENT_BYTES
    ) {
      this.#wantedBytes -= SEGMENT_BYTES
      const sentAtMs = this.nowMs + RTT_MS / 2
      this.#freeAtMs = Math.max(this.#freeAtMs, sentAtMs) + SEGMENT_BYTES / this.rate
      this.#underWay.push({ sentAtMs, arrivesAtMs: this.#freeAtMs + RTT_MS / 2 })
    }
  }

  #arrive(): void {
    while (this.#underWay.length > 0 && this.#underWay[0]!.arrivesAtMs <= this.nowMs) {
      if (this.nowMs < this.heldUntilMs && --this.trickle < 0) {
        this.trickle = 0
        return
      }
      const { sentAtMs } = this.#underWay.shift()!
      this.estimator.addArrival(SEGMENT_BYTES, sentAtMs + this.offsetMs, this.nowMs)
    }
  }
}

/** A route at full rate whose packets are lost when told so: 100 ms of nothing, then all that was held up. */
class LosingRoute {
  readonly estimator = new RouteEstimator(SEGMENT_BYTES, RTT_MS)
  #nowMs = 0

  pass(durationMs: number, queueMs = 0): void {
    for (const endMs = this.#nowMs + durationMs; this.#nowMs < endMs; this.#nowMs += SEGMENT_BYTES / RATE)
      this.#arrive(queueMs)
  }

  lose(packets: number, queueMs = 0): void {
    for (let lost = 0; lost < packets; lost++) {
      this.#nowMs += 100
      for (let held = 0; held < 20; held++) this.#arrive(queueMs + 100)
      this.pass(400, queueMs)
    }
  }

  #arrive(transitMs: number): void {
    this.estimator.addArrival(SEGMENT_BYTES, this.#nowMs - transitMs, this.#nowMs)
    this.estimator.tick(this.#nowMs, 64 * SEGMENT_BYTES)
  }
}

describe('RouteEstimator', () => {
  it('guesses the first window in one round trip, and never more, while it knows nothing', () => {
    const { estimator } = new Route()
    expect(estimator.windowBytes).toBe(INITIAL_SEGMENTS * SEGMENT_BYTES)
    expect(estimator.bytesPerMs).toBe((INITIAL_SEGMENTS * SEGMENT_BYTES) / RTT_MS)
    estimator.addBlockSample(16 * 1024, 1)
    expect(estimator.bytesPerMs).toBeLessThanOrEqual((INITIAL_SEGMENTS * SEGMENT_BYTES) / RTT_MS)
  })

  it('takes a test block that came slowly for a slow route', () => {
    const { estimator } = new Route()
    estimator.addBlockSample(16 * 1024, 1_000)
    expect(estimator.bytesPerMs).toBeLessThan(20)
  })

  it.each([
    ['at once', 1, 2 * INITIAL_SEGMENTS],
    ['within 5 ms', 5, 10],
    ['within 130 ms', 130, INITIAL_SEGMENTS]
  ])(
    'allows a route whose test block came %s a first window of what it is rid of soon',
    (_how, spreadMs, segments) => {
      const { estimator } = new Route()
      estimator.addBlockSample(8 * 1024, spreadMs)
      expect(Math.floor(estimator.windowBytes / SEGMENT_BYTES)).toBe(segments)
    }
  )

  describe('of which an earlier fetch has learnt a rate', () => {
    const known = (bytesPerMs: number) =>
      new RouteEstimator(SEGMENT_BYTES, RTT_MS, BULK, {
        rateBytesPerSecond: bytesPerMs * 1000,
        rttMs: RTT_MS
      })

    it('begins with that rate, and a window that it fills', () => {
      const estimator = known(4_000)
      expect(estimator.bytesPerMs).toBe(4_000)
      expect(estimator.windowBytes).toBe(4_000 * (RTT_MS + BULK.window.trustedQueueMs))
      expect(estimator.isMeasured).toBe(false)
    })

    it('keeps it where the test block comes as it should', () => {
      const estimator = known(1_000)
      estimator.addBlockSample(8 * 1024, 10)
      expect(estimator.bytesPerMs).toBe(1_000)
    })

    it.each([
      ['slowly', 4_000, 200],
      ['at once', 200, 1]
    ])('begins like any other where the test block comes too %s', (_, bytesPerMs, spreadMs) => {
      const [estimator, other] = [known(bytesPerMs), new RouteEstimator(SEGMENT_BYTES, RTT_MS)]
      for (const each of [estimator, other]) each.addBlockSample(8 * 1024, spreadMs)
      expect(estimator.bytesPerMs).toBe(other.bytesPerMs)
      expect(estimator.windowBytes).toBe(other.windowBytes)
    })

    it('does not begin with a window beyond all bounds', () => {
      const most = BULK.window.knownWindows * INITIAL_SEGMENTS * SEGMENT_BYTES
      expect(known(1e6).windowBytes).toBe(most)
      expect(known(1).windowBytes).toBe(BULK.window.leastSegments * SEGMENT_BYTES)
    })
  })

  it('takes nothing from a test block for its window once segments have come', () => {
    const { estimator } = new Route().run(1_000)
    const before = estimator.windowBytes
    estimator.addBlockSample(1024 * 1024, 1)
    expect(estimator.windowBytes).toBe(before)
  })

  it.each([500, 1_250, RATE, 25_000])('finds a capacity of %d bytes/ms and fills it', rate => {
    const route = new Route()
    route.rate = rate
    route.run(4_000)
    expect(route.estimator.bytesPerMs / rate).toBeGreaterThan(0.93)
    expect(route.estimator.bytesPerMs / rate).toBeLessThan(1.07)
    expect(route.estimator.windowBytes).toBeGreaterThan(rate * RTT_MS)
  })

  it('does not take what was read at once for the rate of the route', () => {
    const estimator = new RouteEstimator(SEGMENT_BYTES, RTT_MS)
    for (const seq of [0, 1, 2]) estimator.addArrival(SEGMENT_BYTES, 0, 100 + seq)
    estimator.tick(120, 64 * SEGMENT_BYTES)
    // Two segments within 2 ms would be 260 Mbit/s.
    expect(estimator.bytesPerMs).toBeLessThan(RATE)
  })

  it('keeps the least round trip', () => {
    const { estimator } = new Route()
    for (const rttMs of [300, 35, 500]) estimator.addRtt(rttMs)
    expect(estimator.rttMs).toBe(35)
    expect(estimator.loopMs).toBe(35 + 2 * estimator.segmentMs)
  })

  it('does not care how far the clocks of the nodes are apart', () => {
    const offsets = fc.integer({ min: -1e9, max: 1e9 })
    const reference = new Route().run(1_500).estimator
    fc.assert(
      fc.property(offsets, offsetMs => {
        const route = new Route()
        route.offsetMs = offsetMs
        const { estimator } = route.run(1_500)
        expect(estimator.bytesPerMs).toBeCloseTo(reference.bytesPerMs, 0)
        expect(estimator.windowBytes).toBeCloseTo(reference.windowBytes, -2)
        expect(estimator.queueMs).toBeCloseTo(reference.queueMs, 2)
      }),
      { numRuns: 20 }
    )
  })

  it.each([20, 3, 1.5])(
    'does not take app-limited samples, the rate divided by %d, for the capacity',
    share => {
      const route = new Route().run(3_000)
      const known = route.estimator.bytesPerMs
      route.demand = RATE / share
      route.run(6_000, () => expect(route.estimator.bytesPerMs).toBeGreaterThan(known * 0.9))
    }
  )

  it('does not lower the capacity for silence when there is nothing to carry', () => {
    const route = new Route().run(3_000)
    const known = route.estimator.bytesPerMs
    route.demand = 0
    route.run(5_000)
    expect(route.estimator.bytesPerMs).toBeGreaterThan(known * 0.9)
    expect(route.estimator.queueMs).toBeLessThan(1)
  })

  it('holds the queue of a busy route small', () => {
    const route = new Route().run(2_000)
    route.run(6_000, () => {
      expect(route.inFlightBytes).toBeLessThan(RATE * (RTT_MS + 100))
      expect(route.estimator.queueMs).toBeLessThan(80)
    })
  })

  it('follows a fall of the rate within a few segments, and its window does not grow with the queue', () => {
    const route = new Route().run(3_000)
    route.rate = RATE / 10
    const segmentMs = SEGMENT_BYTES / route.rate
    route.run(RTT_MS + 6 * segmentMs)
    expect(route.estimator.bytesPerMs).toBeLessThan(route.rate * 2)
    route.run(3_000, () => expect(route.estimator.windowBytes).toBeLessThan(route.rate * 500))
    expect(route.estimator.bytesPerMs / route.rate).toBeGreaterThan(0.9)
    expect(route.estimator.bytesPerMs / route.rate).toBeLessThan(1.1)
  })

  it('follows a rise of the rate', () => {
    const route = new Route()
    route.rate = RATE / 10
    route.run(3_000)
    route.rate = RATE
    route.run(400)
    expect(route.estimator.bytesPerMs / RATE).toBeGreaterThan(0.8)
    route.run(1_000)
    expect(route.estimator.bytesPerMs / RATE).toBeGreaterThan(0.8)
    expect(route.estimator.bytesPerMs / RATE).toBeLessThan(1.1)
  })

  it('starts small again after a stall, and finds its capacity', () => {
    const route = new Route().run(3_000)
    route.estimator.restart()
    expect(route.estimator.windowBytes).toBe(2 * SEGMENT_BYTES)
    expect(route.estimator.bytesPerMs).toBeLessThanOrEqual((2 * SEGMENT_BYTES) / RTT_MS)
    expect(route.estimator.probing).toBe(true)
    route.run(2_000)
    expect(route.estimator.bytesPerMs / RATE).toBeGreaterThan(0.9)
  })

  it('does not hold its silence against a route that delivers again', () => {
    const route = new Route().run(3_000)
    route.heldUntilMs = route.nowMs + 600
    route.run(599)
    expect(route.estimator.bytesPerMs / RATE).toBeLessThan(0.2)
    route.estimator.restart()
    route.estimator.restart()
    expect(route.estimator.bytesPerMs).toBeCloseTo((2 * SEGMENT_BYTES) / RTT_MS)
  })

  it('takes a route for what it was when all that was held up comes at once', () => {
    const route = new Route().run(3_000)
    route.heldUntilMs = route.nowMs + 200
    const { windowBytes } = route.estimator
    route.run(199)
    expect(route.estimator.bytesPerMs / RATE).toBeLessThan(0.8)
    route.run(2 * TICK_MS)
    expect(route.estimator.bytesPerMs / RATE).toBeGreaterThan(0.9)
    expect(route.estimator.windowBytes / windowBytes).toBeGreaterThan(0.8)
  })

  it('is in doubt about a route after a silence, until it is as fast again or that has lasted', () => {
    const route = new Route().run(2_000)
    const { estimator } = route
    expect(estimator.isReturning(route.nowMs)).toBe(false)
    route.heldUntilMs = route.nowMs + 120
    route.run(121)
    expect(estimator.isReturning(route.nowMs)).toBe(false)
    // All at once what was held up: the first segment leaves it in doubt, some more settle it.
    route.run(40)
    expect(estimator.isReturning(route.nowMs)).toBe(false)
    // A tenth of the rate: one segment each 65 ms.
    route.rate = RATE / 10
    const doubtful: number[] = []
    route.run(2_000, () => {
      if (estimator.isReturning(route.nowMs)) doubtful.push(route.nowMs)
    })
    expect(doubtful.length).toBeGreaterThan(3)
    expect(doubtful.at(-1)! - doubtful[0]!).toBeLessThanOrEqual(300)
  })

  it('takes silences with a trickle between them for one', () => {
    const route = new Route().run(3_000)
    const { windowBytes } = route.estimator
    route.heldUntilMs = route.nowMs + 370
    route.run(120)
    route.trickle = 1
    route.run(150)
    route.trickle = 1
    route.run(99)
    expect(route.estimator.bytesPerMs / RATE).toBeLessThan(0.5)
    route.run(3 * TICK_MS)
    expect(route.estimator.bytesPerMs / RATE).toBeGreaterThan(0.9)
    expect(route.estimator.windowBytes / windowBytes).toBeGreaterThan(0.8)
  })

  it('takes a route that becomes as fast again as it was for what it was', () => {
    const route = new Route().run(4_000)
    const { windowBytes } = route.estimator
    route.rate = RATE / 9
    route.run(4_000)
    expect(route.estimator.windowBytes / windowBytes).toBeLessThan(0.5)
    route.rate = RATE
    let most = 0
    route.run(500, () => {
      most = Math.max(most, route.estimator.windowBytes)
    })
    expect(route.estimator.probing).toBe(false)
    expect(route.estimator.bytesPerMs / RATE).toBeGreaterThan(0.9)
    expect(most / windowBytes).toBeGreaterThan(0.9)
    expect(most / windowBytes).toBeLessThan(1.3)
  })

  it('does not take a route for what it was when after a silence it is slow', () => {
    const route = new Route().run(3_000)
    route.heldUntilMs = route.nowMs + 200
    route.rate = RATE / 20
    route.run(1_500)
    expect(route.estimator.bytesPerMs / RATE).toBeLessThan(0.2)
  })

  it('keeps nothing in flight for packets that a full queue has dropped', () => {
    const lossWaitBehind = (queueMs: number) => {
      const route = new LosingRoute()
      route.pass(1_000)
      route.pass(2_000, queueMs)
      route.lose(3, queueMs)
      return route.estimator.lossWaitMs
    }
    expect(lossWaitBehind(20)).toBeGreaterThan(50)
    expect(lossWaitBehind(100)).toBe(0)
  })

  it('keeps more in flight for packets that are lost while it looks for more capacity, and not while it begins', () => {
    const route = new LosingRoute()
    const { estimator } = route
    route.pass(100)
    route.lose(1)
    expect(estimator.lossWaitMs).toBe(0)
    route.pass(3_000)
    expect(estimator.probing).toBe(true)
    route.lose(2)
    expect(estimator.lossWaitMs).toBeGreaterThan(50)
    const { lossWaitMs } = estimator
    estimator.restart()
    route.pass(100)
    route.lose(1)
    expect(estimator.lossWaitMs).toBeLessThan(lossWaitMs)
  })

  it('never has much more than twice the bandwidth-delay product under way', () => {
    const route = new Route()
    route.run(20_000, () => expect(route.inFlightBytes).toBeLessThan(2.2 * RATE * RTT_MS))
    expect(route.estimator.bytesPerMs / RATE).toBeGreaterThan(0.97)
  })

  it('asks for no more than is seen to be under way, when the transport holds the rest back', () => {
    const route = new Route()
    // A queue that shows, but less than is wanted.
    route.transportBytes = 9 * SEGMENT_BYTES
    route.run(5_000)
    route.run(10_000, () => expect(route.estimator.windowBytes).toBeLessThan(2 * route.transportBytes))
  })

  it('lets the queue run out now and then, and asks for no more after that than before', () => {
    const route = new Route().run(4_000)
    const { windowBytes } = route.estimator
    const seen: number[] = []
    route.run(30_000, () => seen.push(route.estimator.windowBytes))
    expect(Math.min(...seen)).toBeLessThan(1.1 * RATE * RTT_MS)
    expect(Math.max(...seen)).toBeLessThan(1.1 * windowBytes)
  })

  describe('on a route that loses packets', () => {
    /** For 50 of each 200 ms nothing comes, then all of it at once. */
    function waiting(watch?: (route: Route) => void) {
      const route = new Route().run(3_000)
      const windowBytesBefore = route.estimator.windowBytes
      for (let i = 0; i < 10; i++) {
        route.heldUntilMs = route.nowMs + 50
        route.run(200, () => watch?.(route))
      }
      return { route, windowBytesBefore }
    }

    it('keeps in flight what lasts through the waits, and no more once there are none', () => {
      const { route, windowBytesBefore } = waiting()
      expect(route.estimator.windowBytes).toBeGreaterThan(windowBytesBefore + 45 * RATE)
      route.run(45_000)
      expect(route.estimator.windowBytes / windowBytesBefore).toBeLessThan(1.2)
    })

    it('keeps that in flight when it lets the queue run out, too', () => {
      const { route } = waiting()
      for (let i = 0; i < 60; i++) {
        route.heldUntilMs = route.nowMs + 50
        route.run(200, () => expect(route.estimator.windowBytes).toBeGreaterThan(RATE * (RTT_MS + 45)))
      }
    })

    it('wants the route to owe what it keeps in flight', () => {
      waiting(({ estimator, nowMs }) => {
        if (nowMs > 4_000) expect(needBytes(estimator)).toBeGreaterThanOrEqual(estimator.windowBytes)
      })
    })

    it('does not take what comes at once after a wait for a higher rate', () => {
      waiting(({ estimator }) => {
        expect(estimator.bytesPerMs / RATE).toBeLessThan(1.2)
      })
    })
  })

  it('keeps more in flight at once when a relay tells that what it got had waited for lost packets', () => {
    const route = new Route().run(3_000)
    const { windowBytes } = route.estimator
    for (const ms of [100, 300]) {
      route.estimator.addHeld(route.nowMs)
      route.run(ms)
    }
    expect(route.estimator.windowBytes).toBeGreaterThan(windowBytes + 0.9 * 3 * RTT_MS * RATE)
  })

  it('never has a window below two segments, nor a rate that is no number, whatever the rates do', () => {
    const steps = fc.array(
      fc.record({ rate: fc.integer({ min: 10, max: 50_000 }), forMs: fc.integer({ min: 20, max: 800 }) }),
      { minLength: 1, maxLength: 6 }
    )
    fc.assert(
      fc.property(steps, history => {
        const route = new Route()
        for (const { rate, forMs } of history) {
          route.rate = rate
          route.run(forMs, () => {
            expect(route.estimator.windowBytes).toBeGreaterThanOrEqual(2 * SEGMENT_BYTES)
            expect(route.estimator.bytesPerMs).toBeGreaterThan(0)
            expect(Number.isFinite(route.estimator.bytesPerMs)).toBe(true)
          })
        }
      }),
      { numRuns: 50 }
    )
  })
})
