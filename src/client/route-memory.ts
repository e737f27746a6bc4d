import type { KnownRoute } from '../planner/planner.ts'
import { REMEMBERED_MS, REMEMBERED_ROUTES } from './defaults.ts'

/**
 * Keeps what fetches have learnt of routes, by route id, for the fetches that follow. What is older
 * than REMEMBERED_MS is forgotten, and so is the oldest when there are more than REMEMBERED_ROUTES.
 * Pure.
 */
export class RouteMemory {
  /** The route that was learnt of last stands last. */
  readonly #routes = new Map<string, KnownRoute & { learntAtMs: number }>()

  get size(): number {
    return this.#routes.size
  }

  learn(id: string, { rateBytesPerSecond, rttMs }: KnownRoute, nowMs: number): void {
    this.#routes.delete(id)
    this.#routes.set(id, { rateBytesPerSecond, rttMs, learntAtMs: nowMs })
    if (this.#routes.size > REMEMBERED_ROUTES) this.#routes.delete(this.#routes.keys().next().value!)
  }

  /** The route is not what it was known to be. */
  forget(id: string): void {
    this.#routes.delete(id)
  }

  /** What is known of the route; undefined where nothing is, or nothing recent. */
  recall(id: string, nowMs: number): KnownRoute | undefined {
    const route = this.#routes.get(id)
    if (!route) return undefined
    const { rateBytesPerSecond, rttMs, learntAtMs } = route
    if (nowMs - learntAtMs <= REMEMBERED_MS) return { rateBytesPerSecond, rttMs }
    this.#routes.delete(id)
    return undefined
  }
}
