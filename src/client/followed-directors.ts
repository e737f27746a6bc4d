import type { RouteAnswer, RouteQuestion } from '../discovery/director-client.ts'
import { type RouteNews, RouteWatches } from '../discovery/route-watches.ts'
import type { ContentRecord } from '../protocol/content-record.ts'
import { DIRECTOR_WIRE_LIMITS } from '../protocol/director-limits.ts'
import type { Fault } from '../protocol/director-messages.ts'
import type { Extent } from '../protocol/extent.ts'
import { systemScheduler } from '../scheduler.ts'
import type { OverlayNode } from '../transport/overlay-node.ts'
import { DEFAULT_ROUTES } from './defaults.ts'
import type { ClientOptions, FetchOptions, FindRequest } from './fetch-options.ts'
import { unique } from './find-any.ts'
import { areChoosing, type PathOffers, wishedPaths } from './path-offers.ts'
import { idOf, type RoutePath } from './route-table.ts'

/** Directors that are asked alike, by their multiaddrs, and the token that they are given. */
export type Asked = Pick<ClientOptions, 'directors' | 'token'>

/** The answer to a client's question: the content, as one of its sources describes it, and the paths to its sources. */
export interface Found {
  record: ContentRecord
  paths: RoutePath[]
  /** The director's answer; absent where the source itself was asked. */
  answer?: RouteAnswer
  /** What of a live content is to be fetched, as far as it is there. */
  live?: Extent
  /** The directors that have answered. */
  asked?: Asked
}

/**
 * Delay in milliseconds after which a client begins to watch for changes of a content's routes. Until
 * then setting up the routes needs all of the client's and the relays' time.
 */
const WATCH_AFTER_MS = 1_000
/**
 * Follows the holders and routes that the directors name or withdraw while the transfers run,
 * and passes complaints on to them. It begins after a while, or with the first complaint.
 */
export class FollowedDirectors {
  /** The paths by the last word of the directors, and those that the user knows. */
  paths: RoutePath[]
  /** Those that get their word: of the transfers that run. */
  readonly offers = new Set<Pick<PathOffers, 'follow'>>()
  readonly #begin: () => RouteWatches | undefined
  readonly #cancelBegin: () => void
  #watches: RouteWatches | undefined

  /** `answer` is absent where routes are given by hand: then there is nobody to follow. */
  constructor(node: OverlayNode, found: Found, request: ClientOptions & FindRequest) {
    const { answer: from, asked, paths } = found
    // Nobody but the directors that have answered is told the token.
    const options = { ...request, token: undefined, ...asked }
    const { scheduler = systemScheduler, directors, relays = {} } = options
    this.paths = paths
    const named = new Set(from?.routes.map(idOf))
    // No director withdraws what the user knows, or what was found in another way.
    const others = [...givenPaths(options), ...paths.filter(path => !named.has(idOf(path)))]
    const onNews = ({ routes, gained }: RouteNews) => {
      const news = wishedPaths(toOthers(node, unique([...routes, ...others])), relays)
      if (news.length > 0) this.paths = news
      for (const offers of this.offers) offers.follow(news, wishedPaths(toOthers(node, gained), relays))
    }
    this.#begin = () => {
      if (!from) return undefined
      const question = { ...questionOf(options), content: { rootHash: from.record.rootHash } }
      // A problem is not told: routes hold without the director, and the watch goes on trying.
      const watching = { from, onNews, onProblem: () => {}, scheduler }
      this.#watches ??= new RouteWatches(node, directors, question, watching)
      return this.#watches
    }
    this.#cancelBegin = scheduler.after(WATCH_AFTER_MS, this.#begin)
  }

  complain({ uplink: _, ...path }: RoutePath, fault: Fault): void {
    this.#begin()?.complain(idOf(path), fault)
  }

  /** Resolves once the directors have the complaints, or do not take them. */
  async finish(): Promise<void> {
    this.#cancelBegin()
    await this.#watches?.finish()
  }
}

/** The paths that do not lead to the client itself, which may be a source of what it fetches. */
export function toOthers(node: OverlayNode, paths: RoutePath[]): RoutePath[] {
  const self = node.peerId.toString()
  return paths.filter(({ source }) => source.peerId !== self)
}

/** The paths that the user knows to sources that are wanted. */
export function givenPaths({ paths = [], from }: FindRequest): RoutePath[] {
  return paths.filter(({ source }) => from === undefined || source.peerId === from)
}

export function questionOf(
  request: ClientOptions & FindRequest & Pick<FetchOptions, 'crowd'>
): RouteQuestion {
  const {
    name,
    rootHash,
    from,
    routes = DEFAULT_ROUTES,
    neighbors,
    sameNetwork,
    direct,
    token,
    relays = {},
    crowd
  } = request
  return {
    content: rootHash ? { rootHash } : { name },
    // Who is to choose among routes, or among sources, needs more of them than are used.
    routes: crowd || areChoosing(relays) ? DIRECTOR_WIRE_LIMITS.maxRoutes : routes,
    ...(from ? { source: from } : {}),
    ...(sameNetwork ? { sameNetwork } : {}),
    ...(direct ? { direct } : {}),
    ...(neighbors ? { neighbors: neighbors.map(({ peerId }) => ({ peerId })) } : {}),
    ...(token === undefined ? {} : { token })
  }
}
