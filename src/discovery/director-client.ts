import { WireStatus } from '../errors.ts'
import { equalBytes } from '../protocol/bytes.ts'
import { parseContentName } from '../protocol/content-name.ts'
import { type ContentRecord, verifyContentRecord } from '../protocol/content-record.ts'
import type {
  AnsweredRoute,
  AnswerReply,
  DirectorReply,
  DirectRoutes,
  MeasuredPeer,
  PathIds,
  PeerAddresses,
  QueryRequest,
  RouteRelay,
  RouteShortfall
} from '../protocol/director-messages.ts'
import { directorSaying, directorWord } from '../protocol/peer-word.ts'
import { ROUTE_PROTOCOL } from '../protocol/route-codec.ts'
import { pathIdsOf, routeId } from '../protocol/route-id.ts'
import { ProtocolVersionError } from '../protocol/version-error.ts'
import { type Scheduler, systemScheduler } from '../scheduler.ts'
import type { OverlayNode } from '../transport/overlay-node.ts'
import {
  ContentNotFoundError,
  DirectorContradictionError,
  DirectorLostError,
  DirectorRefusedError
} from './director-errors.ts'
import { openDirector } from './director-stream.ts'

/**
 * Milliseconds between two questions to a director to which what is missing may be on its way: it has
 * just started, or a source is still hashing its files.
 */
const COMING_POLL_MS = 250
/** Milliseconds for which queryRoutes goes on asking a director that has just started; nodes take at most 2 s to come back. */
const SETTLING_PATIENCE_MS = 4_000
/** The same while a source is hashing: a file that was just written is looked at a second later. */
const INDEXING_PATIENCE_MS = 2_500

export interface RouteQuestion {
  content: { name: string } | { rootHash: Uint8Array }
  /** Peer id of the only source that is wanted. Default: any that has the content. */
  source?: string
  /** How many routes are wanted, 1 to 16. */
  routes: number
  /** The only relays that the client can reach, with round trips where known. Default: any that serves clients. */
  neighbors?: MeasuredPeer[]
  /** Routes may go over relays of one network or operator. Default: false. */
  sameNetwork?: boolean
  /** Whether routes may go straight to a source, or have to. Default: never. */
  direct?: DirectRoutes
  /**
   * The token by which the directors let this client in. It goes to directors only whose addresses name
   * their peer ids.
   */
  token?: string
}

/** A route that a director names. */
export interface OfferedRoute {
  /** See routeId. */
  id: string
  /** From the client's side; none where the client dials the source itself. */
  relays: RouteRelay[]
  source: PeerAddresses
  /** The route's round trips plus penalties, in milliseconds: lower is better. */
  costMs: number
  /** The least of its relays' limits in bytes a second; absent where none has told a limit. */
  capacityBytesPerSecond?: number
  /** The asker's pass for relays that want one; absent where the director issues none. */
  pass?: Uint8Array<ArrayBuffer>
}

/** A director's answer. */
export interface RouteAnswer {
  /** The content's record of the answer's first holder, checked; the others have yet to prove that they have the same. */
  record: ContentRecord
  /** The record as that holder has signed it. */
  recordBytes: Uint8Array
  /** The sources that have the content; there may be no route to some. */
  sources: PeerAddresses[]
  /** The routes to them, best first. There may be none: then `shortfall` says why. */
  routes: OfferedRoute[]
  /** Present when there are fewer routes than asked for. */
  shortfall?: RouteShortfall
  /** The director has just started: more routes may come by themselves. */
  settling: boolean
}

export interface DirectorClientOptions {
  signal?: AbortSignal
  scheduler?: Scheduler
  /** Checks a signed content record. Default: verifyContentRecord. */
  verifyRecord?: (bytes: Uint8Array) => Promise<ContentRecord>
}

/**
 * Asks the directors, each a little after the one before, and takes the first answer. A director that has just started is
 * given a few seconds to get its nodes back, and a source that is still hashing to tell the content. Throws ContentNotFoundError, DirectorUnreachableError, DirectorRefusedError,
 * ProtocolVersionError, DirectorContradictionError, TokenExposedError, InvalidContentNameError, InvalidContentRecordError, or the signal's
 * reason.
 */
export async function queryRoutes(
  node: OverlayNode,
  directors: readonly string[],
  question: RouteQuestion,
  options: DirectorClientOptions = {}
): Promise<RouteAnswer> {
  const scheduler = options.scheduler ?? systemScheduler
  const signal = options.signal ?? new AbortController().signal
  const query = toQuery(question, false)
  const startedAtMs = scheduler.nowMs()
  for (;;) {
    const answer = await ask(node, directors, query, scheduler, signal)
    if (answer.routes.length > 0 || !(await awaitComing(answer, startedAtMs, scheduler, signal)))
      return await readAnswer(answer, question, options)
  }
}

/**
 * Waits a little where what the answer lacks may come by itself; the first question was asked at
 * `startedAtMs`. Resolves with false, and at once, where it will not come or was waited for already.
 */
export async function awaitComing(
  { settling, indexing }: Pick<AnswerReply, 'settling' | 'indexing'>,
  startedAtMs: number,
  scheduler: Scheduler,
  signal: AbortSignal
): Promise<boolean> {
  const whileIndexing = indexing ? INDEXING_PATIENCE_MS : 0
  const patienceMs = settling ? SETTLING_PATIENCE_MS : whileIndexing
  if (scheduler.nowMs() - startedAtMs >= patienceMs) return false
  await pause(COMING_POLL_MS, scheduler, signal)
  return true
}

/** The question as a query; `held` are the paths in use. Throws InvalidContentNameError. */
export function toQuery(
  { content, source, routes, neighbors, sameNetwork, direct, token }: RouteQuestion,
  watch: boolean,
  held: PathIds[] = []
): QueryRequest {
  if ('name' in content) parseContentName(content.name)
  return {
    kind: 'query',
    content,
    routes,
    held,
    watch,
    routeProtocol: ROUTE_PROTOCOL,
    ...(source ? { source } : {}),
    ...(neighbors ? { neighbors } : {}),
    ...(sameNetwork ? { sameNetwork } : {}),
    ...(direct && direct !== 'never' ? { direct } : {}),
    ...(token === undefined ? {} : { token })
  }
}

/** Reads an answer, and checks the record of its first holder. Throws as queryRoutes does. */
export async function readAnswer(
  answer: AnswerReply,
  { content, source: wantedSource }: RouteQuestion,
  options: DirectorClientOptions
): Promise<RouteAnswer> {
  const { status, message, holders, shortfall, settling, indexing } = answer
  const [holder] = holders
  if (status === WireStatus.unknownContent) throw new ContentNotFoundError(message, indexing)
  if (status === WireStatus.otherVersion)
    throw new ProtocolVersionError(`The director refused: ${directorWord(message)}`)
  if (status !== WireStatus.ok || !holder) throw new DirectorRefusedError(status, message)
  const record = await (options.verifyRecord ?? verifyContentRecord)(holder.record)
  if (record.sourcePeerId !== holder.peerId) {
    throw new DirectorContradictionError('the record is not signed by the source that it names')
  }
  if (wantedSource !== undefined && record.sourcePeerId !== wantedSource) {
    throw new DirectorContradictionError(
      `it names the source ${record.sourcePeerId} instead of ${wantedSource}`
    )
  }
  const isAsked =
    'name' in content ? record.name === content.name : equalBytes(record.rootHash, content.rootHash)
  if (!isAsked)
    throw new DirectorContradictionError('the record is of another content than the one asked for')
  const sources = holders.map(({ peerId, addresses }) => ({ peerId, addresses }))
  const wanted = sources.filter(({ peerId }) => wantedSource === undefined || peerId === wantedSource)
  const routes = answer.routes.flatMap(route => {
    const source = wanted.find(({ peerId }) => peerId === route.source)
    return source ? toOfferedRoute(route, source, answer.pass) : []
  })
  const told = shortfall && { shortfall: { ...shortfall, message: directorSaying(shortfall.message) } }
  return { record, recordBytes: holder.record, sources: wanted, routes, settling, ...told }
}

function toOfferedRoute(
  route: AnsweredRoute,
  source: PeerAddresses,
  pass: AnswerReply['pass']
): OfferedRoute {
  const { relays, costMs } = route
  const capacities = relays.flatMap(relay => relay.capacityBytesPerSecond ?? [])
  return {
    id: routeId(pathIdsOf(route)),
    relays,
    source,
    costMs,
    ...(capacities.length > 0 ? { capacityBytesPerSecond: Math.min(...capacities) } : {}),
    ...(pass ? { pass } : {})
  }
}

async function ask(
  node: OverlayNode,
  directors: readonly string[],
  query: QueryRequest,
  scheduler: Scheduler,
  signal: AbortSignal
): Promise<AnswerReply> {
  const { stream } = await openDirector(node, directors, query, { scheduler, signal })
  const answer = Promise.withResolvers<AnswerReply>()
  stream.attach({
    onReply: reply => settle(answer, reply),
    onClose: error => answer.reject(new DirectorLostError(error))
  })
  void stream.close()
  return await answer.promise
}

function settle(answer: PromiseWithResolvers<AnswerReply>, reply: DirectorReply): void {
  if (reply.kind === 'answer') answer.resolve(reply)
  else if (reply.kind === 'notice') answer.reject(new DirectorRefusedError(reply.status, reply.message))
  else answer.reject(new DirectorContradictionError(`it answered a query with ${reply.kind}`))
}

async function pause(delayMs: number, scheduler: Scheduler, signal: AbortSignal): Promise<void> {
  signal.throwIfAborted()
  const over = Promise.withResolvers<void>()
  const onAbort = (): void => over.reject(signal.reason)
  const cancel = scheduler.after(delayMs, over.resolve)
  signal.addEventListener('abort', onAbort)
  try {
    await over.promise
  } finally {
    cancel()
    signal.removeEventListener('abort', onAbort)
  }
}
