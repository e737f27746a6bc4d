import { cpus, release } from 'node:os'
import type { CheckedExpectation } from '../expectation.ts'
import { formatMs, formatShare, formatTable } from '../format.ts'
import type { LabResult } from '../lab-run.ts'
import type { LiveFigures } from '../live-figures.ts'
import type { Means } from '../measurement.ts'
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
  machine: { processors: number; kernel: string; links: string; node: string }
  contentBytes: number
  /** What happens to the content. `idealSeconds` is its length where it is live or played. */
  kind: 'fetched' | 'live' | 'played'
  idealSeconds: number
  /** The content's bytes divided by the ideal time. */
  idealBytesPerSecond: number
  /** Things that the figures leave out and that the client saw, one sentence each. */
  notes: string[]
  limits?: { iperfSumBytesPerSecond: number; payloadSumBytesPerSecond: number; iperfBytesPerSecond: number[] }
  means: MeansFigures[]
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
  failure?: string
}

/** The figures of a run. */
export function figuresOf(result: LabResult): Figures {
  const { topology } = result.topology
  const sum = (values: number[]) => values.reduce((total, value) => total + value, 0)
  return {
    topology: topology.name,
    description: topology.description,
    startedAt: result.startedAt.toISOString(),
    machine: {
      processors: cpus().length,
      kernel: release(),
      links: result.emulation,
      node: process.version
    },
    contentBytes: topology.contentBytes,
    kind: topology.play ? 'played' : topology.live ? 'live' : 'fetched',
    idealSeconds: result.idealMs / 1000,
    idealBytesPerSecond: (topology.contentBytes / result.idealMs) * 1000,
    notes: [...(result.notes ?? []), ...sharedBottlenecksOf(result)],
    limits: result.limits && {
      iperfSumBytesPerSecond: sum(result.limits.iperfBytesPerSecond),
      payloadSumBytesPerSecond: sum(result.limits.payloadBytesPerSecond),
      iperfBytesPerSecond: result.limits.iperfBytesPerSecond
    },
    means: result.measurements.map(measured => ({
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
      failure: measured.failure
    })),
    expectations: result.expectations
  }
}

/** The routes that the client found to share a bottleneck, by their letters and their nodes. */
function sharedBottlenecksOf({ story }: LabResult): string[] {
  const nameOf = (route: string) => `${route} (${story?.routes[route]?.nodes.slice(1, -1).join(', ')})`
  return (story?.done?.sharedBottlenecks ?? []).map(
    routes => `The client found one bottleneck behind the routes ${routes.map(nameOf).join(' and ')}.`
  )
}

/** Head and rows of the table of means. */
export function tableOf(figures: Figures): string[][] {
  if (figures.kind === 'played') return playTableOf(figures)
  return figures.kind === 'live' ? liveTableOf(figures) : finishedTableOf(figures)
}

/** Of a player it is told when it began, and how often and how long it stood still. */
function playTableOf({ means }: Figures): string[][] {
  const rows = means.map(({ means, failure, play, longestStallMs, wireOverhead, identical }) => [
    failure === undefined ? means : `${means} (failed)`,
    ...(play === undefined
      ? ['', '', '']
      : [
          formatMs(play.startUpMs),
          String(play.rebuffers.length),
          formatMs(play.rebuffers.reduce((sum, { durationMs }) => sum + durationMs, 0))
        ]),
    formatMs(longestStallMs),
    wireOverhead.toFixed(3),
    identical ? 'identical' : 'NOT IDENTICAL'
  ])
  return [['means', 'start-up', 'rebuffers', 'their time', 'longest', 'wire / content', 'content'], ...rows]
}

/** Of a live content the time is given by its rate, so that the table has other figures in place of the efficiency. */
function liveTableOf({ means, contentBytes }: Figures): string[][] {
  const rows = means.map(({ means, failure, live, longestStallMs, wireOverhead, identical }) => [
    failure === undefined ? means : `${means} (failed)`,
    live === undefined ? '' : formatShare(live.skippedBytes / contentBytes),
    ...(live === undefined ? ['', '', ''] : Object.values(live.delayMs).map(formatMs)),
    formatMs(longestStallMs),
    wireOverhead.toFixed(3),
    identical ? 'identical' : 'NOT IDENTICAL'
  ])
  return [
    ['means', 'skipped', 'delay 50 %', '99 %', '99.9 %', 'longest stall', 'wire / content', 'content'],
    ...rows
  ]
}

function finishedTableOf(figures: Figures): string[][] {
  const mbit = (bytesPerSecond: number) => ((bytesPerSecond * 8) / 1e6).toFixed(1)
  const rows = figures.means.map(row => [
    row.means,
    row.failure === undefined ? `${row.seconds.toFixed(2)} s` : 'failed',
    mbit(row.goodputBytesPerSecond),
    row.efficiency.toFixed(3),
    formatMs(row.longestStallMs),
    row.wireOverhead.toFixed(3),
    row.identical ? 'identical' : 'NOT IDENTICAL'
  ])
  const { limits } = figures
  if (limits !== undefined) {
    const seconds = figures.contentBytes / limits.iperfSumBytesPerSecond
    rows.push(['iperf3, sum', `${seconds.toFixed(2)} s`, mbit(limits.iperfSumBytesPerSecond), '', '', '', ''])
  }
  rows.push([
    'payload capacity',
    `${figures.idealSeconds.toFixed(2)} s`,
    mbit(figures.idealBytesPerSecond),
    '1.000',
    '',
    '',
    ''
  ])
  return [['means', 'time', 'Mbit/s', 'efficiency', 'longest stall', 'wire / content', 'content'], ...rows]
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

/** The result for a terminal, line by line. */
export function resultLines(figures: Figures): string[] {
  const expectations = figures.expectations.map(
    ({ name, wanted, measured, met }) => `${met ? 'met' : 'NOT MET'}: ${name} ${wanted}, measured ${measured}`
  )
  return [...formatTable(tableOf(figures)), ...expectations, ...figures.notes, ...warningsOf(figures)]
}
