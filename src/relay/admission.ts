import { WireStatus } from '../errors.ts'
import type { Open } from '../protocol/route-messages.ts'
import { isWithinShare } from '../transport/share.ts'
import { formatRate } from '../units/units.ts'
import type { RelayLimits } from './limits.ts'

/** The load of a relay when a client asks for a further route. */
export interface AdmissionState {
  draining: boolean
  /** Routes that are admitted and not over yet. */
  sessions: number
  /** How many of the routes came from the asking peer. */
  sessionsOfPeer: number
  /** How many of the routes came from the asking host; 0 for a host that cannot be told from others. */
  sessionsOfHost: number
  /** The reason for which the relay may forward nothing more today or this month. */
  allowance: Refusal | undefined
  /**
   * Takes the pass with which the route was asked for, or says why not; undefined also where no pass
   * is wanted.
   */
  takePass(): Refusal | undefined
}

/** The reason for refusing a route, as its client is told. */
export interface Refusal {
  status: number
  message: string
  /** Milliseconds after which the relay may take the route; undefined where it cannot tell. */
  retryAfterMs?: number
}

/** The operator's own rule, asked when no limit stands against a route. `peerId` is the node that dialled. */
export type AdmissionPolicy = (open: Open, peerId: string) => Refusal | undefined

/** Returns undefined when a further route may be admitted, else the first rule that stands against it. */
export function admit(
  open: Open,
  peerId: string,
  state: AdmissionState,
  limits: RelayLimits,
  policy: AdmissionPolicy = () => undefined
): Refusal | undefined {
  for (const rule of RULES) {
    const refusal = rule(state, limits, peerId)
    if (refusal) return refusal
  }
  return policy(open, peerId)
}

type Rule = (state: AdmissionState, limits: RelayLimits, peerId: string) => Refusal | undefined

const served: Rule = (_, { allowedPeers }, peerId) =>
  allowedPeers !== undefined && !allowedPeers.includes(peerId)
    ? { status: WireStatus.notServed, message: 'The relay serves certain peers only' }
    : undefined

const notDraining: Rule = ({ draining }) =>
  draining
    ? { status: WireStatus.draining, message: 'The relay is being stopped and takes no new routes' }
    : undefined

const roomForSession: Rule = ({ sessions }, { maxSessions }) =>
  sessions >= maxSessions
    ? { status: WireStatus.refusedSessions, message: `The relay already carries ${routesText(maxSessions)}` }
    : undefined

const roomForPeer: Rule = ({ sessionsOfPeer }, { maxSessionsPerPeer }) =>
  sessionsOfPeer >= maxSessionsPerPeer
    ? {
        status: WireStatus.refusedPeerSessions,
        message: `The relay already carries ${routesText(maxSessionsPerPeer)} of this peer`
      }
    : undefined

const roomForHost: Rule = ({ sessions, sessionsOfHost }, { maxSessions }) =>
  isWithinShare(sessionsOfHost, sessions, maxSessions)
    ? undefined
    : {
        status: WireStatus.refusedPeerSessions,
        message: `The relay carries ${sessionsOfHost} routes of this host, and keeps its last ones for others`
      }

/** A route that is alone gets the whole rate. */
const enoughRate: Rule = ({ sessions }, { maxRateBytesPerSecond, minShareBytesPerSecond }) =>
  sessions > 0 &&
  maxRateBytesPerSecond !== undefined &&
  maxRateBytesPerSecond / (sessions + 1) < minShareBytesPerSecond
    ? {
        status: WireStatus.refusedRate,
        message: `The relay's ${formatRate(maxRateBytesPerSecond)} are shared by ${sessions} routes already`
      }
    : undefined

const allowanceLeft: Rule = ({ allowance }) => allowance

const holdsPass: Rule = state => state.takePass()

/** The pass comes last, as only its check costs time. */
const RULES: readonly Rule[] = [
  served,
  notDraining,
  allowanceLeft,
  roomForSession,
  roomForPeer,
  roomForHost,
  enoughRate,
  holdsPass
]

function routesText(count: number): string {
  return count === 1 ? '1 route' : `${count} routes`
}
