import { describe, expect, it } from 'vitest'
import { WireStatus } from '../../src/errors.ts'
import { admitSession, type SourceAdmissionState } from '../../src/source/admission.ts'
import { SOURCE_LIMITS } from '../../src/source/limits.ts'

const LIMITS = { ...SOURCE_LIMITS, maxSessions: 16, neighborShare: 3 }

function ask(state: Partial<SourceAdmissionState>) {
  const full = { sessions: 0, sessionsOfPeer: 0, sessionsOfHost: 0, isNeighbor: false, ...state }
  return admitSession(full, LIMITS)?.status
}

describe('the admission of sessions', () => {
  it('makes as many sessions as a source serves, and no more', () => {
    expect(ask({ sessions: 15 })).toBeUndefined()
    expect(ask({ sessions: 16 })).toBe(WireStatus.refusedSessions)
  })

  it.each(['sessionsOfPeer', 'sessionsOfHost'])('gives half of them to one alone (%s)', held => {
    expect(ask({ sessions: 7, [held]: 7 })).toBeUndefined()
    expect(ask({ sessions: 8, [held]: 8 })).toBe(WireStatus.refusedPeerSessions)
  })

  it.each(['sessionsOfPeer', 'sessionsOfHost'])('gives three quarters of them to a relay (%s)', held => {
    expect(ask({ sessions: 11, [held]: 11, isNeighbor: true })).toBeUndefined()
    expect(ask({ sessions: 12, [held]: 12, isNeighbor: true })).toBe(WireStatus.refusedPeerSessions)
  })

  it('gives the last one to whoever has none', () => {
    expect(ask({ sessions: 15 })).toBeUndefined()
    expect(ask({ sessions: 15, sessionsOfPeer: 1 })).toBe(WireStatus.refusedPeerSessions)
  })
})
