import { cpus, release, totalmem } from 'node:os'
import { clientsOf, wantedBytes } from '../../topology/topology.ts'
import { type GroupFigures, groupFigures, slowdownOf } from '../client-group.ts'
import type { CheckedExpectation } from '../expectation.ts'
import { formatMs } from '../format.ts'
import type { LabResult } from '../lab-run.ts'
import type { LiveFigures } from '../live-figures.ts'
import type { ClientFetch, Means, Measurement } from '../measurement.ts'
import type { PlayFigures } from '../playback.ts'

/**
 * Lateness in milliseconds above which an event's delay is told: a change takes some ms on an idle
 * machine.
 */
const LATE_EVENT_MS = 100
/** Share of idle processor time below which a run measures the processors and not the network. */
const BUSY_IDLE_SHARE = 0.05

/** Every figure of a run, for report.json and the table. Times in seconds, rates in bytes a second. */
export interface Figures {
  topology: string
  description?: string
  startedAt: string
  machine: {
    processors: number
    /** Name that the first processor gives itself. */
    processor: string
    memoryBytes: number
    kernel: string
    /** What carries the links, or `simulator`. */
    links: string
    node: string
  }
  /** Seed of the simulation; unset where the network is a real one. */
  seed?: number
  /** What the command's flags chose in place of the file's policy and cut-over. */
  policy?: string
  cutover?: string
  contentBytes: number
  /** The bytes that each client fetches. */
  wantedBytes: number
  /** What happens to the content. `idealSeconds` is its length where it is live or played. */
  kind: 'fetched' | 'live' | 'played'
  idealSeconds: number
  /** The bytes that all clients fetch, divided by the ideal time. */
  idealBytesPerSecond: number
  /** Things that the figures leave out and that the client saw, one sentence each. */
  notes: string[]
  limits?: { iperfSumBytesPerSecond: number; payloadSumBytesPerSecond: number; iperfBytesPerSecond: number[] }
  means: MeansFigures[]
  /** The clients, where there are several and they were measured. */
  group?: GroupFigures & { sumBytesPerSecond: number; clients: ClientFigures[] }
  expectations: CheckedExpectation[]
}

export interface MeansFigures {
  means: Means
  seconds: number
  goodputBytesPerSecond: number
  efficiency: number
  longestStallMs: number
  wireOverhead: number
  live?: LiveFigures
  play?: PlayFigures
  identical: boolean
  lostFrames: number
  /** Share of the machine's processor time that was idle, 0 to 1; unset in a simulation. */
  idleShare?: number
  /** The greatest lateness of an event of the file, in ms. */
  eventsLateMs: number
  /** Whether the machine was fast enough for the figures to be those of the network. */
  counts: boolean
  failure?: string
}

export interface ClientFigures {
  client: string
  /** Time of its start, since that of the first client. */
  startSeconds: number
  seconds: number
  /** Its mean rate; 0 where it failed. */
  goodputBytesPerSecond: number
  /** Its time, divided by its ideal time with no other client; unset where it failed. */
  slowdown?: number
  longestStallMs: number
  identical: boolean
}

/** The figures of a run. */
export function figuresOf(result: LabResult): Figures {
  const { topology } = result.topology
  const bytes = wantedBytes(topology)
  return {
    topology: topology.name,
    description: topology.description,
    startedAt: result.startedAt.toISOString(),
    machine: {
      processors: cpus().length,
      processor: cpus()[0]?.model.trim() ?? '',
      memoryBytes: totalmem(),
      kernel: release(),
      links: result.emulation,
      node: process.version
    },
    ...result.chosen,
    contentBytes: topology.contentBytes,
    wantedBytes: bytes,
    kind: topology.play ? 'played' : topology.live ? 'live' : 'fetched',
    idealSeconds: result.idealMs / 1000,
    idealBytesPerSecond: ((bytes * clientsOf(topology).length) / result.idealMs) * 1000,
    notes: [...(result.notes ?? []), ...rangeNotes(result), ...sharedBottlenecksOf(result)],
    limits: result.limits && {
      iperfSumBytesPerSecond: sum(result.limits.iperfBytesPerSecond),
      payloadSumBytesPerSecond: sum(result.limits.payloadBytesPerSecond),
      iperfBytesPerSecond: result.limits.iperfBytesPerSecond
    },
    means: result.measurements.map(meansFigures),
    ...groupOf(result, bytes),
    expectations: result.expectations
  }
}

function meansFigures(measured: Measurement): MeansFigures {
  return {
    means: measured.means,
    seconds: measured.completionMs / 1000,
    goodputBytesPerSecond: measured.goodputBytesPerSecond,
    efficiency: measured.efficiency,
    longestStallMs: measured.longestStallMs,
    wireOverhead: measured.wireOverhead,
    live: measured.live,
    play: measured.play,
    identical: measured.identical,
    lostFrames: measured.lostFrames,
    idleShare: measured.idleShare,
    eventsLateMs: Math.max(0, ...measured.played.map(change => change.lateMs)),
    counts: wasFastEnough(measured),
    failure: measured.failure
  }
}

/** Whether no frame was lost to the machine's slowness, no event came late, and the processors had idle time left. */
function wasFastEnough({ lostFrames, played, idleShare }: Measurement): boolean {
  const isBusy = idleShare !== undefined && idleShare < BUSY_IDLE_SHARE
  return lostFrames === 0 && !isBusy && played.every(({ lateMs }) => lateMs <= LATE_EVENT_MS)
}

function groupOf({ measurements }: LabResult, bytes: number): Pick<Figures, 'group'> {
  const fetches = measurements[0]?.clients
  if (!fetches) return {}
  const clients = fetches.map(fetch => clientFigures(fetch, bytes))
  const sumBytesPerSecond = sum(clients.map(client => client.goodputBytesPerSecond))
  return { group: { ...groupFigures(fetches), sumBytesPerSecond, clients } }
}

function clientFigures(fetch: ClientFetch, bytes: number): ClientFigures {
  const isDone = fetch.failure === undefined
  return {
    client: fetch.client,
    startSeconds: fetch.startedAtMs / 1000,
    seconds: fetch.completionMs / 1000,
    goodputBytesPerSecond: isDone ? (bytes / fetch.completionMs) * 1000 : 0,
    ...(isDone ? { slowdown: slowdownOf(fetch) } : {}),
    longestStallMs: fetch.longestStallMs,
    identical: fetch.identical
  }
}

function sum(values: number[]): number {
  return values.reduce((total, value) => total + value, 0)
}

/** Which bytes are fetched, where not all are. */
function rangeNotes({ topology: { topology } }: LabResult): string[] {
  const { range, contentBytes } = topology
  if (!range) return []
  return [`Bytes ${range.start}-${range.end - 1} of a content of ${contentBytes} bytes are fetched.`]
}

/** The routes that the client found to share a bottleneck, by their letters and their nodes. */
function sharedBottlenecksOf({ story }: LabResult): string[] {
  const nameOf = (route: string) => `${route} (${story?.routes[route]?.nodes.slice(1, -1).join(', ')})`
  return (story?.done?.sharedBottlenecks ?? []).map(
    routes => `The client found one bottleneck behind the routes ${routes.map(nameOf).join(' and ')}.`
  )
}

/** Warnings that a reader must know before believing the figures, one sentence each. */
export function warningsOf(figures: Figures): string[] {
  return figures.means.flatMap(row => [
    ...(row.lostFrames > 0
      ? [
          `${row.means}: ${row.lostFrames} frames were lost to the machine's slowness; this measurement does not count`
        ]
      : []),
    ...(row.eventsLateMs > LATE_EVENT_MS
      ? [`${row.means}: an event came into force ${formatMs(row.eventsLateMs)} late`]
      : []),
    ...(row.idleShare !== undefined && row.idleShare < BUSY_IDLE_SHARE
      ? [
          `${row.means}: the machine's processors were busy all the time (${(row.idleShare * 100).toFixed(1)} % idle)`
        ]
      : []),
    ...(row.failure === undefined ? [] : [`${row.means} failed: ${row.failure}`])
  ])
}
