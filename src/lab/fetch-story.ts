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
  const story: FetchStory = { routes: {}, patterns: [], progress: [] }
  for (const event of process.events) {
    const atMs = event.readAtMs - process.startedAtMs
    if (event.event === 'route')
      addRoute(story, event, atMs, nodeOf, { source: nameOf(topology, 'source'), client })
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

function addRoute(
  story: FetchStory,
  event: ProcessEvent,
  atMs: number,
  nodeOf: (peerId: string) => string | undefined,
  ends: { source: string; client: string }
): void {
  const id = String(event.id)
  const relays = (event.relays as string[]).map(relay => nodeOf(peerIdIn(relay)) ?? relay)
  // The client names its own neighbour first, while a path is told from the source on.
  const source = nodeOf(String(event.source)) ?? ends.source
  const nodes = [source, ...relays.toReversed(), ends.client]
  const route: StoryRoute = { nodes, states: story.routes[id]?.states ?? [] }
  if (event.uplink !== undefined) route.uplink = String(event.uplink)
  story.routes[id] = route
  route.states.push({
    atMs,
    state: String(event.state),
    ...(event.reason === undefined || event.reason === null ? {} : { reason: String(event.reason) })
  })
}

/** The peer id in a multiaddr, or a bare peer id itself. */
function peerIdIn(text: string): string {
  return text.split('/').at(-1)!
}
