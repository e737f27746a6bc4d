import type { Fault } from '../protocol/director-messages.ts'
import type { OverlayNode } from '../transport/overlay-node.ts'
import type { OfferedRoute, RouteAnswer, RouteQuestion } from './director-client.ts'
import { byPeer } from './director-stream.ts'
import { addressesOf, type RouteWatch, type RouteWatchOptions, watchRoutes } from './route-watch.ts'

/** What all directors together say of a content. */
export interface RouteNews {
  /** Each route to a source of the content that some director names. */
  routes: OfferedRoute[]
  /** Those that none of them named before, or not at these addresses. */
  gained: OfferedRoute[]
}

export interface RouteWatchesOptions extends Omit<RouteWatchOptions, 'onUpdate' | 'from'> {
  /** The answer in use already. */
  from: RouteAnswer
  /** Called with each change, while some director knows a source of the content. */
  onNews(news: RouteNews): void
}

/**
 * Watches the routes to a content at several directors. What any of them names counts: one that hides good relays or
 * sources, or is gone, takes nothing away that another knows.
 */
export class RouteWatches {
  readonly #options: RouteWatchesOptions
  readonly #watches: RouteWatch[]
  /** The last word of each director. */
  readonly #answers: (RouteAnswer | undefined)[]
  /** The addresses of each route's nodes, by the route's id. */
  #known: Map<string, string>

  constructor(
    node: OverlayNode,
    directors: readonly string[],
    question: RouteQuestion,
    options: RouteWatchesOptions
  ) {
    this.#options = options
    const groups = byPeer(directors)
    this.#answers = groups.map(() => options.from)
    this.#known = placesOf(options.from.routes)
    this.#watches = groups.map((addresses, at) =>
      watchRoutes(node, addresses, question, {
        ...options,
        onUpdate: ({ answer }) => {
          this.#answers[at] = answer
          this.#tell()
        }
      })
    )
  }

  stop(): void {
    for (const watch of this.#watches) watch.stop()
  }

  /** Tells the directors that name the route, by its id, what one of its relays has done. */
  complain(routeId: string, fault: Fault): void {
    for (const watch of this.#watches) watch.complain(routeId, fault)
  }

  /** Stops once the directors have the complaints that were made, or do not take them. */
  async finish(): Promise<void> {
    await Promise.all(this.#watches.map(watch => watch.finish()))
  }

  #tell(): void {
    const answers = this.#answers.filter(answer => answer !== undefined)
    if (answers.length === 0) return
    const named = answers.flatMap(({ routes }) => routes)
    // Where several directors name a route, the first one's word stands, with its pass.
    const routes = named.filter(({ id }, at) => named.findIndex(other => other.id === id) === at)
    const gained = routes.filter(route => this.#known.get(route.id) !== addressesOf(route))
    this.#known = placesOf(routes)
    this.#options.onNews({ routes, gained })
  }
}

function placesOf(routes: readonly OfferedRoute[]): Map<string, string> {
  return new Map(routes.map(route => [route.id, addressesOf(route)]))
}
