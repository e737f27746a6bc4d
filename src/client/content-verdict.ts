import { WireStatus } from '../errors.ts'
import { RouteLostError, WrongRecordError } from './route-errors.ts'

/** What a source says of the content itself: another route to it cannot help. */
const CONTENT_STATUSES: number[] = [
  WireStatus.unknownContent,
  WireStatus.contentChanged,
  WireStatus.readFailed,
  WireStatus.notReady
]

interface PathState {
  isOffered: boolean
  /** A route over it is open, or is being opened. */
  isInUse: boolean
  /** Why the last route over it ended. */
  end?: Error
}

/**
 * When to believe what routes say of the content. Nothing proves that a status comes from the source, as any relay can forge
 * one. So it ends the route that brought it, and the whole fetch only when no path contradicts: none is in use or still to be
 * tried, and the last route over each has ended so. Pure.
 */
export class ContentVerdict {
  readonly #paths = new Map<string, PathState>()

  offered(path: string): void {
    this.#paths.set(path, { isInUse: false, ...this.#paths.get(path), isOffered: true })
  }

  withdrawn(path: string): void {
    const state = this.#paths.get(path)
    if (state) state.isOffered = false
  }

  /** A route over the path is being opened. */
  tried(path: string): void {
    this.#paths.set(path, { isOffered: true, ...this.#paths.get(path), isInUse: true })
  }

  closed(path: string, end: Error): void {
    const isOffered = this.#paths.get(path)?.isOffered ?? false
    // Put last: the newest word is the one that is told.
    this.#paths.delete(path)
    this.#paths.set(path, { isOffered, isInUse: false, end })
  }

  /** What ends the fetch; undefined while a path may know better. */
  get error(): Error | undefined {
    // A path that has been withdrawn is waited for no more, but what was said over it counts.
    const known = [...this.#paths.values()].filter(
      ({ isOffered, isInUse, end }) => isOffered || isInUse || isOfContent(end)
    )
    if (known.some(({ isInUse, end }) => isInUse || !end)) return undefined
    return verdictOf(known.map(({ end }) => end!))
  }
}

/** What ends a fetch of which every route has ended for one of these reasons; undefined where not all are of the content. */
export function verdictOf(ends: readonly Error[]): Error | undefined {
  if (ends.length === 0 || !ends.every(isOfContent)) return undefined
  const last = ends.at(-1)!
  const word = ends.findLast(isSourcesWord)
  return (
    word ?? new WrongRecordError(`No route has brought the content that was asked for: ${last.message}`, last)
  )
}

function isOfContent(end: Error | undefined): boolean {
  return end instanceof WrongRecordError || (end !== undefined && isSourcesWord(end))
}

/** A relay names itself in a status of its own. */
function isSourcesWord(end: Error): boolean {
  return end instanceof RouteLostError && end.saidBy === '' && CONTENT_STATUSES.includes(end.wireStatus)
}
