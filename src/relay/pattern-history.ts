import type { Pattern } from '../pattern/pattern.ts'
import { Schedule } from '../pattern/schedule.ts'
import type { PatternChange } from '../protocol/route-messages.ts'

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
 * A relay's knowledge of one session's patterns, which the client tells: as it orders them, and again
 * when the source applies one from another segment on. Pure, and bounded however many patterns a client
 * sends.
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
   * Takes the patterns that the client tells; it has all segments below `done`. A version that is known
   * counts again only where it begins at another segment.
   */
  order(changes: readonly PatternChange[], done: number): void {
    let isCorrected = false
    for (const change of changes) {
      if (change.version > this.#version) {
        this.#version = change.version
        this.#changes.push({ ...change })
        this.#schedule.append(change.from, change.pattern)
      } else if (this.#correct(change)) isCorrected = true
    }
    if (isCorrected) this.#rebuild()
    this.#forget(done)
  }

  /** Counts a segment that came by. */
  count(seq: number, repair: boolean): void {
    if (repair) this.counts.repairs++
    else if (this.#schedule.routesOf(seq).includes(this.#route)) this.counts.scheduled++
    else this.counts.unscheduled++
  }

  /** Puts right where a known pattern begins. Returns whether that has changed. */
  #correct({ version, from }: PatternChange): boolean {
    const known = this.#changes.find(change => change.version === version)
    if (!known || known.from === from) return false
    known.from = from
    return true
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
