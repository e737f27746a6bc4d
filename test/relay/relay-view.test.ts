import { describe, expect, it } from 'vitest'
import { WireStatus } from '../../src/errors.ts'
import { RELAY_LIMITS } from '../../src/relay/limits.ts'
import { RelayWatch, type ViewedRelay } from '../../src/relay/relay-view.ts'

const RELAY: ViewedRelay = {
  limits: RELAY_LIMITS,
  stats: { admitted: 3, bytesForwarded: 5_000, bytesUp: 70, heldBytes: 10 },
  used: { dayBytes: 900, monthBytes: 4_000 },
  takesNone: undefined,
  sessions: []
}

describe('the view of a relay', () => {
  it('counts by their reasons which routes it did not serve, with the last word on each', () => {
    const watch = new RelayWatch()
    const full = { status: WireStatus.refusedSessions, message: 'full' }
    watch.refused({ status: WireStatus.notServed, message: 'certain peers only', peerId: 'x' }, 1)
    watch.refused({ ...full, peerId: 'a' }, 2)
    watch.refused({ ...full, peerId: 'b' }, 3)
    watch.failed({ status: WireStatus.nextHopLost, message: 'gone', peerId: 'c' }, 4)
    const { refused, failed } = watch.view(RELAY)
    expect(refused).toEqual([
      { reason: 'refused_sessions', count: 2, message: 'full', peerId: 'b', atMs: 3 },
      { reason: 'not_served', count: 1, message: 'certain peers only', peerId: 'x', atMs: 1 }
    ])
    expect(failed).toMatchObject([{ reason: 'next_hop_lost', count: 1 }])
  })

  it('has the limits that are set, with what is left of the allowances', () => {
    const limits = {
      ...RELAY_LIMITS,
      maxRateBytesPerSecond: 8_000,
      maxBytesPerDay: 1_000,
      maxBytesPerMonth: 3_000
    }
    const { limits: shown } = new RelayWatch().view({ ...RELAY, limits, takesNone: 'allowance used' })
    expect(shown).toEqual({
      ...{ maxRoutes: 256, maxRoutesPerPeer: 64, maxHeldBytes: RELAY_LIMITS.memoryBytes },
      maxRateBytesPerSecond: 8_000,
      day: { maxBytes: 1_000, leftBytes: 100 },
      month: { maxBytes: 3_000, leftBytes: 0 }
    })
    expect(new RelayWatch().view(RELAY).limits).not.toHaveProperty('day')
  })
})
