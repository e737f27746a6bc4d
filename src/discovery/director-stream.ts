import type { Connection, Stream } from '@libp2p/interface'
import { multiaddr } from '@multiformats/multiaddr'
import { decodeDirectorReply, encodeDirectorRequest } from '../protocol/director-codec.ts'
import { DIRECTOR_WIRE_LIMITS } from '../protocol/director-limits.ts'
import { DIRECTOR_PROTOCOL, type DirectorReply, type DirectorRequest } from '../protocol/director-messages.ts'
import type { Scheduler } from '../scheduler.ts'
import { FramedStream } from '../transport/framed-stream.ts'
import { isNear } from '../transport/ip-ranges.ts'
import type { OverlayNode } from '../transport/overlay-node.ts'
import { isDoubtful } from '../transport/pulse.ts'
import {
  DirectorLostError,
  DirectorTimeoutError,
  DirectorUnreachableError,
  TokenExposedError
} from './director-errors.ts'
import { withNearAddresses } from './near-addresses.ts'

/**
 * Milliseconds without an answer after which the next director is tried; after a failure it is
 * tried at once.
 */
const STAGGER_MS = 1_000
/** Milliseconds after which a director that has not answered the first request counts as failed. */
const ANSWER_TIMEOUT_MS = 6_000
/** An address that ends in a peer id. */
const NAMED = /\/p2p\/([^/]+)$/

export interface DirectorStreamHandlers {
  onReply(reply: DirectorReply): void
  /** The stream is over: in good order, or with `error` as the reason. */
  onClose(error?: Error): void
  onDrain?(): void
}

/** A stream to a director that has replied. Handlers that are attached later are told this reply, too. */
export interface OpenedDirector {
  address: string
  stream: DirectorStream
}

/**
 * Sends a first request to the directors, each a little after the one before, and stays with the first that replies.
 * Addresses that name one peer are one director, which is dialled at all of them and asked once.
 * Throws DirectorUnreachableError, TokenExposedError, or the signal's reason.
 */
export async function openDirector(
  node: OverlayNode,
  addresses: readonly string[],
  request: DirectorRequest,
  options: { scheduler: Scheduler; signal: AbortSignal }
): Promise<OpenedDirector> {
  const { scheduler, signal } = options
  if ('token' in request) checkNamed(addresses)
  const race = new AbortController()
  const failures: { address: string; error: unknown }[] = []
  const attempts = byPeer(addresses).map(group => ({ group, failed: Promise.withResolvers<void>() }))
  const cancels: (() => void)[] = []
  const ask = async (index: number): Promise<OpenedDirector> => {
    const { group, failed } = attempts[index]!
    if (index > 0) {
      const waited = new Promise<void>(resolve => cancels.push(scheduler.after(index * STAGGER_MS, resolve)))
      await Promise.race([waited, attempts[index - 1]!.failed.promise])
    }
    try {
      const either = AbortSignal.any([signal, race.signal])
      const stream = await askOne(node, group, request, scheduler, either)
      if (race.signal.aborted) stream.abort(new Error('another director was faster'))
      race.abort()
      return { address: addressInUse(node, group), stream }
    } catch (error) {
      failures.push({ address: group[0]!, error })
      failed.resolve()
      throw error
    }
  }
  try {
    return await Promise.any(attempts.map((_, index) => ask(index)))
  } catch {
    signal.throwIfAborted()
    throw new DirectorUnreachableError(failures)
  } finally {
    race.abort()
    for (const cancel of cancels) cancel()
  }
}

/**
 * Throws TokenExposedError for an address without a peer id: nothing proves that a director answers
 * there.
 */
export function checkNamed(addresses: readonly string[]): void {
  const unnamed = addresses.find(address => !NAMED.test(address))
  if (unnamed !== undefined) throw new TokenExposedError(unnamed)
}

/**
 * Frames of the director's protocol over one stream. Replies wait until handlers are attached, and hold
 * no address that this node may not dial at a director's word.
 */
export class DirectorStream {
  readonly #framed: FramedStream
  readonly #mayDial: () => (address: string) => boolean
  readonly #waiting: DirectorReply[] = []
  readonly #answered = Promise.withResolvers<void>()
  #handlers: DirectorStreamHandlers | undefined
  #end: { error?: Error } | undefined

  /** `mayDial` makes the judge of the addresses in one reply. */
  constructor(raw: Stream, mayDial: () => (address: string) => boolean) {
    this.#mayDial = mayDial
    this.#answered.promise.catch(() => {})
    this.#framed = new FramedStream(raw, {
      maxFrameBytes: DIRECTOR_WIRE_LIMITS.maxReplyBytes,
      handlers: {
        onFrame: frame => this.#onFrame(frame),
        onEnd: () => void this.#framed.close(),
        onDrain: () => this.#handlers?.onDrain?.(),
        onClose: error => this.#onClose(error)
      }
    })
  }

  /** Resolves with the first reply. Throws DirectorLostError. */
  get answered(): Promise<void> {
    return this.#answered.promise
  }

  /** Tells `handlers` of all replies, those that came before included. */
  attach(handlers: DirectorStreamHandlers): void {
    this.#handlers = handlers
    for (const reply of this.#waiting.splice(0)) handlers.onReply(reply)
    if (this.#end) handlers.onClose(this.#end.error)
  }

  /** Returns false when the caller should wait for `onDrain` before it sends more. */
  send(request: DirectorRequest): boolean {
    return this.#framed.send(encodeDirectorRequest(request))
  }

  /** Ends the stream in good order. */
  async close(): Promise<void> {
    await this.#framed.close()
  }

  abort(error: Error): void {
    this.#framed.abort(error)
  }

  #onFrame(frame: Uint8Array): void {
    const reply = withNearAddresses(decodeDirectorReply(frame), this.#mayDial())
    if (this.#handlers) this.#handlers.onReply(reply)
    else this.#waiting.push(reply)
    this.#answered.resolve()
  }

  #onClose(error?: Error): void {
    this.#answered.reject(new DirectorLostError(error))
    this.#end = { error }
    this.#handlers?.onClose(error)
  }
}

async function askOne(
  node: OverlayNode,
  addresses: readonly string[],
  request: DirectorRequest,
  scheduler: Scheduler,
  signal: AbortSignal
): Promise<DirectorStream> {
  const timeout = new AbortController()
  const cancelTimeout = scheduler.after(ANSWER_TIMEOUT_MS, () =>
    timeout.abort(new DirectorTimeoutError(ANSWER_TIMEOUT_MS))
  )
  const either = AbortSignal.any([signal, timeout.signal])
  let stream: DirectorStream | undefined
  const onAbort = (): void => stream?.abort(either.reason)
  either.addEventListener('abort', onAbort)
  try {
    either.throwIfAborted()
    const targets = addresses.map(address => multiaddr(address))
    const standing = standingTo(node, addresses[0]!)
    const raw = standing
      ? await standing.newStream(DIRECTOR_PROTOCOL, { signal: either })
      : await node.dialProtocol(targets, DIRECTOR_PROTOCOL, { signal: either })
    const connection = node.getConnections().find(({ streams }) => streams.includes(raw))
    if (connection) remember(node, addresses[0]!, connection)
    // Empty when the stream has ended already.
    const director = connection?.remoteAddr.toString() ?? ''
    stream = new DirectorStream(raw, () => {
      // To ask the system for this host's addresses takes longer than all else that a reply takes.
      const ownIps = node.ownIps()
      return address => isNear(address, director, ownIps)
    })
    stream.send(request)
    await stream.answered
    return stream
  } catch (error) {
    throw either.aborted ? either.reason : error
  } finally {
    cancelTimeout()
    either.removeEventListener('abort', onAbort)
  }
}

/** The connection by which each address without a peer id was last asked, by node: those with one find theirs themselves. */
const asked = new WeakMap<OverlayNode, Map<string, Connection>>()

function standingTo(node: OverlayNode, address: string): Connection | undefined {
  const connection = asked.get(node)?.get(address)
  return connection?.status === 'open' && !isDoubtful(connection) ? connection : undefined
}

function remember(node: OverlayNode, address: string, connection: Connection): void {
  if (NAMED.test(address)) return
  const known = asked.get(node) ?? new Map<string, Connection>()
  asked.set(node, known.set(address, connection))
}

/** Returns the addresses in groups, one for each peer; one that names no peer stands alone. */
export function byPeer(addresses: readonly string[]): string[][] {
  const peerOf = (address: string) => NAMED.exec(address)?.[1] ?? address
  return [...Map.groupBy(addresses, peerOf).values()]
}

/** Returns that one of a director's addresses over which the connection to it goes. */
function addressInUse(node: OverlayNode, addresses: readonly string[]): string {
  const inUse = new Set(node.getConnections().map(({ remoteAddr }) => remoteAddr.toString()))
  return addresses.find(address => inUse.has(address)) ?? addresses[0]!
}
