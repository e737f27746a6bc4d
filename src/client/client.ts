import { type ContentList, listContents } from '../discovery/content-list.ts'
import { NothingFitsError } from '../discovery/director-errors.ts'
import { AnabranchError, ExitCode, UsageError } from '../errors.ts'
import { type ContentRecord, isLive } from '../protocol/content-record.ts'
import { type Scheduler, systemScheduler } from '../scheduler.ts'
import { createNode, type OverlayNode } from '../transport/node.ts'
import { type ByteRange, type RangeWish, rangeWithin } from './byte-range.ts'
import { DEFAULT_MEMORY_BYTES, DEFAULT_PATIENCE_MS } from './defaults.ts'
import { findContent, reachNeighbors, transfer } from './fetch.ts'
import type { FetchSummary } from './fetch-events.ts'
import type {
  ClientOptions,
  FetchOptions,
  FetchRequest,
  FindRequest,
  ListRequest,
  OpenRequest,
  SearchRequest
} from './fetch-options.ts'
import type { Found } from './followed-directors.ts'
import { joined } from './live-join.ts'
import { OpenedContent } from './opened-content.ts'
import type { Output } from './output/output.ts'
import { PathTurns } from './path-turns.ts'
import { searchPatiently } from './patient-search.ts'
import type { WantedPart } from './range-ledger.ts'
import type { ClientLinks, ClientMemory } from './range-transfer.ts'
import { ReadPool } from './read-pool.ts'
import { NobodyHeardError } from './route-errors.ts'
import { RouteMemory } from './route-memory.ts'
import type { RoutePath } from './route-table.ts'
import { NextSecrets } from './sealed-session.ts'
import { outageEvent } from './session-story.ts'

/** The client was stopped while it was at work, or is asked for something afterwards. */
export class ClientStoppedError extends AnabranchError {
  constructor() {
    super('ERR_CLIENT_STOPPED', 'The client was stopped', { exitCode: ExitCode.interrupted })
  }
}

/**
 * Fetches contents, one after the other or several at once. Its node keeps the connections of
 * earlier fetches, and it remembers what these have learnt of the routes, so that later ones start
 * fast. A fetch that fails leaves the client as it is.
 */
export class Client {
  readonly #options: ClientOptions
  readonly #links: ClientLinks
  readonly #scheduler: Scheduler
  readonly #memory: ClientMemory
  readonly #reads: ReadPool
  readonly #stopped = new AbortController()
  #stopping: Promise<void> | undefined

  private constructor(links: ClientLinks, options: ClientOptions) {
    this.#links = links
    this.#options = options
    this.#scheduler = options.scheduler ?? systemScheduler
    this.#reads = new ReadPool(options.readMemoryBytes ?? DEFAULT_MEMORY_BYTES)
    this.#memory = {
      routes: new RouteMemory(),
      nextSecrets: options.clear ? undefined : new NextSecrets(),
      turns: new PathTurns()
    }
  }

  /**
   * Throws ListenError where the node is to listen on an address and cannot, and UsageError where an uplink is none of
   * this host's.
   */
  static async start(options: ClientOptions): Promise<Client> {
    const { node, uplinks, scheduler } = options
    if (!uplinks)
      return new Client({ node: isNode(node) ? node : await createNode({ listen: [], ...node }) }, options)
    if (isNode(node) || node?.listen?.length)
      throw new UsageError('A client with uplinks makes its own nodes, which listen nowhere')
    if (node?.proxy)
      throw new UsageError('Connections go by uplinks or through a proxy; leave one of them out')
    const { Uplinks } = await import('../transport/uplinks.ts')
    const started = await Uplinks.start(uplinks, {
      ...(node?.privateKey ? { privateKey: node.privateKey } : {}),
      ...(scheduler ? { scheduler } : {})
    })
    return new Client({ node: started.node, uplinks: started }, options)
  }

  /**
   * Asks the directors, or the source itself where routes are given by hand, for a content and the
   * routes to it. Throws NoRouteError where there are none, and what queryRoutes throws.
   */
  async find(request: FindRequest): Promise<Found> {
    return await findContent(this.#links.node, this.#completed(request), this.#memory)
  }

  /**
   * Fetches one content over all routes there are and hands it on in order, each segment verified.
   * Resolves with the summary that the event `done` also carries. On failure the output is
   * abandoned: a file keeps the bytes it has, for the next try. Throws UsageError for a range of a live
   * content, and RangeOutsideError.
   */
  async fetch(request: FetchRequest): Promise<FetchSummary> {
    const startedAtMs = this.#scheduler.nowMs()
    const options = this.#completed(request)
    const asked = this.#search(
      async () => await joined(this.#links.node, options, this.#memory),
      options,
      startedAtMs
    )
    // The neighbours are dialled after the director, as all else waits for the director's answer.
    setImmediate(() => reachNeighbors(this.#links, options))
    const found = await asked
    const part = partOf(found, options.range)
    const isAll = 'live' in part || part.bytes.end - part.bytes.start === found.record.sizeBytes
    const output = await (isAll
      ? options.openOutput(found.record)
      : options.openOutput(found.record, part.bytes))
    try {
      return await transfer(this.#links, found, part, output, options, this.#memory, startedAtMs)
    } catch (error) {
      await output.abandon()
      throw error
    }
  }

  /**
   * Finds a content, of which any parts can then be read until it is closed. `known`: what `find` has found lately for the
   * same request. Throws as `find` does, and UsageError for a live content.
   */
  async open(request: OpenRequest, known?: Found): Promise<OpenedContent> {
    const options = this.#completed(request)
    const find = async () => await findContent(this.#links.node, options, this.#memory)
    const found = known ?? (await this.#search(find, options, this.#scheduler.nowMs()))
    if (isLive(found.record))
      throw new UsageError(
        `${JSON.stringify(found.record.name)} is a live content, which can only be fetched`
      )
    this.#stopped.signal.throwIfAborted()
    return new OpenedContent(this.#links, found, options, this.#memory, this.#reads, this.#stopped.signal)
  }

  /**
   * Asks the directors which contents fit a pattern, by name; where it is the name of one, that is
   * meant alone. Throws NothingFitsError where there are none, and what listContents throws.
   */
  async list(request: ListRequest): Promise<ContentList> {
    const options = this.#completed(request)
    const { pattern, from } = options
    const { text, prefix, fits } = pattern
    const find = async () => {
      const { directors, token } = await this.#directorsFor(options)
      const question = {
        prefix,
        ...(from ? { source: from } : {}),
        ...(token === undefined ? {} : { token })
      }
      const list = await listContents(this.#links.node, directors, question, { isWanted: fits, ...options })
      if (list.contents.length === 0) throw new NothingFitsError(text, list.isComing)
      const named = list.contents.filter(({ name }) => name === text)
      return named.length > 0 ? { ...list, contents: named } : list
    }
    return await this.#search(find, options, this.#scheduler.nowMs())
  }

  /** The user's directors, or else those that are heard, which are told no token. Throws NobodyHeardError. */
  async #directorsFor({ directors, token, neighborhood, signal }: ClientOptions & { signal: AbortSignal }) {
    if (directors.length > 0 || !neighborhood) return { directors, token }
    const heard = await neighborhood.heard(signal)
    if (heard.directors.length === 0) throw new NobodyHeardError()
    return { directors: heard.directors.flatMap(({ addresses }) => addresses), token: undefined }
  }

  /** Tries to find something until that succeeds, within the request's patience. Throws as `find` does. */
  #search<T>(
    find: () => Promise<T>,
    options: SearchRequest & { paths?: RoutePath[]; signal: AbortSignal },
    startedAtMs: number
  ): Promise<T> {
    const { patienceMs = DEFAULT_PATIENCE_MS, wait = false, signal } = options
    const scheduler = this.#scheduler
    return searchPatiently({
      find,
      asked: options.paths ? 'relays' : 'director',
      waitsForContent: wait,
      patienceMs,
      onOutage: (event, missing) =>
        options.onEvent?.(outageEvent(event, missing, Math.round(scheduler.nowMs() - startedAtMs))),
      scheduler,
      signal
    })
  }

  /**
   * Ends what still runs with ClientStoppedError, and stops the node unless it is the caller's. A
   * fetch whose output has everything already is not disturbed.
   */
  async stop(): Promise<void> {
    this.#stopped.abort(new ClientStoppedError())
    const { node, uplinks } = this.#links
    await this.#options.neighborhood?.stop()
    if (!isNode(this.#options.node)) this.#stopping ??= Promise.resolve((uplinks ?? node).stop())
    await this.#stopping
  }

  /** A request with all that the client adds to it. Throws ClientStoppedError. */
  #completed<R extends { signal?: AbortSignal }>(request: R): R & ClientOptions & { signal: AbortSignal } {
    this.#stopped.signal.throwIfAborted()
    const signals = [this.#stopped.signal, ...(request.signal ? [request.signal] : [])]
    return { ...request, ...this.#options, signal: AbortSignal.any(signals) }
  }
}

/** Fetches one content with a client of its own, as Client.fetch does. */
export async function fetchContent(options: FetchOptions): Promise<FetchSummary> {
  const client = await Client.start(options)
  const openOutput = async (record: ContentRecord, range?: ByteRange) =>
    stoppingAtEnd(client, await options.openOutput(record, range))
  try {
    return await client.fetch({ ...options, openOutput })
  } finally {
    await client.stop()
  }
}

/** What is to be fetched of a content that was found. Throws as rangeWithin does. */
function partOf({ record, live }: Found, wish: RangeWish | undefined): WantedPart {
  if (wish) return { bytes: rangeWithin(wish, record) }
  return live ? { live } : { bytes: { start: 0, end: record.sizeBytes } }
}

/** The output, at whose end no connection is needed any more: they close while it is made durable. */
function stoppingAtEnd(client: Client, output: Output): Output {
  return new Proxy(output, {
    get: (_, key) => {
      if (key === 'finish') return async () => (await Promise.all([output.finish(), client.stop()]))[0]
      const value = Reflect.get(output, key)
      return typeof value === 'function' ? value.bind(output) : value
    }
  })
}

function isNode(node: ClientOptions['node']): node is OverlayNode {
  return node !== undefined && 'dialProtocol' in node
}
