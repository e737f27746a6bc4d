import type { FetchSnapshot } from '../client/fetch-control.ts'
import type { FetchEvent } from '../client/fetch-events.ts'
import { shortPeer } from '../protocol/peer-word.ts'
import { NODE_PAGE_LIMITS as LIMITS } from './limits.ts'
import { contentKeys, NodesMeter, type RatedContent, type RatedFetch } from './nodes-view.ts'
import { type Problem, problemsFirst } from './problem.ts'

/** What the page of a running fetch shows. */
export interface FetchPageView extends Omit<RatedFetch, 'pid' | 'contents'> {
  problems: Problem[]
  contents: FetchPageContent[]
  /** Contents that are being fetched and left out. */
  leftOut: number
}

export interface FetchPageContent extends RatedContent {
  /** Figures of each of the last seconds, the latest last. */
  history: ContentHistory
}

export interface ContentHistory {
  /** Bytes a second: what came, and what the routes could carry; null where that was not known. */
  sum: (number | null)[]
  ideal: (number | null)[]
  /** The weight of each route, by its letter, 0 to 1; null where there was no such route. */
  weights: Record<string, (number | null)[]>
}

/** What of a fetch's events its page needs. */
type Told = { name: string; problem: Problem }

/** Makes what a fetch's page shows of its events, and of what it tells each second. Pure. */
export class FetchPageMeter {
  readonly #meter = new NodesMeter()
  readonly #histories = new Map<string, ContentHistory>()
  readonly #told = new Map<string, Told>()

  /** Takes an event of the fetch of a content. `utcMs`: milliseconds since 1970. */
  tell(name: string, event: FetchEvent, utcMs: number): void {
    const set = (key: string, problem: Problem) =>
      this.#told.set(`${name} ${key}`, { name, problem: { ...problem, sinceMs: utcMs } })
    if (event.event === 'waiting')
      set('waits', { severity: 'problem', what: `${name}: nothing comes: ${event.reason}` })
    if (event.event === 'resumed') this.#told.delete(`${name} waits`)
    if (event.event === 'route') {
      const way = event.relays.length === 0 ? 'direct' : `over ${event.relays.map(shortPeer).join(', ')}`
      const key = `lost ${event.relays.join()} ${event.source}`
      if (event.state === 'lost')
        set(key, { severity: 'problem', what: `${name}: the route ${way} was lost: ${event.reason}` })
      if (event.state === 'open') this.#told.delete(`${name} ${key}`)
    }
    if (event.event === 'sharedBottleneck') {
      const routes = event.routes.join(' and ')
      const what = `${name}: the routes ${routes} share a bottleneck: together they bring less than each alone would`
      if (event.shared) set(`shared ${routes}`, { severity: 'notice', what })
      else this.#told.delete(`${name} shared ${routes}`)
    }
    if (event.event !== 'done') return
    for (const [key, told] of this.#told) if (told.name === name) this.#told.delete(key)
  }

  /** `atMs`: milliseconds of any clock. */
  follow(state: FetchSnapshot, atMs: number): FetchPageView {
    const keys = contentKeys(0, state.contents)
    for (const key of this.#histories.keys()) if (!keys.includes(key)) this.#histories.delete(key)
    const [rated] = this.#meter.follow([], [{ pid: 0, state }], atMs).fetches
    const { pid: _, contents, ...fetch } = rated!
    const shown = contents.slice(0, LIMITS.maxContents)
    const told = [...this.#told.values()].map(({ problem }) => problem)
    return {
      ...fetch,
      problems: problemsFirst([...told, ...contents.flatMap(problemsOf)]),
      contents: shown.map((content, at) => ({ ...content, history: this.#remember(keys[at]!, content) })),
      leftOut: contents.length - shown.length
    }
  }

  #remember(key: string, content: RatedContent): ContentHistory {
    const history = this.#histories.get(key) ?? { sum: [], ideal: [], weights: {} }
    this.#histories.set(key, history)
    push(history.sum, rounded(content.sumBytesPerSecond))
    push(history.ideal, rounded(content.idealBytesPerSecond))
    const slots = history.sum.length
    const weights = new Map(content.routes.map(({ id, weight }) => [id, Math.round(weight * 100) / 100]))
    for (const id of new Set([...Object.keys(history.weights), ...weights.keys()])) {
      const line = history.weights[id] ?? Array<null>(slots - 1).fill(null)
      push(line, weights.get(id) ?? null)
      history.weights[id] = line.slice(-slots)
      if (line.every(weight => weight === null)) delete history.weights[id]
    }
    return history
  }
}

function push<T>(line: T[], value: T): void {
  line.push(value)
  if (line.length > LIMITS.fetchSlots) line.shift()
}

function rounded(rate: number | undefined): number | null {
  return rate === undefined ? null : Math.round(rate)
}

function problemsOf({ name, routes }: RatedContent): Problem[] {
  return routes.flatMap(({ id, state, isParked }): Problem[] => {
    const notice = (what: string): Problem[] => [{ severity: 'notice', what: `${name}: route ${id} ${what}` }]
    if (isParked) return notice('is parked by hand')
    if (state === 'late') return notice('is late: it has brought nothing for longer than predicted')
    if (state === 'parked') return notice('is parked: it was late for too long')
    return []
  })
}
