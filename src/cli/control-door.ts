import { FetchControl } from '../client/fetch-control.ts'
import type { FetchEvent } from '../client/fetch-events.ts'
import type { ControlServer } from './control-server.ts'
import type { CliEvent, Reporter } from './reporter.ts'

/** Time since the start in milliseconds after which a fetch can be controlled that has routes and no bytes yet. */
const LATEST_MS = 1_000

/** Opens the control socket of a fetch once its first bytes are here, so that it delays no start. */
export class ControlDoor {
  /** To be given to the fetch. */
  readonly control = new FetchControl()
  readonly #environment: NodeJS.ProcessEnv
  readonly #reporter: Reporter
  #isAsked = false
  #hasRoutes = false
  #server: ControlServer | undefined
  #isClosed = false

  constructor(environment: NodeJS.ProcessEnv, reporter: Reporter) {
    this.#environment = environment
    this.#reporter = reporter
  }

  handle(event: FetchEvent): void {
    if (event.event === 'route') this.#hasRoutes = true
    // Before there are routes nothing can be controlled.
    const isDue = this.#hasRoutes && 'atMs' in event && event.atMs >= LATEST_MS
    const hasBytes = event.event === 'progress' && event.bytes > 0
    if (this.#isAsked || !(isDue || hasBytes)) return
    this.#isAsked = true
    void this.#open()
  }

  close(): void {
    this.#isClosed = true
    this.#server?.close()
  }

  /** A fetch is worth more than its control: where the socket cannot be opened, that is told, and the fetch goes on. */
  async #open(): Promise<void> {
    try {
      const { openControlServer } = await import('./control-server.ts')
      this.#server = await openControlServer(this.control, this.#environment)
      if (this.#isClosed) this.#server.close()
      else
        this.#tell({ event: 'controllable', path: this.#server.path }, `controlled by ${this.#server.path}`)
    } catch (error) {
      const message = `client control cannot reach this fetch: ${(error as Error).message}`
      this.#tell({ event: 'problem', message }, message)
    }
  }

  #tell<E extends CliEvent>(event: E, text: string): void {
    this.#reporter.tell(event, text, 1)
  }
}
