import { type AnabranchError, WireStatus } from '../errors.ts'
import { UnreachableError } from '../transport/failure-reasons.ts'
import { formatDuration } from '../units/units.ts'
import { NoRouteError, RouteLostError, RoutesRefusedError } from './route-errors.ts'

/** What the paths on offer have failed for, where all of them failed for the same. */
type Fault = 'refused' | 'network' | 'files' | 'first-hop' | 'next-hop'

const ADVICE: Record<Exclude<Fault, 'refused'>, string> = {
  network: "check this host's network",
  files: 'this host needs a higher limit of open files, as by ulimit -n',
  'first-hop': 'check that it runs and can be reached from here',
  'next-hop': 'the relays run, but do not reach the source: check that it runs and can be reached from them'
}

/** Refusals that end when others leave or time passes. */
const PASSING_REFUSALS: readonly number[] = [
  WireStatus.refusedSessions,
  WireStatus.refusedPeerSessions,
  WireStatus.refusedRate,
  WireStatus.draining,
  WireStatus.allowanceUsed,
  WireStatus.outOfMemory
]

/**
 * Makes the error of a fetch that has been without a route for too long. `reason` says why; `ends` are the reasons for
 * which the last route over each path on offer has ended, undefined where none has.
 */
export function noRouteError(
  reason: string,
  ends: readonly (Error | undefined)[],
  cause?: Error
): AnabranchError {
  const faults = new Set(ends.map(end => end && faultOf(end)))
  const [fault] = faults
  if (faults.size !== 1 || fault === undefined) {
    return new NoRouteError(`${reason}; check that the source and the relays run and can be reached`, cause)
  }
  if (fault !== 'refused') return new NoRouteError(`${reason}; ${ADVICE[fault]}`, cause)
  return new RoutesRefusedError(`${reason}${refusalAdvice(ends as RouteLostError[])}`, cause)
}

function faultOf(end: Error): Fault | undefined {
  if (!(end instanceof RouteLostError)) return undefined
  const { wireStatus, cause } = end
  if (wireStatus >= 300 && wireStatus < 400) return 'refused'
  if (wireStatus === WireStatus.nextHopUnreachable || wireStatus === WireStatus.nextHopLost) return 'next-hop'
  return cause instanceof UnreachableError ? (cause.lacks ?? 'first-hop') : undefined
}

function refusalAdvice(ends: readonly RouteLostError[]): string {
  if (!ends.some(({ wireStatus }) => PASSING_REFUSALS.includes(wireStatus))) return ''
  const soonestMs = Math.min(...ends.map(({ retryAfterMs }) => retryAfterMs ?? Number.POSITIVE_INFINITY))
  const when = Number.isFinite(soonestMs) ? `in ${formatDuration(soonestMs)}` : 'when others have finished'
  return `; try again ${when}`
}
