/** Number of the test block that is ordered with `open` and comes back right behind the answer. */
const OPENING_TEST = 0

/** What the answer to a test tells of its route. */
export interface TestAnswer {
  rttMs: number
  /** Milliseconds from the source's answer to `open` until its test block had come. */
  spreadMs?: number
}

/** Keeps which test blocks were ordered over which routes, and when. Pure. */
export class TestBlocks {
  readonly #ordered = new Map<number, { route: number; sentAtMs: number }>()
  readonly #openings = new Map<number, { atMs: number; rttMs: number }>()
  #nextNonce = OPENING_TEST + 1

  /** The route has opened: the block that was ordered with its `open` may come. */
  opened(route: number, rttMs: number, nowMs: number): void {
    this.#openings.set(route, { atMs: nowMs, rttMs })
  }

  closed(route: number): void {
    this.#openings.delete(route)
    for (const [nonce, test] of this.#ordered) if (test.route === route) this.#ordered.delete(nonce)
  }

  /** Numbers a test block that is ordered now. */
  order(route: number, nowMs: number): number {
    const nonce = this.#nextNonce++
    this.#ordered.set(nonce, { route, sentAtMs: nowMs })
    return nonce
  }

  /** Takes an answer that came over the route; undefined where it was not asked for. */
  answered(route: number, nonce: number, nowMs: number): TestAnswer | undefined {
    const opening = this.#openings.get(route)
    if (nonce === OPENING_TEST && opening) {
      const spreadMs = nowMs - opening.atMs
      return { rttMs: opening.rttMs + spreadMs, spreadMs }
    }
    const test = this.#ordered.get(nonce)
    if (!test || test.route !== route) return undefined
    this.#ordered.delete(nonce)
    return { rttMs: nowMs - test.sentAtMs }
  }
}
