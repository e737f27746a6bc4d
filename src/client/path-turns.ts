import type { KnownRoute } from '../planner/planner.ts'
import { idOf, type RoutePath } from './route-table.ts'

/** The paths that carry a content, and what is to be called once it is here. */
export interface PathTurn {
  paths: RoutePath[]
  over(): void
}

/**
 * Which paths carry contents that have fewer segments than there are paths. Where the rates of all are known, each segment
 * gets the path that brings it first, behind what the path brings of other such contents; else they go in turn. Pure.
 */
export class PathTurns {
  #turns = 0
  /** Segments of such contents that are still to come, by the id of their path. */
  readonly #owed = new Map<string, number>()

  /** `recall` tells what is known of a path by its id. */
  take(
    paths: readonly RoutePath[],
    { segments, segmentBytes }: { segments: number; segmentBytes: number },
    recall: (id: string) => KnownRoute | undefined
  ): PathTurn {
    const usual = paths.filter(({ isBackup }) => !isBackup)
    const among = usual.length > 0 ? usual : [...paths]
    const inTurn = rotated(among, this.#turns++)
    if (segments >= among.length) return { paths: inTurn, over: () => {} }
    const known = inTurn.flatMap(path => {
      const route = recall(idOf(path))
      return route ? [{ path, id: idOf(path), ...route }] : []
    })
    if (known.length < among.length) return { paths: inTurn.slice(0, Math.max(1, segments)), over: () => {} }
    const atMs = ({ id, rttMs, rateBytesPerSecond }: (typeof known)[number]) =>
      rttMs + ((this.#owedBy(id) + 1) * segmentBytes * 1000) / rateBytesPerSecond
    const taken = Array.from({ length: Math.max(1, segments) }, () => {
      const first = known.reduce((best, other) => (atMs(other) < atMs(best) ? other : best))
      this.#add(first.id, 1)
      return first
    })
    return {
      paths: [...new Set(taken.map(({ path }) => path))],
      over: () => {
        for (const { id } of taken.splice(0)) this.#add(id, -1)
      }
    }
  }

  #owedBy(id: string): number {
    return this.#owed.get(id) ?? 0
  }

  #add(id: string, segments: number): void {
    const owed = this.#owedBy(id) + segments
    if (owed > 0) this.#owed.set(id, owed)
    else this.#owed.delete(id)
  }
}

function rotated<T>(items: readonly T[], by: number): T[] {
  const start = by % items.length
  return [...items.slice(start), ...items.slice(0, start)]
}
