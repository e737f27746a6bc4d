import { nameOf } from '../topology/paths.ts'
import type { Topology } from '../topology/topology.ts'
import type { NodeProcess, ProcessEvent } from './node-process.ts'

/**
 * The events of a client's fetch, times since its start: of the command that is measured, or of the
 * simulation.
 */
export interface FetchStory {
  /** Each route by its letter. */
  routes: Record<string, StoryRoute>
  patterns: { atMs: number; pattern: string; predicted: number; actual?: number }[]
  progress: StoryProgress[]
  /** The summary at the end; unset where the fetch did not reach it. */
  done?: {
    seconds: number
    longestStallMs: number
    routes: Record<string, { bytes: number }>
    /** Groups of routes, by their letters, that were seen to share a bottleneck. */
    sharedBottlenecks: string[][]
    [key: string]: unknown
  }
}

export interface StoryRoute {
  /** Names of its nodes, from source to client. */
  nodes: string[]
  /** The client's uplink by which it goes; unset where the system has chosen it. */
  uplink?: string
  states: { atMs: number; state: string; reason?: string }[]
}

export interface StoryProgress {
  atMs: number
  /** Bytes that are in order. */
  bytes: number
  /** Bytes that wait for bytes before them. */
  reorderBytes: number
  routes: Record<string, RouteProgress>
}

export interface RouteProgress {
  bytes: number
  rateBytesPerSecond: number
  rttMs?: number
  state?: string
}

/** Sorts the client's lines of JSON into a story. */
export function storyOf(
  process: Pick<NodeProcess, 'events' | 'startedAtMs'>,
  nodeOf: (peerId: string) => string | undefined,
  topology: Topology,
  client = nameOf(topology, 'client')
): FetchStory {
  const wayOf: WayOf = ({ relays, source }) => [
    nodeOf(String(source)) ?? nameOf(topology, 'source'),
    ...relays.map(relay => nodeOf(peerIdIn(relay)) ?? relay).toReversed(),
    client
  ]
  const story: FetchStory = { routes: {}, patterns: [], progress: [] }
  for (const event of process.events) {
    const atMs = event.readAtMs - process.startedAtMs
    if (event.event === 'route') addRoute(story, event, atMs, wayOf)
    if (event.event === 'pattern') {
      story.patterns.push({
        atMs,
        pattern: String(event.pattern),
        predicted: Number(event.predicted),
        actual: event.actual === undefined ? undefined : Number(event.actual)
      })
    }
    if (event.event === 'progress') {
      story.progress.push({
        atMs,
        bytes: Number(event.bytes),
        reorderBytes: Number(event.reorderBytes),
        routes: event.routes as Record<string, RouteProgress>
      })
    }
    if (event.event === 'done') story.done = event as unknown as FetchStory['done']
  }
  addUntold(story, wayOf)
  return story
}

/**
 * Number of different paths over which content came, those by different uplinks included: a route that was lost and
 * opened again counts once.
 */
export function routesUsed(story: FetchStory): number {
  const last: Record<string, { bytes: number }> = story.done?.routes ?? story.progress.at(-1)?.routes ?? {}
  const used = Object.entries(last).filter(([, { bytes }]) => bytes > 0)
  const pathOf = (id: string) => {
    const { nodes = [id], uplink } = story.routes[id] ?? {}
    return [...nodes, uplink].join(' ')
  }
  return new Set(used.map(([id]) => pathOf(id))).size
}

/** Gives the names of a way's nodes, from source to client. */
type WayOf = (route: Pick<ToldRoute, 'relays' | 'source'>) => string[]

/** What the client tells of a route: its relays, its own neighbour first, and the source's peer id. */
interface ToldRoute {
  relays: string[]
  source: string
  uplink?: string
}

function addRoute(story: FetchStory, event: ProcessEvent, atMs: number, wayOf: WayOf): void {
  const id = String(event.id)
  const route = storyRoute(event as unknown as ToldRoute, wayOf, story.routes[id]?.states)
  story.routes[id] = route
  route.states.push({
    atMs,
    state: String(event.state),
    ...(event.reason === undefined || event.reason === null ? {} : { reason: String(event.reason) })
  })
}

/** Adds the routes of the summary that were not told before: a client that serves tells none of its own. */
function addUntold(story: FetchStory, wayOf: WayOf): void {
  for (const [id, route] of Object.entries(story.done?.routes ?? {}))
    story.routes[id] ??= storyRoute(route as unknown as ToldRoute, wayOf)
}

function storyRoute(told: ToldRoute, wayOf: WayOf, states: StoryRoute['states'] = []): StoryRoute {
  const nodes = wayOf(told)
  return told.uplink === undefined ? { nodes, states } : { nodes, uplink: String(told.uplink), states }
}

/** The peer id in a multiaddr, or a bare peer id itself. */
function peerIdIn(text: string): string {
  return text.split('/').at(-1)!
}
