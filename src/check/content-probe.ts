import { multiaddr } from '@multiformats/multiaddr'
import { Client } from '../client/client.ts'
import type { Output } from '../client/output/output.ts'
import type { RoutePath } from '../client/route-table.ts'
import type { TicketRequest } from '../client/ticket-request.ts'
import { queryRoutes, type RouteQuestion } from '../discovery/director-client.ts'
import { DirectorTimeoutError } from '../discovery/director-errors.ts'
import { AnabranchError, ExitCode } from '../errors.ts'
import type { PeerAddresses } from '../protocol/director-messages.ts'
import type { OverlayNode } from '../transport/overlay-node.ts'
import type { ContentFacts, RouteFacts } from './facts.ts'
import { FetchMeter, type Measured } from './fetch-meter.ts'
import { CHECK_TIMES } from './limits.ts'

/** The fetch of a check has run for as long as it was to. */
class MeasuredEnoughError extends AnabranchError {
  constructor() {
    super('ERR_MEASURED', 'Enough was measured', { exitCode: ExitCode.ok })
  }
}

export interface ContentProbe {
  node: OverlayNode
  directors: string[]
  /** What is asked, but for `neighbors`. */
  question: RouteQuestion
  /** The only relays that the client can reach; none: any. */
  neighbors: PeerAddresses[]
  /** What a ticket says; then `directors` are the user's own. Default: there is none. */
  given?: TicketRequest
  /** When the check began, by `performance.now()`. */
  startedAtMs: number
}

/**
 * Asks for the routes to a content and fetches it over them for a while, to nowhere.
 * Throws what queryRoutes throws, and DirectorTimeoutError.
 */
export async function probeContent(probe: ContentProbe): Promise<ContentFacts> {
  const { node, question } = probe
  const { record, routes, shortfall } = await findRoutes(probe)
  const asked = {
    name: record.name,
    bytes: record.sizeBytes,
    source: record.sourcePeerId,
    routesWanted: probe.given ? routes.length : question.routes,
    routesNamed: routes.length,
    shortfall: shortfall?.message ?? ''
  }
  if (routes.length === 0) {
    const nothing = { measuredMs: 0, isComplete: false, routes: [], rateBytesPerSecond: 0 }
    return { ...asked, ...nothing, failure: asked.shortfall }
  }
  const measured = await measure(probe)
  const all = await Promise.all(
    measured.routes.map(route => withAnswering(node, route, measured, { routes }))
  )
  return { ...asked, ...measured, routes: all }
}

/** The content and the routes to it: those of the directors, and those that are given. */
async function findRoutes({ node, directors, neighbors, question, given }: ContentProbe) {
  const signal = AbortSignal.timeout(CHECK_TIMES.routes)
  try {
    if (!given) {
      const linked = neighbors.length > 0 ? { neighbors: neighbors.map(({ peerId }) => ({ peerId })) } : {}
      return await queryRoutes(node, directors, { ...question, ...linked }, { signal })
    }
    const { token } = question
    const client = await Client.start({ node, directors, ...(token === undefined ? {} : { token }) })
    const { answer, paths: routes, ...found } = await client.find({ ...given, signal })
    await client.stop()
    const shortfall = answer?.shortfall
    return { ...found, routes, ...(shortfall ? { shortfall } : {}) }
  } catch (error) {
    throw signal.aborted ? new DirectorTimeoutError(CHECK_TIMES.routes) : error
  }
}

type MeasuredFetch = Measured & { failure: string }

async function measure({
  node,
  directors,
  question,
  neighbors,
  given,
  startedAtMs
}: ContentProbe): Promise<MeasuredFetch> {
  const { content, source, token, ...request } = question
  const client = await Client.start({
    node,
    directors,
    ...(neighbors.length > 0 ? { neighbors } : {}),
    ...(token === undefined ? {} : { token })
  })
  const beganAtMs = performance.now()
  const leftMs = Math.min(CHECK_TIMES.measuring, startedAtMs + CHECK_TIMES.measured - beganAtMs)
  const meter = new FetchMeter(beganAtMs)
  const enough = new AbortController()
  const timer = setTimeout(() => enough.abort(new MeasuredEnoughError()), Math.max(0, leftMs))
  let failure = ''
  try {
    await client.fetch({
      ...{ routes: request.routes, sameNetwork: request.sameNetwork ?? false },
      ...('name' in content ? content : { name: '', ...content }),
      ...given,
      ...(source === undefined ? {} : { from: source }),
      patienceMs: CHECK_TIMES.measuring,
      openOutput: async () => nowhere(),
      onEvent: event => {
        if (!enough.signal.aborted) meter.handle(event, performance.now())
      },
      signal: enough.signal
    })
  } catch (error) {
    if (!enough.signal.aborted) failure = (error as Error).message
  }
  clearTimeout(timer)
  const measured = meter.measured(performance.now())
  await client.stop()
  return { ...measured, failure }
}

/** Takes everything and keeps nothing. */
function nowhere(): Output {
  return {
    resumeBytes: 0,
    write: async () => {},
    finish: async () => ({ sha256: '' }),
    abandon: async () => {}
  }
}

/** Sees whether the first node of a route that has brought nothing answers short messages, over a new connection. */
async function withAnswering(
  node: OverlayNode,
  route: RouteFacts,
  { isComplete }: MeasuredFetch,
  { routes }: { routes: readonly RoutePath[] }
): Promise<RouteFacts> {
  const offered = routes.find(({ relays }) => pathOf(relays) === route.relays.join())
  if (route.bytes > 0 || isComplete || !offered) return route
  const { addresses } = offered.relays[0] ?? offered.source
  try {
    // A handshake takes short messages only.
    const signal = AbortSignal.timeout(CHECK_TIMES.answer)
    const connection = await node.dial(
      addresses.map(address => multiaddr(address)),
      { signal, force: true }
    )
    connection.abort(new Error('it answers'))
    return { ...route, isAnswering: true }
  } catch {
    return { ...route, isAnswering: false }
  }
}

function pathOf(relays: RoutePath['relays']): string {
  return relays.map(({ peerId }) => peerId).join()
}
