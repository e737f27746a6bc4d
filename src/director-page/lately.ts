import type { DirectorEvent } from '../director/director-event.ts'
import { DIRECTOR_PAGE_LIMITS as LIMITS } from './limits.ts'
import type { PastEvent } from './page-view.ts'
import type { GoneNode } from './problems.ts'

/** A time, in ISO 8601 and in milliseconds since 1970. */
export interface Moment {
  at: string
  utcMs: number
}

/** Keeps what happened lately, and which nodes were lost. Times are milliseconds since 1970. Pure. */
export class Lately {
  #events: PastEvent[] = []
  readonly #roles = new Map<string, 'source' | 'relay'>()
  readonly #gone = new Map<string, GoneNode & { atMs: number }>()

  /** Takes an event; `text` says it to people. */
  tell(event: DirectorEvent, text: string, { at, utcMs }: Moment): void {
    const [last] = this.#events
    if (last?.text === text) this.#events[0] = { ...last, at, times: last.times + 1 }
    else this.#events = [{ at, kind: event.kind, text, times: 1 }, ...this.#events].slice(0, LIMITS.maxEvents)
    if (event.kind === 'joined') {
      this.#roles.set(event.peerId, event.role)
      this.#gone.delete(event.peerId)
    }
    if (event.kind === 'left') this.#left(event.peerId, event.reason, { at, utcMs })
  }

  /** What happened, the last first. */
  get events(): readonly PastEvent[] {
    return this.#events
  }

  /** The nodes that were lost, the last first. */
  gone(utcMs: number): GoneNode[] {
    const gone = [...this.#gone.values()].filter(({ atMs }) => utcMs - atMs < LIMITS.goneForMs)
    return gone.reverse().map(({ atMs: _, ...node }) => node)
  }

  #left(peerId: string, reason: string, { at, utcMs }: Moment): void {
    const role = this.#roles.get(peerId) ?? 'node'
    this.#roles.delete(peerId)
    this.#gone.delete(peerId)
    // Whoever has taken leave is not missed.
    if (reason === 'ended') return
    if (this.#gone.size >= LIMITS.maxGone) this.#gone.delete(this.#gone.keys().next().value!)
    this.#gone.set(peerId, { peerId, role, at, reason, atMs: utcMs })
  }
}
