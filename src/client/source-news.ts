import type { FetchEvent } from './fetch-events.ts'

/** Keeps which sources take part in a fetch of several transfers, each of which tells it anew. Pure. */
export class SourceNews {
  readonly #states = new Map<string, 'joined' | 'left'>()

  /** `firstId` is the source that users know from the start. */
  constructor(firstId: string) {
    this.#states.set(firstId, 'joined')
  }

  /** Whether users do not know yet what the event tells. */
  isNews(event: FetchEvent): boolean {
    if (event.event !== 'source') return true
    const isNews = this.#states.get(event.source) !== event.state
    this.#states.set(event.source, event.state)
    return isNews
  }
}
