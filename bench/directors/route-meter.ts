import { setTimeout as delay } from 'node:timers/promises'
import { queryRoutes } from '../../src/discovery/director-client.ts'
import { createNode, type OverlayNode } from '../../src/transport/node.ts'
import type { DirectorsNetwork } from './network.ts'

const INTERVAL_MS = 250
/** Milliseconds after which a question counts as not answered. */
const TIMEOUT_MS = 3_000

export interface MeterResult {
  /** Milliseconds of the longest time in which no question that names all directors was answered with a route. */
  longestFailureMs: number
  /** Milliseconds of the longest time in which a director that ran told fewer than all relays, or did not answer. */
  longestLackMs: number
  /** The fewest relays that a running director has told; undefined where each told all. */
  fewest: number | undefined
  /** Questions to all directors. */
  queries: number
}

/** Asks directors all the time how they lead to a content. */
export class RouteMeter {
  readonly #network: DirectorsNetwork
  readonly #relays: number
  readonly #nodes: OverlayNode[]
  readonly #loops: Promise<void>[]
  #isOver = false
  #result: MeterResult = nothing()
  /** When each director last told all relays, and when a question to all was last answered. */
  readonly #completeMs: number[]
  #answeredMs = performance.now()

  private constructor(network: DirectorsNetwork, relays: number, nodes: OverlayNode[]) {
    this.#network = network
    this.#relays = relays
    this.#nodes = nodes
    this.#completeMs = network.addresses.map(() => Number.NEGATIVE_INFINITY)
    const [first, ...others] = nodes
    this.#loops = [this.#askAll(first!), ...others.map((node, index) => this.#askOne(node, index))]
  }

  static async start(network: DirectorsNetwork, relays: number): Promise<RouteMeter> {
    const nodes = await Promise.all([undefined, ...network.addresses].map(() => createNode({ listen: [] })))
    return new RouteMeter(network, relays, nodes)
  }

  begin(): void {
    this.#result = nothing()
  }

  result(): MeterResult {
    return this.#result
  }

  /** Resolves with the milliseconds until all directors tell all relays, asked from now on; undefined where they never do. */
  async untilAll(patienceMs: number): Promise<number | undefined> {
    const fromMs = performance.now()
    while (performance.now() - fromMs < patienceMs) {
      if (this.#completeMs.every(ms => ms > fromMs)) return Math.max(...this.#completeMs) - fromMs
      await delay(INTERVAL_MS)
    }
    return undefined
  }

  async stop(): Promise<void> {
    this.#isOver = true
    await Promise.all(this.#loops)
    for (const node of this.#nodes) await node.stop()
  }

  async #askAll(node: OverlayNode): Promise<void> {
    while (!this.#isOver) {
      const relays = await this.#ask(node, this.#network.addresses)
      const nowMs = performance.now()
      this.#result.queries++
      const failureMs = relays > 0 ? 0 : nowMs - this.#answeredMs
      this.#result.longestFailureMs = Math.max(this.#result.longestFailureMs, failureMs)
      if (relays > 0) this.#answeredMs = nowMs
      await delay(INTERVAL_MS)
    }
  }

  async #askOne(node: OverlayNode, index: number): Promise<void> {
    let lackSinceMs: number | undefined
    while (!this.#isOver) {
      const askedMs = performance.now()
      const wasUp = this.#network.isUp(index)
      const relays = wasUp ? await this.#ask(node, [this.#network.addresses[index]!]) : 0
      const nowMs = performance.now()
      if (!wasUp || !this.#network.isUp(index)) lackSinceMs = undefined
      else if (relays === this.#relays) {
        lackSinceMs = undefined
        this.#completeMs[index] = askedMs
      } else {
        lackSinceMs ??= askedMs
        this.#result.fewest = Math.min(this.#result.fewest ?? relays, relays)
        this.#result.longestLackMs = Math.max(this.#result.longestLackMs, nowMs - lackSinceMs)
      }
      await delay(INTERVAL_MS)
    }
  }

  /** The number of relays in the answer; 0 where there is none. */
  async #ask(node: OverlayNode, directors: string[]): Promise<number> {
    const question = { content: { name: 'film' }, routes: 16 }
    try {
      const answer = await queryRoutes(node, directors, question, { signal: AbortSignal.timeout(TIMEOUT_MS) })
      return answer.routes.length
    } catch {
      return 0
    }
  }
}

function nothing(): MeterResult {
  return { longestFailureMs: 0, longestLackMs: 0, fewest: undefined, queries: 0 }
}
