import type { Connection, Stream } from '@libp2p/interface'
import { peerIdFromString } from '@libp2p/peer-id'
import type { Multiaddr } from '@multiformats/multiaddr'
import type { Scheduler } from '../scheduler.ts'
import { NODE_LIMITS } from './limits.ts'
import { answers } from './liveness.ts'
import type { OverlayNode } from './overlay-node.ts'
import { isDoubtful, silentMs, unansweredMs } from './pulse.ts'
import { SilentPeerError } from './silence-watch.ts'

export interface Reach {
  node: OverlayNode
  peerId: string
  /** Where the peer may be dialled; none where only a standing connection may be used. */
  addresses: Multiaddr[]
  protocol: string
  scheduler: Scheduler
  signal: AbortSignal
  options?: { maxOutboundStreams: number }
}

/**
 * Opens a stream to a peer, over a standing connection where there is one that lives. Where those that stand are in doubt
 * they are asked, and a moment later the peer is dialled anew beside them. The first to answer carries the stream. Once
 * the fresh connection stands, those that are still in doubt are ended. Throws the error of the last try, or the signal's
 * reason.
 */
export async function reach(init: Reach): Promise<Stream> {
  const { node, addresses, protocol, signal, options } = init
  const standing = openConnections(init)
  if (standing.length === 0) {
    if (addresses.length === 0) throw new Error('none of its addresses may be dialled')
    return await node.dialProtocol(addresses, protocol, { ...options, signal })
  }
  const trusted = standing.find(connection => !isDoubtful(connection))
  const connection = trusted ?? (await firstToAnswer(standing, init))
  const stream = await connection.newStream(protocol, { ...options, signal })
  if (trusted) checkLater(trusted, stream, init)
  return stream
}

/**
 * Looks after the connections to a peer that carry streams of a protocol: one that has brought nothing for a while is asked,
 * and once one is in doubt the peer is dialled beside it, which ends those in doubt. To be called again and again. Throws
 * as `reach` does.
 */
export async function keepAlive(init: Reach): Promise<void> {
  const standing = openConnections(init)
  const doubtful = standing.filter(isDoubtful)
  if (doubtful.length > 0) {
    await firstToAnswer(doubtful, init)
    return
  }
  const carriers = standing.filter(({ streams }) =>
    streams.some(({ protocol }) => protocol === init.protocol)
  )
  for (const connection of carriers) {
    if (silentMs(connection) < NODE_LIMITS.askAfterMs) continue
    answers(connection, NODE_LIMITS.answerWithinMs, init.scheduler).catch(() => {})
  }
}

/** The youngest first: a peer that has dialled anew may have lost what stood before. */
function openConnections({ node, peerId }: Reach): Connection[] {
  return node
    .getConnections(peerIdFromString(peerId))
    .filter(({ status }) => status === 'open')
    .sort((a, b) => b.timeline.open - a.timeline.open)
}

/** Asks a connection that was idle once a stream has sent something over it: it may have died without a word. */
function checkLater(connection: Connection, stream: Stream, init: Reach): void {
  const cancel = init.scheduler.after(NODE_LIMITS.checkAfterMs, () => {
    // Should a fresh connection be faster, that ends this one and the stream with it.
    if (isDoubtful(connection)) firstToAnswer([connection], init).catch(() => {})
  })
  stream.addEventListener('close', cancel)
}

async function firstToAnswer(standing: Connection[], init: Reach): Promise<Connection> {
  const isAnswered = new AbortController()
  const asked = standing.map(async connection => {
    if (!(await answers(connection, NODE_LIMITS.answerWithinMs, init.scheduler)))
      throw new SilentPeerError(unansweredMs(connection))
    isAnswered.abort(new Error('a standing connection has answered'))
    return connection
  })
  const signal = AbortSignal.any([init.signal, isAnswered.signal])
  try {
    return await Promise.any([dialBeside(standing, { ...init, signal }), ...asked])
  } catch (error) {
    init.signal.throwIfAborted()
    throw (error as AggregateError).errors[0]
  }
}

async function dialBeside(
  standing: Connection[],
  { node, addresses, scheduler, signal }: Reach
): Promise<Connection> {
  if (addresses.length === 0) throw new Error('it does not answer, and none of its addresses may be dialled')
  await headStart(scheduler, signal)
  if (!standing.some(isDoubtful)) throw new Error('something has come over a standing connection')
  const fresh = await node.dial(addresses, { force: true, signal })
  for (const connection of standing) {
    if (isDoubtful(connection)) connection.abort(new SilentPeerError(unansweredMs(connection)))
  }
  return fresh
}

/** The time for a standing connection to answer first. Throws the signal's reason. */
async function headStart(scheduler: Scheduler, signal: AbortSignal): Promise<void> {
  const over = Promise.withResolvers<void>()
  const cancel = scheduler.after(NODE_LIMITS.answerHeadStartMs, over.resolve)
  const onAbort = () => over.reject(signal.reason)
  signal.addEventListener('abort', onAbort)
  try {
    signal.throwIfAborted()
    await over.promise
  } finally {
    cancel()
    signal.removeEventListener('abort', onAbort)
  }
}
