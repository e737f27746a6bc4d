import { lookup } from 'node:dns/promises'
import type { Connection } from '@libp2p/interface'
import { multiaddr } from '@multiformats/multiaddr'
import { byPeer, checkNamed, DirectorStream } from '../discovery/director-stream.ts'
import { WireStatus } from '../errors.ts'
import { DIRECTOR_PROTOCOL, type DirectorReply, type QueryRequest } from '../protocol/director-messages.ts'
import { directorWord } from '../protocol/peer-word.ts'
import { placeOf } from '../transport/dial-budget.ts'
import type { OverlayNode } from '../transport/overlay-node.ts'
import { clockAheadMs, directorName, problemOf } from './answers.ts'
import type { DirectorAddress, DirectorFacts } from './facts.ts'
import { CHECK_TIMES } from './limits.ts'

/**
 * Asks each director at each of its addresses, all at once: names are asked for at all that they stand for, IPv4 and
 * IPv6. Takes CHECK_TIMES.director at most. Throws TokenExposedError.
 */
export async function probeDirectors(
  node: OverlayNode,
  addresses: readonly string[],
  query: QueryRequest
): Promise<DirectorFacts[]> {
  if (query.token !== undefined) checkNamed(addresses)
  const signal = AbortSignal.timeout(CHECK_TIMES.director)
  return await Promise.all(
    byPeer(addresses).map(async group => {
      const places = await Promise.all(group.map(placesOf))
      const probed = places.flat().map(place => probe(node, place, query, signal))
      return { director: directorName(group[0]!), addresses: await Promise.all(probed) }
    })
  )
}

async function probe(
  node: OverlayNode,
  address: string,
  query: QueryRequest,
  signal: AbortSignal
): Promise<DirectorAddress> {
  let connection: Connection | undefined
  try {
    connection = await node.dial(multiaddr(address), { signal, force: true })
    const asked = [await ask(connection, query, signal), await ask(connection, query, signal)]
    return { address: placeOf(address), ...asked.reduce((a, b) => (a.rttMs <= b.rttMs ? a : b)) }
  } catch (error) {
    return { address: placeOf(address), problem: problemOf(error) }
  } finally {
    connection?.abort(new Error('the director has answered'))
  }
}

type Asked = Omit<DirectorAddress, 'address' | 'problem'> & { rttMs: number }

async function ask(connection: Connection, query: QueryRequest, signal: AbortSignal): Promise<Asked> {
  const stream = new DirectorStream(
    await connection.newStream(DIRECTOR_PROTOCOL, { signal }),
    () => () => true
  )
  const answered = Promise.withResolvers<DirectorReply>()
  const onAbort = () => answered.reject(signal.reason)
  signal.addEventListener('abort', onAbort)
  try {
    const [sentAtMs, startedAtMs] = [Date.now(), performance.now()]
    stream.attach({
      onReply: answered.resolve,
      onClose: error => answered.reject(error ?? new Error('it ended the stream without an answer'))
    })
    stream.send(query)
    const reply = await answered.promise
    const rttMs = Math.round((performance.now() - startedAtMs) * 10) / 10
    return { rttMs, ...viewOf(reply, sentAtMs, rttMs) }
  } finally {
    signal.removeEventListener('abort', onAbort)
    stream.abort(new Error('the director has answered'))
  }
}

function viewOf(reply: DirectorReply, sentAtMs: number, rttMs: number): Partial<Asked> {
  if (reply.kind === 'notice') return { refusal: directorWord(reply.message) }
  if (reply.kind !== 'answer') return { refusal: `it answers a query with ${reply.kind}` }
  const { status, message, observed, timeMs } = reply
  const isServed = status === WireStatus.ok || status === WireStatus.unknownContent
  return {
    ...(isServed ? {} : { refusal: directorWord(message) }),
    ...(observed === undefined ? {} : { observed }),
    ...(timeMs === undefined ? {} : { clockAheadMs: clockAheadMs(timeMs, sentAtMs, rttMs) })
  }
}

/**
 * The multiaddrs with IP addresses for which one with a name stands. One whose name has none, or is needed for TLS, stands
 * for itself.
 */
async function placesOf(address: string): Promise<string[]> {
  const [, kind, name, rest] = /^\/(dns[46]?)\/([^/]+)(\/tcp\/\d+(?:\/p2p\/[^/]+)?)$/.exec(address) ?? []
  if (kind === undefined) return [address]
  const family = kind === 'dns4' ? 4 : kind === 'dns6' ? 6 : 0
  const found = await lookup(name!, { all: true, family }).catch(() => [])
  if (found.length === 0) return [address]
  return found.map(({ address: ip, family: each }) => `/ip${each}/${ip}${rest}`)
}
