import { WireStatus } from '../errors.ts'
import { RouteLostError } from './route-errors.ts'

/**
 * What a fetch waits for: this host's own network, its relays, the source, what the source of a live content is given, a
 * director, or somebody who has the content.
 */
export type Awaited = 'network' | 'relays' | 'source' | 'input' | 'director' | 'content'

/** What the system says where this host has no network that leads anywhere. */
const NO_NETWORK_CODES = ['ENETUNREACH', 'ENETDOWN', 'EADDRNOTAVAIL']
/** What a relay says where it cannot reach the next node, or has lost it. */
const BEYOND_STATUSES: (number | undefined)[] = [
  WireStatus.nextHopUnreachable,
  WireStatus.nextHopLost,
  WireStatus.timeout
]

/** Tells by a failure what is missing. `otherwise` is what the failed try was for, where the failure tells no more. Pure. */
export function awaitedAfter(error: Error | undefined, otherwise: Awaited): Awaited {
  if (hasNoNetwork(error)) return 'network'
  return error instanceof RouteLostError && BEYOND_STATUSES.includes(error.wireStatus) ? 'source' : otherwise
}

/** Whether a failure, or what caused it, is that this host has no network. */
function hasNoNetwork(error: unknown): boolean {
  if (!(error instanceof Error)) return false
  if ('code' in error && NO_NETWORK_CODES.includes(String(error.code))) return true
  const causes = error instanceof AggregateError ? [...error.errors, error.cause] : [error.cause]
  return causes.some(hasNoNetwork)
}
