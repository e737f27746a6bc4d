import { rm } from 'node:fs/promises'
import { join } from 'node:path'
import { nameOf } from './capacity.ts'
import { hashFile } from './content-file.ts'
import type { Emulation } from './emulation.ts'
import type { LabRoles } from './lab-roles.ts'
import type { ProgressPoint, TransferOutcome } from './measurement.ts'
import { NodeProcess, type ProcessEvent } from './node-process.ts'
import { fetchCommand } from './role-command.ts'

/** What `client fetch --json` said during a run, times since the command's start. */
export interface FetchStory {
  /** Node names of each route, from source to client, by the route's letter. */
  routes: Record<string, { nodes: string[]; states: { atMs: number; state: string; reason?: string }[] }>
  patterns: { atMs: number; pattern: string; predicted: number; actual?: number }[]
  /** Bytes in order, and each route's bytes, rate and RTT. */
  progress: { atMs: number; bytes: number; routes: Record<string, RouteProgress>; reorderBytes?: number }[]
  done?: ProcessEvent
}

export interface RouteProgress {
  bytes: number
  rateBytesPerSecond: number
  rttMs?: number
}

/** Runs the client's fetch in its node, from the command's start to its end. */
export async function runFetch(
  emulation: Emulation,
  roles: LabRoles,
  signal: AbortSignal
): Promise<TransferOutcome & { story: FetchStory }> {
  const output = join(emulation.workDirectory, 'fetched.bin')
  await rm(output, { force: true })
  const client = nameOf(emulation.topology, 'client')
  const process = new NodeProcess('client', emulation.inNode(client, fetchCommand(roles.nodes, output)))
  const interrupt = () => process.kill('SIGKILL')
  signal.addEventListener('abort', interrupt)
  const end = await process.ended
  signal.removeEventListener('abort', interrupt)
  const completionMs = end.endedAtMs - process.startedAtMs
  const story = storyOf(process, peerId => roles.nameOf(peerId), emulation)
  const progress: ProgressPoint[] = story.progress.map(({ atMs, bytes }) => ({ atMs, bytes }))
  const failed = end.code !== 0
  if (!failed) progress.push({ atMs: completionMs, bytes: emulation.topology.contentBytes })
  return {
    completionMs,
    longestStallMs: Number(story.done?.longestStallMs ?? 0),
    identical: !failed && (await hashFile(output)) === roles.contentHash,
    progress,
    failure: failed ? `client fetch ended with exit code ${end.code}: ${process.complaints}` : undefined,
    story
  }
}

/** The client's lines of JSON, sorted out. */
export function storyOf(
  process: Pick<NodeProcess, 'events' | 'startedAtMs'>,
  nodeOf: (peerId: string) => string | undefined,
  emulation: Pick<Emulation, 'topology'>
): FetchStory {
  const story: FetchStory = { routes: {}, patterns: [], progress: [] }
  for (const event of process.events) {
    const atMs = event.readAtMs - process.startedAtMs
    if (event.event === 'route') addRoute(story, event, atMs, nodeOf, emulation)
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
        routes: event.routes as Record<string, RouteProgress>,
        reorderBytes: event.reorderBytes === undefined ? undefined : Number(event.reorderBytes)
      })
    }
    if (event.event === 'done') story.done = event
  }
  return story
}

function addRoute(
  story: FetchStory,
  event: ProcessEvent,
  atMs: number,
  nodeOf: (peerId: string) => string | undefined,
  { topology }: Pick<Emulation, 'topology'>
): void {
  const id = String(event.id)
  const relays = ((event.relays as string[] | undefined) ?? []).map(relay => nodeOf(peerIdIn(relay)) ?? relay)
  // The client names its own neighbour first; a path is told from the source.
  const nodes = [nameOf(topology, 'source'), ...relays.toReversed(), nameOf(topology, 'client')]
  const route = story.routes[id] ?? { nodes, states: [] }
  story.routes[id] = route
  if (relays.length > 0) route.nodes = nodes
  route.states.push({
    atMs,
    state: String(event.state),
    ...(event.reason === undefined || event.reason === null ? {} : { reason: String(event.reason) })
  })
}

/** The peer id of a multiaddr or of a bare id. */
function peerIdIn(text: string): string {
  return text.split('/').at(-1)!
}
