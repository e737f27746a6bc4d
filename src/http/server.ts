import { once } from 'node:events'
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import { HTTP_LIMITS as LIMITS } from './limits.ts'
import { splitTarget } from './request-target.ts'

export interface HttpAddress {
  host: string
  port: number
}

/**
 * Answers one request. Where it throws, the answer has status 500, or one that it has begun is
 * broken off.
 */
export type HttpHandler = (request: IncomingMessage, response: ServerResponse) => void | Promise<void>

export interface HttpServerOptions {
  /** Called with the error that a handler has thrown. Default: nobody is told. */
  onFailure?: (error: unknown) => void
}

const SERVER_OPTIONS = {
  maxHeaderSize: LIMITS.maxHeadBytes,
  headersTimeout: LIMITS.headTimeoutMs,
  requestTimeout: LIMITS.requestTimeoutMs,
  keepAliveTimeout: LIMITS.idleTimeoutMs,
  connectionsCheckingInterval: LIMITS.checkIntervalMs
}

/** One small server that several parts of a program mount their paths on. */
export class HttpServer {
  readonly #options: HttpServerOptions
  readonly #handlers = new Map<string, HttpHandler>()
  readonly #server = createServer(SERVER_OPTIONS, (request, response) => void this.#answer(request, response))

  constructor(options: HttpServerOptions = {}) {
    this.#options = options
    this.#server.maxConnections = LIMITS.maxConnections
  }

  /**
   * Mounts a handler for `path` alone or, where the path ends with a slash, for all paths below it;
   * the longest match wins.
   */
  mount(path: string, handler: HttpHandler): this {
    if (this.#handlers.has(path)) throw new Error(`something is mounted on ${path} already`)
    this.#handlers.set(path, handler)
    return this
  }

  /**
   * Starts to listen; port 0 stands for any free port. Returns the server's URL without a slash at
   * its end. Throws the system's error.
   */
  async start({ host, port }: HttpAddress): Promise<string> {
    this.#server.listen(port, host)
    await once(this.#server, 'listening')
    const { port: given } = this.#server.address() as { port: number }
    return `http://${host.includes(':') ? `[${host}]` : host}:${given}`
  }

  /** Breaks off all answers and stops the server. */
  async stop(): Promise<void> {
    if (!this.#server.listening) return
    this.#server.closeAllConnections()
    this.#server.close()
    await once(this.#server, 'close')
  }

  async #answer(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const handler = this.#handlerOf(pathOf(request))
    if (!handler) return answerText(response, 404, 'not found\n')
    try {
      await handler(request, response)
    } catch (error) {
      this.#options.onFailure?.(error)
      if (response.headersSent) response.destroy()
      else answerText(response, 500, 'the server failed\n')
    }
  }

  #handlerOf(path: string): HttpHandler | undefined {
    const exact = this.#handlers.get(path)
    if (exact) return exact
    for (let end = path.lastIndexOf('/'); end >= 0; end = path.lastIndexOf('/', end - 1)) {
      const handler = this.#handlers.get(path.slice(0, end + 1))
      if (handler || end === 0) return handler
    }
    return undefined
  }
}

/** The path of a request as it was sent: percent signs and dots in it have not been interpreted. */
export function pathOf({ url = '' }: IncomingMessage): string {
  return splitTarget(url).path
}

/** Answers with plain text. */
export function answerText(response: ServerResponse, status: number, text: string): void {
  response.writeHead(status, { 'content-type': 'text/plain; charset=utf-8' }).end(text)
}
