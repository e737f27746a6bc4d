import type { IncomingMessage, ServerResponse } from 'node:http'
import { type HttpAddress, HttpServer } from '../http/server.ts'
import { ContentSite, type ContentSiteOptions } from './content-site.ts'
import type { GatewayMeter } from './meter.ts'
import { RequestDesk } from './request-desk.ts'

export interface GatewayOptions extends ContentSiteOptions {
  /**
   * Called with each error that broke an answer off, or ended it with a status of 500 or more that
   * is not the request's own fault, as 505 is.
   */
  onFailure?: (error: unknown) => void
  /** Counts what is answered. Default: nobody does. */
  meter?: GatewayMeter
}

/** Serves contents over HTTP to programs and people that know nothing of routes. */
export class Gateway {
  readonly #server: HttpServer

  constructor(options: GatewayOptions) {
    const site = new ContentSite(options)
    const desk = new RequestDesk(options)
    const handler = (request: IncomingMessage, response: ServerResponse) =>
      desk.take(request, response, (...asked) => site.answer(...asked))
    this.#server = new HttpServer().mount('/', handler).mount('*', handler)
  }

  /**
   * Starts to listen; port 0 stands for any free port. Returns the gateway's URL without a slash at
   * its end. Throws the system's error.
   */
  start(address: HttpAddress): Promise<string> {
    return this.#server.start(address)
  }

  /** Breaks off all answers and stops the gateway. */
  stop(): Promise<void> {
    return this.#server.stop()
  }
}
