import type { FetchEvent, RouteProgress } from '../client/fetch-events.ts'
import type { ContentFacts, RouteFacts } from './facts.ts'

interface Sample {
  atMs: number
  /** Bytes since the meter began. */
  bytes: number
}

/** How a connection says that it was given up for its silence. */
const SILENCE = /nothing has come from the peer/i

/** One path, whatever letters its routes have had. */
interface Track {
  id: string
  relays: string[]
  state: RouteFacts['state']
  reason: string
  sinceMs: number
  hasFallenSilent: boolean
  /** Bytes of routes whose letters were given away since, and of the others by letter. */
  earlierBytes: number
  bytesOf: Map<string, number>
  rttMs: number
  /** What was found out at a time: what segments waited for, in ms, and what the route was held to carry. */
  looks: { atMs: number; queueMs: number; lossWaitMs: number; capacityBytesPerSecond: number }[]
  limitBytesPerSecond?: number
  samples: Sample[]
}

/** The part of a content's facts that a fetch tells. */
export type Measured = Pick<ContentFacts, 'measuredMs' | 'isComplete' | 'routes' | 'rateBytesPerSecond'>

/**
 * Makes a check's facts of what a fetch tells. Rates and waits are those of the second half of the time: by then the
 * routes have found their pace. Pure.
 */
export class FetchMeter {
  readonly #startedAtMs: number
  readonly #tracks = new Map<string, Track>()
  readonly #byLetter = new Map<string, Track>()
  readonly #shared = new Map<string, string[]>()
  #isComplete = false

  constructor(startedAtMs: number) {
    this.#startedAtMs = startedAtMs
  }

  handle(event: FetchEvent, nowMs: number): void {
    if (event.event === 'route') this.#route(event, nowMs)
    else if (event.event === 'progress') {
      for (const [id, progress] of Object.entries(event.routes)) this.#progress(id, progress, nowMs)
    } else if (event.event === 'sharedBottleneck') {
      if (event.shared) this.#shared.set(event.routes.join(), event.routes)
      else this.#shared.delete(event.routes.join())
    } else if (event.event === 'done') this.#done(event, nowMs)
  }

  measured(nowMs: number): Measured {
    const measuredMs = Math.round(nowMs - this.#startedAtMs)
    const routes = [...this.#tracks.values()].map(track => this.#factsOf(track, nowMs))
    const rateBytesPerSecond = routes.reduce((sum, route) => sum + route.rateBytesPerSecond, 0)
    return { measuredMs, isComplete: this.#isComplete, routes, rateBytesPerSecond }
  }

  #route(
    { id, state, relays, source, reason }: Extract<FetchEvent, { event: 'route' }>,
    nowMs: number
  ): void {
    const path = [...relays, source].join()
    const track = this.#tracks.get(path) ?? newTrack(id, relays, nowMs)
    this.#tracks.set(path, track)
    this.#byLetter.set(id, track)
    if (state === 'opening') {
      begin(track, id, nowMs)
      return
    }
    // Of two routes over one path the one that opens counts.
    if (state === 'open') track.id = id
    // A route that ends in good order was what it was until then.
    if (state === 'closed' || track.id !== id) return
    if (state === 'lost' && SILENCE.test(reason)) track.hasFallenSilent = true
    if (state === 'open' && track.state === 'opening') track.sinceMs = nowMs
    track.state = state
    track.reason = reason
  }

  #progress(id: string, progress: RouteProgress, nowMs: number): void {
    const track = this.#byLetter.get(id)
    if (!track) return
    const { bytes, rttMs, queueMs, lossWaitMs, rateBytesPerSecond, limitBytesPerSecond } = progress
    came(track, id, bytes, nowMs)
    if (Number.isFinite(rttMs) && bytes > 0) {
      track.rttMs = Math.min(track.rttMs, rttMs)
      track.looks.push({ atMs: nowMs, queueMs, lossWaitMs, capacityBytesPerSecond: rateBytesPerSecond })
    }
    if (limitBytesPerSecond !== undefined) track.limitBytesPerSecond = limitBytesPerSecond
  }

  #done({ routes }: Extract<FetchEvent, { event: 'done' }>, nowMs: number): void {
    this.#isComplete = true
    for (const [id, { bytes }] of Object.entries(routes)) {
      const track = this.#byLetter.get(id)
      if (track) came(track, id, bytes, nowMs)
    }
  }

  #factsOf(track: Track, nowMs: number): RouteFacts {
    const { id, relays, state, reason, sinceMs, rttMs, limitBytesPerSecond } = track
    const fromMs = (this.#startedAtMs + nowMs) / 2
    const looks = track.looks.filter(({ atMs }) => atMs > fromMs)
    const queueMs = mean(looks.map(look => look.queueMs))
    const rate = rateAfter(track.samples, fromMs, this.#startedAtMs)
    // A route that has nothing to bring, or is over, is held to carry nothing.
    const held = looks.map(look => look.capacityBytesPerSecond).filter(capacity => capacity > 0)
    const group = [...this.#shared.values()].find(letters => letters.includes(id)) ?? []
    return {
      id,
      relays,
      state,
      reason,
      bytes: totalOf(track),
      openMs: Math.round(nowMs - sinceMs),
      ...(Number.isFinite(rttMs) ? { rttMs, loadedRttMs: tenths(rttMs + queueMs) } : {}),
      capacityBytesPerSecond: Math.round(Math.max(rate, median(held))),
      rateBytesPerSecond: Math.round(rate),
      lossWaitMs: tenths(mean(looks.map(look => look.lossWaitMs))),
      ...(limitBytesPerSecond === undefined ? {} : { limitBytesPerSecond }),
      hasFallenSilent: track.hasFallenSilent,
      sharesWith: group.filter(letter => letter !== id)
    }
  }
}

function newTrack(id: string, relays: string[], nowMs: number): Track {
  return {
    id,
    relays,
    state: 'opening',
    reason: '',
    sinceMs: nowMs,
    hasFallenSilent: false,
    earlierBytes: 0,
    bytesOf: new Map(),
    rttMs: Number.POSITIVE_INFINITY,
    looks: [],
    samples: []
  }
}

/** A route over the path begins under a letter, which a route before it may have had. */
function begin(track: Track, id: string, nowMs: number): void {
  track.earlierBytes += track.bytesOf.get(id) ?? 0
  track.bytesOf.set(id, 0)
  if (track.state !== 'lost') return
  Object.assign(track, { id, state: 'opening', reason: '', sinceMs: nowMs })
}

function came(track: Track, id: string, bytes: number, nowMs: number): void {
  track.bytesOf.set(id, Math.max(bytes, track.bytesOf.get(id) ?? 0))
  track.samples.push({ atMs: nowMs, bytes: totalOf(track) })
}

function totalOf({ earlierBytes, bytesOf }: Track): number {
  return [...bytesOf.values()].reduce((sum, bytes) => sum + bytes, earlierBytes)
}

function mean(values: readonly number[]): number {
  return values.reduce((sum, each) => sum + each, 0) / Math.max(1, values.length)
}

/** The middle one of the values; 0 where there are none. */
function median(values: readonly number[]): number {
  return values.toSorted((a, b) => a - b)[Math.floor(values.length / 2)] ?? 0
}

function tenths(value: number): number {
  return Math.round(value * 10) / 10
}

/** Bytes a second from the last sample before a time until the last one of all. */
function rateAfter(samples: readonly Sample[], fromMs: number, startedAtMs: number): number {
  const last = samples.at(-1)
  const first = samples.findLast(({ atMs }) => atMs <= fromMs) ?? { atMs: startedAtMs, bytes: 0 }
  if (!last || last.atMs <= first.atMs) return 0
  return ((last.bytes - first.bytes) / (last.atMs - first.atMs)) * 1000
}
