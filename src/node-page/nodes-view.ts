import type { FetchSnapshot, ShownContent } from '../client/fetch-control.ts'
import type { ShownRoute } from '../client/session-steering.ts'
import type { RelayRouteView, RelayView } from '../relay/relay-view.ts'
import type { SourceSessionView, SourceView } from '../source/source-view.ts'
import { ByteRates } from '../units/byte-rates.ts'

/** All daemons and fetches of one user on one host, at one moment. Rates are since the look before, absent in the first. */
export interface NodesView {
  relays: RatedRelay[]
  sources: RatedSource[]
  fetches: RatedFetch[]
  /** Daemons of which there is nothing more to see than what they count. */
  others: RatedNode[]
}

export interface RunningNode {
  role: string
  pid: number
  worker?: number
  peerId?: string
  figures: Record<string, number>
}

export interface RatedNode extends RunningNode {
  /** Absent where the daemon counts no `sentBytes`, too. */
  sentBytesPerSecond?: number
}

export interface RatedRelay extends RunningNode, Omit<RelayView, 'routes'> {
  downBytesPerSecond?: number
  upBytesPerSecond?: number
  routes: RatedRelayRoute[]
}

export interface RatedRelayRoute extends RelayRouteView {
  downBytesPerSecond?: number
  upBytesPerSecond?: number
}

export interface RatedSource extends RunningNode, Omit<SourceView, 'sessions'> {
  sentBytesPerSecond?: number
  sessions: (SourceSessionView & { sentBytesPerSecond?: number })[]
}

export interface RatedFetch extends Omit<FetchSnapshot, 'contents'> {
  pid: number
  contents: RatedContent[]
}

export interface RatedContent extends Omit<ShownContent, 'routes'> {
  /** What comes over all routes. */
  sumBytesPerSecond?: number
  /** What the routes could carry by their estimates, within the limit of the fetch; absent before there are any. */
  idealBytesPerSecond?: number
  /** Milliseconds until the end, at the rate at which the output grows. */
  leftMs?: number
  routes: (ShownRoute & { comingBytesPerSecond?: number })[]
}

/** What a daemon has answered. */
export interface AnsweredDaemon extends RunningNode {
  relay?: RelayView
  source?: SourceView
}

/** What a fetch has answered. */
export interface AnsweredFetch {
  pid: number
  state: FetchSnapshot
}

/** Makes what `anabranch top` shows of what daemons and fetches answer again and again. Pure. */
export class NodesMeter {
  readonly #rates = new ByteRates()

  /** `atMs`: milliseconds of any clock. */
  follow(daemons: readonly AnsweredDaemon[], fetches: readonly AnsweredFetch[], atMs: number): NodesView {
    const keyed = fetches.map(({ pid, state }) => ({ pid, state, keys: contentKeys(pid, state.contents) }))
    this.#rates.follow(new Map([...daemons.flatMap(daemonCounts), ...keyed.flatMap(fetchCounts)]), atMs)
    return {
      relays: daemons.flatMap(daemon => (daemon.relay ? [this.#relay(daemon, daemon.relay)] : [])),
      sources: daemons.flatMap(daemon => (daemon.source ? [this.#source(daemon, daemon.source)] : [])),
      fetches: keyed.map(({ pid, state, keys }) => ({
        pid,
        ...state,
        contents: state.contents.map((content, at) => this.#content(content, keys[at]!))
      })),
      others: daemons
        .filter(({ relay, source }) => !relay && !source)
        .map(daemon => ({ ...daemonOf(daemon), ...this.#rateAs('sentBytesPerSecond', `${daemon.pid} sent`) }))
    }
  }

  #relay(daemon: AnsweredDaemon, view: RelayView): RatedRelay {
    return {
      ...daemonOf(daemon),
      ...view,
      ...this.#directions(String(daemon.pid)),
      routes: view.routes.map(route => ({ ...route, ...this.#directions(routeKey(daemon.pid, route)) }))
    }
  }

  #source(daemon: AnsweredDaemon, view: SourceView): RatedSource {
    const sent = (key: string) => this.#rateAs('sentBytesPerSecond', key)
    return {
      ...daemonOf(daemon),
      ...view,
      ...sent(`${daemon.pid} sent`),
      sessions: view.sessions.map(session => ({ ...session, ...sent(`${daemon.pid} ${session.id}`) }))
    }
  }

  #content(content: ShownContent, key: string): RatedContent {
    const { bytes, sizeBytes, limitBytesPerSecond = Number.POSITIVE_INFINITY } = content
    const routes = content.routes.map(route => ({
      ...route,
      ...this.#rateAs('comingBytesPerSecond', `${key} ${route.id}`)
    }))
    const growing = this.#rates.of(key)
    const coming = routes.flatMap(({ comingBytesPerSecond = [] }) => comingBytesPerSecond)
    const ideal = Math.min(limitBytesPerSecond, capacityOf(content.routes))
    return {
      ...content,
      ...(coming.length === 0 ? {} : { sumBytesPerSecond: sumOf(coming) }),
      ...(ideal > 0 ? { idealBytesPerSecond: ideal } : {}),
      ...(sizeBytes === undefined || !growing ? {} : { leftMs: ((sizeBytes - bytes) * 1_000) / growing }),
      routes
    }
  }

  #directions(key: string) {
    return {
      ...this.#rateAs('downBytesPerSecond', `${key} down`),
      ...this.#rateAs('upBytesPerSecond', `${key} up`)
    }
  }

  #rateAs<Name extends string>(name: Name, key: string): { [N in Name]?: number } {
    const rate = this.#rates.of(key)
    return (rate === undefined ? {} : { [name]: rate }) as { [N in Name]?: number }
  }
}

/** What routes could carry together by their estimates: those that are open and not parked. */
export function capacityOf(routes: readonly ShownRoute[]): number {
  const used = routes.filter(({ state, isParked }) => (state === 'open' || state === 'late') && !isParked)
  return sumOf(used.map(({ rateBytesPerSecond }) => rateBytesPerSecond))
}

function daemonOf({ role, pid, worker, peerId, figures }: AnsweredDaemon): RunningNode {
  return {
    ...{ role, pid, figures },
    ...(worker === undefined ? {} : { worker }),
    ...(peerId === undefined ? {} : { peerId })
  }
}

function daemonCounts({ pid, relay, source, figures }: AnsweredDaemon): [string, number][] {
  const counts: [string, number][] = []
  if (relay) counts.push([`${pid} down`, relay.downBytes], [`${pid} up`, relay.upBytes])
  for (const route of relay?.routes ?? []) {
    const key = routeKey(pid, route)
    counts.push([`${key} down`, route.downBytes], [`${key} up`, route.upBytes])
  }
  const sentBytes = source?.sentBytes ?? figures.sentBytes
  if (sentBytes !== undefined) counts.push([`${pid} sent`, sentBytes])
  for (const { id, sentBytes } of source?.sessions ?? []) counts.push([`${pid} ${id}`, sentBytes])
  return counts
}

function fetchCounts({ state, keys }: AnsweredFetch & { keys: readonly string[] }): [string, number][] {
  return state.contents.flatMap(({ bytes, routes }, at) => [
    [keys[at]!, bytes] as [string, number],
    ...routes.map(({ id, bytes }): [string, number] => [`${keys[at]} ${id}`, bytes])
  ])
}

/** A key for each content of a fetch, which may have several parts of one content under way. */
export function contentKeys(pid: number, contents: readonly ShownContent[]): string[] {
  return contents.map(({ name }, at) => {
    const before = contents.slice(0, at).filter(other => other.name === name).length
    return `${pid} ${before} ${name}`
  })
}

/** Tells the routes of one relay apart: a peer may lead several of one session over it. */
function routeKey(pid: number, { peerId, nextHop, sessionId, letter }: RelayRouteView): string {
  return `${pid} ${peerId} ${nextHop} ${sessionId} ${letter}`
}

function sumOf(values: readonly number[]): number {
  return values.reduce((sum, value) => sum + value, 0)
}
