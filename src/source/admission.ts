import { WireStatus } from '../errors.ts'
import { isWithinShare } from '../transport/share.ts'
import type { SourceLimits } from './limits.ts'

/** What the source serves at the moment, and to whom. */
export interface SourceAdmissionState {
  sessions: number
  /** Those of them that the asking peer has made. */
  sessionsOfPeer: number
  /** Those of them that were made from the asking host; 0 for one that cannot be told from others. */
  sessionsOfHost: number
  /** A director has named the asking peer as a relay. */
  isNeighbor: boolean
}

/** Why a session is not made, as its client is told. */
export interface SessionRefusal {
  status: number
  message: string
}

/** Undefined when a further session may be made, else the first rule that stands against it. */
export function admitSession(state: SourceAdmissionState, limits: SourceLimits): SessionRefusal | undefined {
  for (const rule of RULES) {
    const refusal = rule(state, limits)
    if (refusal) return refusal
  }
  return undefined
}

type Rule = typeof admitSession

const roomForSession: Rule = ({ sessions }, { maxSessions }) =>
  sessions >= maxSessions
    ? {
        status: WireStatus.refusedSessions,
        message: `The source serves ${maxSessions} sessions already; try again later`
      }
    : undefined

const roomForPeer: Rule = ({ sessionsOfPeer, ...state }, limits) =>
  shareOf('peer', sessionsOfPeer, state, limits)

const roomForHost: Rule = ({ sessionsOfHost, ...state }, limits) =>
  shareOf('host', sessionsOfHost, state, limits)

function shareOf(
  whose: 'peer' | 'host',
  held: number,
  { sessions, isNeighbor }: Pick<SourceAdmissionState, 'sessions' | 'isNeighbor'>,
  { maxSessions, neighborShare }: SourceLimits
): SessionRefusal | undefined {
  if (isWithinShare(held, sessions, maxSessions, isNeighbor ? neighborShare : 1)) return undefined
  return {
    status: WireStatus.refusedPeerSessions,
    message: `The source serves ${held} sessions of this ${whose}, and keeps its last ones for others`
  }
}

const RULES: readonly Rule[] = [roomForSession, roomForPeer, roomForHost]
