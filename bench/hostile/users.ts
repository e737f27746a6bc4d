import { setTimeout as delay } from 'node:timers/promises'
import { multiaddr } from '@multiformats/multiaddr'
import { createNode, type OverlayNode } from '../../src/transport/node.ts'

const NEWCOMER_INTERVAL_MS = 500
const PING_INTERVAL_MS = 50
/** A ping that is not answered within this time is lost. */
const PATIENCE_MS = 10_000

export interface Served {
  longestPingMs: number
  newcomers: { tried: number; refused: number }
}

/** Users of a node that others attack: one pings over a connection that it has, and newcomers connect and ping once. */
export class Users {
  readonly #address: string
  readonly #working: Promise<unknown>[]
  #served = nothingYet()
  #isOver = false

  private constructor(address: string, user: OverlayNode) {
    this.#address = address
    this.#working = [this.#ping(user), this.#bringNewcomers()]
  }

  static async start(address: string): Promise<Users> {
    const user = await createNode({ listen: [] })
    await pingOf(user, address)
    return new Users(address, user)
  }

  /** Forgets how they were served up to now. */
  reset(): void {
    this.#served = nothingYet()
  }

  async stop(): Promise<Served> {
    const served = this.#served
    this.#isOver = true
    await Promise.all(this.#working)
    return served
  }

  async #ping(user: OverlayNode): Promise<void> {
    while (!this.#isOver) {
      const from = performance.now()
      await pingOf(user, this.#address).catch(() => {})
      this.#served.longestPingMs = Math.max(this.#served.longestPingMs, performance.now() - from)
      await delay(PING_INTERVAL_MS)
    }
    await user.stop()
  }

  async #bringNewcomers(): Promise<void> {
    while (!this.#isOver) {
      const served = this.#served
      const newcomer = await createNode({ listen: [] })
      served.newcomers.tried++
      await pingOf(newcomer, this.#address).catch(() => served.newcomers.refused++)
      await newcomer.stop()
      await delay(NEWCOMER_INTERVAL_MS)
    }
  }
}

function nothingYet(): Served {
  return { longestPingMs: 0, newcomers: { tried: 0, refused: 0 } }
}

async function pingOf(node: OverlayNode, address: string): Promise<void> {
  await node.services.ping.ping(multiaddr(address), { signal: AbortSignal.timeout(PATIENCE_MS) })
}
