import type { Pattern } from '../pattern/pattern.ts'
import { Schedule } from '../pattern/schedule.ts'
import type { PatternApplied, PatternChange } from '../protocol/route-codec.ts'

/**
 * Number of one session's patterns that are remembered. Their elements are bounded, too (an element
 * counts once a route).
 */
const MAX_CHANGES = 64

/** How the segments of a route compare with the patterns in force. */
export interface PatternCounts {
  /** Segments that the schedule gives to the route. */
  scheduled: number
  /** Segments sent because of a reassignment. */
  repairs: number
  /** Segments of no known pattern: the source went its own way, or the pattern is no longer remembered. */
  unscheduled: number
}

/**
 * A relay's knowledge of one session's patterns: the client's orders as they pass by, each put
 * right once the source has said from which segment it really applies. Pure, and bounded however
 * many patterns a client sends.
 */
export class PatternHistory {
  readonly #route: number
  readonly #maxElements: number
  readonly #changes: PatternChange[] = []
  readonly counts: PatternCounts = { scheduled: 0, repairs: 0, unscheduled: 0 }
  #schedule = new Schedule()
  #version = 0

  constructor(route: number, maxElements: number) {
    this.#route = route
    this.#maxElements = maxElements
  }

  /** The pattern that was ordered last. */
  get current(): Pattern | undefined {
    return this.#changes.at(-1)?.pattern
  }

  get schedule(): Schedule {
    return this.#schedule
  }

  /**
   * Takes the patterns that the client orders; it has all segments below `done`. Versions that are
   * known count once.
   */
  order(changes: readonly PatternChange[], done: number): void {
    for (const change of changes) {
      if (change.version <= this.#version) continue
      this.#version = change.version
      this.#changes.push({ ...change })
      this.#schedule.append(change.from, change.pattern)
    }
    this.#forget(done)
  }

  /** Takes what the source says of where patterns really began. */
  applied(applied: readonly PatternApplied[]): void {
    let changed = false
    for (const { version, from } of applied) {
      const change = this.#changes.find(known => known.version === version)
      if (!change || change.from === from) continue
      change.from = from
      changed = true
    }
    if (changed) this.#rebuild()
  }

  /** Counts a segment that came by. */
  count(seq: number, repair: boolean): void {
    if (repair) this.counts.repairs++
    else if (this.#schedule.routesOf(seq).includes(this.#route)) this.counts.scheduled++
    else this.counts.unscheduled++
  }

  #forget(done: number): void {
    const changes = this.#changes
    let elements = changes.reduce((sum, { pattern }) => sum + pattern.places, 0)
    let count = 0
    while (count < changes.length - 1) {
      const outOfUse = changes[count + 1]!.from <= done
      if (!outOfUse && elements <= this.#maxElements && changes.length - count <= MAX_CHANGES) break
      elements -= changes[count]!.pattern.places
      count++
    }
    if (count === 0) return
    changes.splice(0, count)
    this.#rebuild()
  }

  #rebuild(): void {
    this.#schedule = new Schedule()
    for (const { from, pattern } of this.#changes) this.#schedule.append(from, pattern)
  }
}
