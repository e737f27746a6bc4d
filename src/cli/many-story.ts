import type { FetchEvent, FetchSummary } from '../client/fetch-events.ts'
import type { WishedContent } from '../client/fetch-many.ts'
import type { Output } from '../client/output/output.ts'
import { ExitCode } from '../errors.ts'
import { formatBytes, formatRate } from '../units/units.ts'
import { describe, LostPaths } from './fetch-text.ts'
import { describeWaiting } from './fetch-view.ts'
import type { ManyScreen, ManyState } from './many-screen.ts'
import type { Reporter } from './reporter.ts'

/** One of several contents on its way to its place. */
export class Target implements WishedContent {
  readonly name: string
  readonly sizeBytes?: number
  readonly path: string
  /** Its place in the order in which the contents were asked for. */
  readonly place: number
  readonly paths = new LostPaths()
  /** Bytes that are here: of those, `resumeBytes` from an earlier run. */
  hereBytes = 0
  resumeBytes = 0
  isPresent = false

  constructor({ name, sizeBytes }: WishedContent, path: string, place: number) {
    this.name = name
    if (sizeBytes !== undefined) this.sizeBytes = sizeBytes
    this.path = path
    this.place = place
  }
}

/** Tells what becomes of several contents, and what it comes to. */
export class ManyStory {
  readonly #reporter: Reporter
  readonly #screen: ManyScreen
  readonly #startedAtMs: number
  readonly #state: ManyState
  /** Those that wait for what is missing: people are told of the first. */
  readonly #waiting = new Set<Target>()
  #present = 0
  /** The first of the contents, in the order in which they were asked for, that has failed. */
  #firstFailed: { place: number; exitCode: number } | undefined

  constructor(reporter: Reporter, screen: ManyScreen, contents: number, startedAtMs: number) {
    this.#reporter = reporter
    this.#screen = screen
    this.#startedAtMs = startedAtMs
    this.#state = { contents, done: 0, failed: 0, bytes: 0 }
  }

  /** Takes what an earlier run has left of a content. */
  opened(target: Target, { resumeBytes, isPresent = false }: Output): void {
    target.resumeBytes = resumeBytes
    target.hereBytes = resumeBytes
    target.isPresent = isPresent
  }

  event(target: Target, event: FetchEvent, nowMs: number): void {
    if (event.event === 'progress') this.#follow(target, event.bytes)
    this.#screen.show(this.#state, nowMs - this.#startedAtMs)
    // The outcome is told when the content is in its place.
    if (event.event === 'done' || (event.event === 'route' && event.state === 'opening')) return
    if (event.event === 'progress' && !this.#reporter.json) return
    const [text, fromVerbosity] = this.#textOf(target, event)
    this.#reporter.tell({ ...event, name: target.name }, text, fromVerbosity)
  }

  done(target: Target, summary: FetchSummary): void {
    this.#waiting.delete(target)
    this.#follow(target, summary.bytes)
    this.#state.done++
    if (target.isPresent) this.#present++
    const { name, path } = target
    const size = formatBytes(summary.bytes)
    const how = target.isPresent ? 'was here already' : `in ${summary.seconds.toFixed(1)} s`
    this.#reporter.conclude({ event: 'done', name, output: path, ...summary }, `${path}: ${size} ${how}`)
  }

  failed(target: Target, error: unknown): void {
    this.#waiting.delete(target)
    this.#state.failed++
    const exitCode = this.#reporter.fail(error, target.name)
    const { place } = target
    if (!this.#firstFailed || place < this.#firstFailed.place) this.#firstFailed = { place, exitCode }
  }

  /** That of the first content that has failed. */
  get exitCode(): number {
    return this.#firstFailed?.exitCode ?? ExitCode.ok
  }

  /** Tells what it all came to. */
  conclude(nowMs: number): void {
    const { contents, done, failed, bytes } = this.#state
    const seconds = (nowMs - this.#startedAtMs) / 1000
    const summary = { contents, done, present: this.#present, failed, bytes, seconds }
    const present = this.#present > 0 ? ` (${this.#present} were here already)` : ''
    const failures = failed > 0 ? `, ${failed} failed` : ''
    const left = contents - done - failed
    const rest = left > 0 ? `, ${left} not tried or not complete` : ''
    const rate = formatRate(bytes / Math.max(seconds, 0.001))
    this.#reporter.conclude(
      { event: 'summary', ...summary },
      `${done} of ${contents} contents${present}${failures}${rest}: ${formatBytes(bytes)} in ${seconds.toFixed(1)} s, ${rate}`
    )
  }

  #follow(target: Target, hereBytes: number): void {
    this.#state.bytes += Math.max(0, hereBytes - target.hereBytes)
    target.hereBytes = Math.max(target.hereBytes, hereBytes)
  }

  #textOf(target: Target, event: FetchEvent): [text: string, fromVerbosity: number] {
    const wasWaiting = this.#waiting.size > 0
    if (event.event === 'waiting') {
      this.#waiting.add(target)
      return [describeWaiting(event), wasWaiting ? 1 : 0]
    }
    const [text, fromVerbosity] = describe(
      event,
      { target: target.path, resumeBytes: target.resumeBytes },
      target.paths
    )
    if (event.event === 'resumed') {
      this.#waiting.delete(target)
      return [String(text), wasWaiting && this.#waiting.size === 0 ? 0 : 1]
    }
    return [`${target.name}: ${text}`, Math.max(1, fromVerbosity)]
  }
}
