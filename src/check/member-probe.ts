import { DirectorUnreachableError } from '../discovery/director-errors.ts'
import { byPeer, checkNamed, type DirectorStream, openDirector } from '../discovery/director-stream.ts'
import { OWN_CAPABILITIES } from '../protocol/capabilities.ts'
import { DIRECTOR_WIRE_LIMITS } from '../protocol/director-limits.ts'
import type {
  DirectorReply,
  RegisteredReply,
  RegisterRequest,
  VerdictReply
} from '../protocol/director-messages.ts'
import { ROUTE_PROTOCOL } from '../protocol/route-codec.ts'
import { systemScheduler } from '../scheduler.ts'
import { placeOf } from '../transport/dial-budget.ts'
import type { OverlayNode } from '../transport/overlay-node.ts'
import { withSeenAddresses } from '../transport/seen-address.ts'
import { clockAheadMs, directorName, problemOf } from './answers.ts'
import type { DirectorAddress, DirectorFacts } from './facts.ts'
import { CHECK_TIMES } from './limits.ts'

/** As what a node registers, and where. */
export interface Membership {
  role: 'source' | 'relay'
  directors: readonly string[]
  token?: string
}

/**
 * Registers a node, whose `own` addresses these are, with each director for a moment, so that the director tries the node's addresses, and leaves. Nobody
 * is led to it meanwhile: it is draining, serves no clients and has no content. Throws TokenExposedError.
 */
export async function probeAsMember(
  node: OverlayNode,
  own: readonly string[],
  { role, directors, token }: Membership
): Promise<DirectorFacts[]> {
  if (token !== undefined) checkNamed(directors)
  const register: RegisterRequest = {
    kind: 'register',
    role,
    addresses: withSeenAddresses(own).slice(0, DIRECTOR_WIRE_LIMITS.maxAddresses),
    labels: [],
    restricted: role === 'relay',
    capabilities: [...OWN_CAPABILITIES],
    neighbors: [],
    routeProtocol: ROUTE_PROTOCOL,
    ...(token === undefined ? {} : { token })
  }
  return await Promise.all(byPeer(directors).map(group => probe(node, group, register)))
}

async function probe(
  node: OverlayNode,
  addresses: readonly string[],
  register: RegisterRequest
): Promise<DirectorFacts> {
  const director = directorName(addresses[0]!)
  try {
    const signal = AbortSignal.timeout(CHECK_TIMES.director)
    const startedAtMs = performance.now()
    const opened = await openDirector(node, addresses, register, { scheduler: systemScheduler, signal })
    const openedMs = performance.now() - startedAtMs
    return { director, ...(await converse(opened.stream, placeOf(opened.address), openedMs)) }
  } catch (error) {
    const problem = problemOf(error instanceof DirectorUnreachableError ? error.cause : error)
    return { director, addresses: addresses.map(address => ({ address: placeOf(address), problem })) }
  }
}

/**
 * Waits for the verdict of a director that has answered, and takes leave. `openedMs` stands for the round trip where the
 * director answers no more.
 */
async function converse(
  stream: DirectorStream,
  address: string,
  openedMs: number
): Promise<Omit<DirectorFacts, 'director'>> {
  const ended = Promise.withResolvers<void>()
  let verdict: VerdictReply | undefined
  let registered: RegisteredReply | undefined
  let refusal: string | undefined
  const [sentAtMs, startedAtMs] = [Date.now(), performance.now()]
  let rttMs: number | undefined
  const endIfDone = () => {
    if (verdict && rttMs !== undefined) ended.resolve()
  }
  const onReply = (reply: DirectorReply): void => {
    if (reply.kind === 'verdict') verdict = reply
    // The first of these answers the registration, the second one the renewal that was sent after it.
    else if (reply.kind === 'registered') {
      if (registered) rttMs ??= Math.round((performance.now() - startedAtMs) * 10) / 10
      registered = reply
    } else if (reply.kind === 'notice' && !registered) refusal = reply.message
    endIfDone()
  }
  stream.attach({ onReply, onClose: () => ended.resolve() })
  stream.send({ kind: 'renew', draining: true, load: 1, indexing: false })
  const timer = setTimeout(() => ended.resolve(), CHECK_TIMES.verdict)
  await ended.promise
  clearTimeout(timer)
  stream.send({ kind: 'leave' })
  await stream.close()
  const { observed, timeMs } = registered ?? {}
  const answer: DirectorAddress = {
    address,
    rttMs: rttMs ?? Math.round(openedMs * 10) / 10,
    ...(refusal === undefined ? {} : { refusal }),
    ...(observed === undefined ? {} : { observed }),
    ...(timeMs === undefined || rttMs === undefined
      ? {}
      : { clockAheadMs: clockAheadMs(timeMs, sentAtMs, rttMs) })
  }
  if (!verdict) return { addresses: [answer] }
  const { reached, unreached } = verdict
  return {
    addresses: [answer],
    verdict: {
      reached: reached.map(placeOf),
      unreached: unreached.map(({ address: at, reason }) => ({ address: placeOf(at), reason }))
    }
  }
}
