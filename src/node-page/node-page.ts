import type { HttpAddress } from '../http/server.ts'
import { PageServer } from '../pages/page-server.ts'
import { type Scheduler, systemScheduler } from '../scheduler.ts'
import { NODE_PAGE_LIMITS as LIMITS } from './limits.ts'

export interface NodePageOptions {
  /** As of PageServerOptions. */
  title: string
  html: string
  policy: string
  token?: string | undefined
  onFailure?: (error: unknown) => void
  /** Makes what the page shows, each second; milliseconds of one clock. */
  look(nowMs: number): unknown
  scheduler?: Scheduler
}

/** The web page of a relay or a fetch: looks at it each second, and shows what was seen last. */
export class NodePage {
  readonly #options: NodePageOptions
  readonly #scheduler: Scheduler
  readonly #server: PageServer
  #seen: unknown
  #cancelLook: () => void = () => {}

  constructor(options: NodePageOptions) {
    this.#options = options
    this.#scheduler = options.scheduler ?? systemScheduler
    this.#server = new PageServer({ ...options, view: () => this.#seen })
  }

  /** As PageServer.start. */
  async start(address: HttpAddress): Promise<string> {
    const url = await this.#server.start(address)
    this.#look()
    return url
  }

  /** As PageServer.setToken. */
  setToken(token: string): void {
    this.#server.setToken(token)
  }

  /** Breaks off all answers and stops. */
  async stop(): Promise<void> {
    this.#cancelLook()
    await this.#server.stop()
  }

  #look(): void {
    this.#seen = this.#options.look(this.#scheduler.nowMs())
    this.#cancelLook = this.#scheduler.after(LIMITS.intervalMs, () => this.#look())
  }
}
