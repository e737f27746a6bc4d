import { describe, expect, it } from 'vitest'
import { RelayLoad } from '../../src/relay/relay-load.ts'

const LIMITS = { maxSessions: 100, maxRateBytesPerSecond: 1_000 }

describe('the load of a relay', () => {
  it('is the part of its places that is taken while little flows', () => {
    const load = new RelayLoad()
    expect(load.of({ sessions: 0, bytesForwarded: 0 }, LIMITS, 0)).toBe(0)
    expect(load.of({ sessions: 50, bytesForwarded: 100 }, LIMITS, 1_000)).toBe(0.5)
  })

  it('is the part of its rate that is used, of the time since it was last asked for', () => {
    const load = new RelayLoad()
    load.of({ sessions: 4, bytesForwarded: 5_000 }, LIMITS, 10_000)
    expect(load.of({ sessions: 4, bytesForwarded: 8_000 }, LIMITS, 15_000)).toBeCloseTo(0.6)
    expect(load.of({ sessions: 4, bytesForwarded: 8_500 }, LIMITS, 20_000)).toBeCloseTo(0.1)
  })

  it('keeps a rate where it is asked for again at once', () => {
    const load = new RelayLoad()
    load.of({ sessions: 4, bytesForwarded: 0 }, LIMITS, 0)
    load.of({ sessions: 4, bytesForwarded: 3_000 }, LIMITS, 5_000)
    expect(load.of({ sessions: 4, bytesForwarded: 3_500 }, LIMITS, 5_010)).toBeCloseTo(0.6)
  })

  it('leaves to a further route its fair share of a rate that is all used', () => {
    const full = (sessions: number) => {
      const load = new RelayLoad()
      load.of({ sessions, bytesForwarded: 0 }, LIMITS, 0)
      return load.of({ sessions, bytesForwarded: 5_000 }, LIMITS, 5_000)
    }
    expect(full(1)).toBeCloseTo(1 / 2)
    expect(full(9)).toBeCloseTo(9 / 10)
  })

  it('is that of the places alone without a rate limit, and never above 1', () => {
    const load = new RelayLoad()
    const unlimited = { maxSessions: 100, maxRateBytesPerSecond: undefined }
    load.of({ sessions: 1, bytesForwarded: 0 }, unlimited, 0)
    expect(load.of({ sessions: 1, bytesForwarded: 1e9 }, unlimited, 1_000)).toBe(0.01)
    expect(load.of({ sessions: 300, bytesForwarded: 1e9 }, unlimited, 2_000)).toBe(1)
  })
})
