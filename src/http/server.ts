import { once } from 'node:events'
import { createServer, type IncomingMessage, ServerResponse } from 'node:http'
import type { Socket } from 'node:net'
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

/**
 * Answers one CONNECT: by the response as long as there is no tunnel, or by `open`, which begins it,
 * and gives what goes through it to and from the client. What it throws is as with an HttpHandler.
 */
export type TunnelHandler = (
  request: IncomingMessage,
  response: ServerResponse,
  open: () => Socket
) => void | Promise<void>

export interface HttpServerOptions {
  /** Called with the error that a handler has thrown. Default: nobody is told. */
  onFailure?: (error: unknown) => void
  /**
   * Makes the server one for proxies: it takes tunnels, and bodies of requests, which are for others
   * then, for as long as they come. Default: a CONNECT closes its connection.
   */
  onTunnel?: TunnelHandler
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
  /** Connections that have asked for a tunnel. */
  readonly #tunnels = new Set<Socket>()

  constructor(options: HttpServerOptions = {}) {
    this.#options = options
    this.#server.maxConnections = LIMITS.maxConnections
    const { onTunnel } = options
    if (!onTunnel) return
    this.#server.requestTimeout = 0
    this.#server.on('connect', (request, _, head) => void this.#tunnel(request, head, onTunnel))
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

  /** Answers what comes over a connection, such as the one of a tunnel, as if the server had accepted it. */
  adopt(socket: Socket): void {
    this.#server.emit('connection', socket)
  }

  /** Breaks off all answers and tunnels, and stops the server. */
  async stop(): Promise<void> {
    if (!this.#server.listening) return
    this.#server.closeAllConnections()
    for (const socket of this.#tunnels) socket.destroy()
    this.#server.close()
    await once(this.#server, 'close')
  }

  async #answer(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const handler = this.#handlerOf(pathOf(request))
    if (!handler) return answerText(response, 404, 'not found\n')
    await this.#attempt(response, () => handler(request, response))
  }

  async #tunnel(request: IncomingMessage, head: Buffer, handler: TunnelHandler): Promise<void> {
    const { socket } = request
    this.#tunnels.add(socket)
    socket.once('close', () => this.#tunnels.delete(socket)).on('error', () => socket.destroy())
    socket.unshift(head)
    const response = new ServerResponse(request)
    response.shouldKeepAlive = false
    response.assignSocket(socket)
    response.once('finish', () => socket.destroySoon())
    const open = () => {
      response.detachSocket(socket)
      socket.setTimeout(0)
      socket.write('HTTP/1.1 200 Connection established\r\n\r\n')
      return socket
    }
    await this.#attempt(response, () => handler(request, response, open))
  }

  async #attempt(response: ServerResponse, answer: () => void | Promise<void>): Promise<void> {
    try {
      await answer()
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
