import type { Traces } from '../topology/timeline.ts'
import { networkSlices } from '../topology/timeline.ts'
import { clientsOf, type NodeAction, type RoleAction, wantedBytes } from '../topology/topology.ts'
import { CounterSampler } from './counter-sampler.ts'
import { CrossTraffic } from './cross-traffic.ts'
import type { Emulation } from './emulation.ts'
import { type PlayedChange, playEvents } from './event-player.ts'
import type { FetchStory } from './fetch-story.ts'
import { type LinkCounts, wireOverhead } from './link-counts.ts'
import type { LiveDelay, LiveFigures } from './live-figures.ts'
import { type LossCount, lossesBetween } from './loss-counts.ts'
import type { PlayFigures } from './playback.ts'
import { watchProcessorIdle } from './processor-idle.ts'
import { bytesToClients, type TrafficFigures, trafficFigures } from './traffic-figures.ts'

/** A means to carry the content: this program, or a tool that people would use instead. */
export type Means = 'anabranch' | 'single' | 'aria2' | 'mptcp' | 'static' | 'srt' | ScriptName

/** An own script: its file's name. */
export type ScriptName = `./${string}`

/** The number of bytes that had arrived at one time since the start. */
export interface ProgressPoint {
  atMs: number
  bytes: number
}

/** The outcome of a transfer, as its means tells it. */
export interface TransferOutcome {
  /** Time in ms of the whole command, its start-up and end included. */
  completionMs: number
  /**
   * Longest time in ms without progress of the in-order output after its first byte, or of a player's
   * picture after the first one.
   */
  longestStallMs: number
  /** Whether the received bytes are exactly those that are fetched of the content. */
  identical: boolean
  progress: ProgressPoint[]
  /** Figures of a live content; unset where the content is finished. */
  live?: LiveFigures
  /** Of a live content: the course of its delays, part by part as they came out. */
  delays?: LiveDelay[]
  /** The clients, where there are several. */
  clients?: ClientFetch[]
  /** Figures of the player; unset where the content is fetched. */
  play?: PlayFigures
  /** Reason why the transfer did not complete; unset where it did. */
  failure?: string
}

/** The fetch of one client. Its times count from its own start. */
export interface ClientFetch extends TransferOutcome {
  client: string
  /** Time of its start, in ms after that of the first client. */
  startedAtMs: number
  /** Ideal time with no other client, in ms. */
  idealMs: number
  story: FetchStory
}

/** A transfer over an emulated network, with the lab's observations. */
export interface Measurement extends TransferOutcome {
  means: Means
  goodputBytesPerSecond: number
  /** Ideal time by payload capacity, divided by the time taken; 0 where the transfer failed. Means nothing where the content has a rate of its own. */
  efficiency: number
  /** Bytes that came in at the clients, as TCP payload of full-size frames, divided by those that they fetch. */
  wireOverhead: number
  /** Number of frames lost because the machine was too slow: with any, the measurement does not count. */
  lostFrames: number
  /** Share of the machine's processor time that was idle meanwhile, 0 to 1; unset in a simulation. */
  idleShare?: number
  /** Frame bytes sent over each link since the start, in both directions. */
  links: LinkCounts[]
  /** What became of the traffic of others, in the topology's order. Unset: there is none. */
  traffic?: TrafficFigures[]
  /** What links lost at random, as it was drawn. Unset: none does, or it is a simulation. */
  losses?: LossCount[]
  played: PlayedChange[]
}

export interface MeasureOptions {
  emulation: Emulation
  traces: Traces
  idealMs: number
  signal: AbortSignal
  changeNode(node: string, action: RoleAction): Promise<void>
}

/**
 * Measures one transfer: plays the topology's events from the moment that it starts, counts what travels on each link,
 * and puts the links back to their beginning afterwards.
 */
export async function measureTransfer(
  means: Means,
  options: MeasureOptions,
  transfer: (signal: AbortSignal) => Promise<TransferOutcome>
): Promise<Measurement> {
  const { emulation, traces, signal } = options
  const { topology } = emulation
  const bytes = wantedBytes(topology) * clientsOf(topology).length
  const lostBefore = await emulation.lostFrames()
  const drawnBefore = await emulation.lossCounts(traces)
  const sampler = new CounterSampler(emulation.labId, topology.links.length)
  await sampler.another()
  const traffic = await CrossTraffic.start(emulation)
  const over = new AbortController()
  const idleShare = watchProcessorIdle()
  const startedAtMs = performance.now()
  const startedEpochMs = performance.timeOrigin + startedAtMs
  const network = {
    setLink: (link: number, now: Parameters<Emulation['setLink']>[1]) => emulation.setLink(link, now),
    changeNode: (node: string, action: NodeAction) =>
      action === 'suspend' || action === 'resume' || action === 'flush'
        ? emulation.changeNode(node, action)
        : options.changeNode(node, action)
  }
  traffic.play(startedAtMs)
  const playing = playEvents(topology, traces, network, startedAtMs, AbortSignal.any([over.signal, signal]))
  try {
    const outcome = await transfer(signal)
    over.abort()
    const idle = idleShare()
    const played = await playing
    await sampler.another()
    const courses = await traffic.stop(startedEpochMs)
    const samples = await sampler.stop()
    const links = samples.map(sample => ({ atMs: sample.epochMs - startedEpochMs, bytes: sample.links }))
    return {
      ...outcome,
      means,
      goodputBytesPerSecond: (bytes / outcome.completionMs) * 1000,
      efficiency:
        outcome.failure === undefined && outcome.identical ? options.idealMs / outcome.completionMs : 0,
      wireOverhead: wireOverhead(topology, links, bytesToClients(topology, courses)),
      traffic: trafficFigures(topology, traces, courses, outcome.completionMs),
      losses: lossesBetween(drawnBefore, await emulation.lossCounts(traces)),
      lostFrames: (await emulation.lostFrames()) - lostBefore,
      idleShare: idle,
      links,
      played
    }
  } finally {
    over.abort()
    await playing.catch(() => {})
    await sampler.stop()
    await traffic.stop(startedEpochMs)
    if (!signal.aborted) await putBack(emulation, traces)
  }
}

/** Puts the links back to their beginning, and lets all go on that was suspended. */
async function putBack(emulation: Emulation, traces: Traces): Promise<void> {
  const [start] = networkSlices(emulation.topology, traces, 1)
  await Promise.all(start!.links.map((now, link) => emulation.setLink(link, now)))
  const suspended = emulation.topology.events.flatMap(event =>
    'node' in event && event.action === 'suspend' ? [event.node] : []
  )
  await Promise.all(suspended.map(node => emulation.changeNode(node, 'resume')))
}
