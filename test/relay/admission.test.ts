import { describe, expect, it } from 'vitest'
import { WireStatus } from '../../src/errors.ts'
import { type AdmissionState, admit } from '../../src/relay/admission.ts'
import { RELAY_LIMITS, type RelayLimits } from '../../src/relay/limits.ts'
import { open } from '../protocol/messages.ts'

const REQUEST = open([{ peerId: 'source', addresses: [] }])

const IDLE: AdmissionState = {
  draining: false,
  sessions: 0,
  sessionsOfPeer: 0,
  sessionsOfHost: 0,
  allowance: undefined
}

function ask(state: Partial<AdmissionState>, limits: Partial<RelayLimits> = {}) {
  const full = { ...IDLE, ...state }
  return admit(REQUEST, 'client', full, { ...RELAY_LIMITS, ...limits })
}

describe('admission', () => {
  it('takes a route that no rule stands against', () => {
    expect(ask({})).toBeUndefined()
    expect(ask({ sessions: 255, sessionsOfPeer: 63 })).toBeUndefined()
  })

  it('serves no others than the peers that it may serve', () => {
    expect(ask({}, { allowedPeers: ['another', 'client'] })).toBeUndefined()
    expect(ask({}, { allowedPeers: ['another'] })?.status).toBe(WireStatus.notServed)
    expect(ask({}, { allowedPeers: [] })?.status).toBe(WireStatus.notServed)
  })

  it('refuses every route while its allowance is used up, and says when it will not be', () => {
    const allowance = { status: WireStatus.allowanceUsed, message: 'enough', retryAfterMs: 5 }
    expect(ask({ allowance })).toEqual(allowance)
  })

  it('refuses every route while the relay is being stopped', () => {
    expect(ask({ draining: true })?.status).toBe(WireStatus.draining)
  })

  it('refuses the route that would be one too many', () => {
    expect(ask({ sessions: 3 }, { maxSessions: 4 })).toBeUndefined()
    expect(ask({ sessions: 4 }, { maxSessions: 4 })?.status).toBe(WireStatus.refusedSessions)
  })

  it('refuses the route that would be one too many of its peer', () => {
    expect(ask({ sessions: 9, sessionsOfPeer: 1 }, { maxSessionsPerPeer: 2 })).toBeUndefined()
    const refusal = ask({ sessions: 9, sessionsOfPeer: 2 }, { maxSessionsPerPeer: 2 })
    expect(refusal?.status).toBe(WireStatus.refusedPeerSessions)
  })

  it('refuses a host that has as many routes as are left, and leaves room for another host', () => {
    expect(ask({ sessions: 7, sessionsOfHost: 7 }, { maxSessions: 16 })).toBeUndefined()
    const refusal = ask({ sessions: 8, sessionsOfHost: 8 }, { maxSessions: 16 })
    expect(refusal?.status).toBe(WireStatus.refusedPeerSessions)
    expect(ask({ sessions: 15, sessionsOfHost: 0 }, { maxSessions: 16 })).toBeUndefined()
  })

  it('refuses a route that would leave too small a share of the rate', () => {
    const limits = { maxRateBytesPerSecond: 100_000, minShareBytesPerSecond: 25_000 }
    expect(ask({ sessions: 3 }, limits)).toBeUndefined()
    const refusal = ask({ sessions: 4 }, limits)
    expect(refusal).toEqual({
      status: WireStatus.refusedRate,
      message: "The relay's 800 kbit/s are shared by 4 routes already"
    })
  })

  it('takes the first route whatever its rate, and shares of 50 kbit/s each', () => {
    expect(ask({ sessions: 0 }, { maxRateBytesPerSecond: 1 })).toBeUndefined()
    const limits = { maxRateBytesPerSecond: 50_000 }
    expect(ask({ sessions: 7 }, limits)).toBeUndefined()
    expect(ask({ sessions: 8 }, limits)?.status).toBe(WireStatus.refusedRate)
  })

  it('never refuses for its rate when it has none', () => {
    expect(ask({ sessions: 200 }, { minShareBytesPerSecond: 1e12 })).toBeUndefined()
  })

  it("asks the operator's policy last", () => {
    const policy = ({ route }: { route: number }, peerId: string) => ({
      status: 300,
      message: `${peerId}: ${route}`
    })
    expect(admit(REQUEST, 'client', IDLE, RELAY_LIMITS, policy)?.message).toBe('client: 0')
    const draining = { ...IDLE, draining: true }
    expect(admit(REQUEST, 'client', draining, RELAY_LIMITS, policy)?.status).toBe(WireStatus.draining)
  })
})
