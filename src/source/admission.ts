import { WireStatus } from '../errors.ts'
import { isWithinShare } from '../transport/share.ts'
import type { SourceLimits } from './limits.ts'

/** The load of a source when a peer asks for a further session, and what is known of that peer. */
export interface SourceAdmissionState {
  sessions: number
  /** How many of the sessions the asking peer has made. */
  sessionsOfPeer: number
  /**
   * How many of the sessions were made from the asking host; 0 for a host that cannot be told from
   * others.
   */
  sessionsOfHost: number
  /** A director has named the asking peer as a relay. */
  isNeighbor: boolean
}

/** The reason for refusing a session, as its client is told. */
export interface SessionRefusal {
  status: number
  message: string
}

/** Returns undefined when a further session may be made, else the first rule that stands against it. */
export function admitSession(state: SourceAdmissionState, limits: SourceLimits): SessionRefusal | undefined {
  for (const rule of RULES) {
    const refusal = rule(state, limits)
    if (refusal) return refusal
  }
  return undefined
}

/**
 * Returns undefined when a further stream may ask for a route, else why not. The state counts streams that are not a part
 * of a session yet.
 */
export function admitStream(
  { sessions: streams, sessionsOfPeer, sessionsOfHost, isNeighbor }: SourceAdmissionState,
  { maxPendingStreams, neighborShare }: SourceLimits
): SessionRefusal | undefined {
  const weight = isNeighbor ? neighborShare : 1
  const held = Math.max(sessionsOfPeer, sessionsOfHost)
  if (isWithinShare(held, streams, maxPendingStreams, weight)) return undefined
  const status = streams >= maxPendingStreams ? WireStatus.refusedSessions : WireStatus.refusedPeerSessions
  return { status, message: 'Too many routes are being opened at the source; try again later' }
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
