import type { IncomingMessage, ServerResponse } from 'node:http'
import type { Socket } from 'node:net'
import { type RequestTarget, splitTarget } from '../http/request-target.ts'
import { type HttpAddress, HttpServer } from '../http/server.ts'
import { answerContent } from './content-answer.ts'
import type { Contents } from './contents.ts'
import { corsHeaders, preflightHeaders } from './cors.ts'
import { type Failure, failureOf } from './failure.ts'
import { isForeignPage, isOwnHost } from './host-check.ts'
import { GATEWAY_LIMITS } from './limits.ts'
import { failurePage, listingPage } from './listing-page.ts'
import { PAGE_POLICY } from './markup.ts'
import {
  ALLOWED_METHODS,
  ForeignHostError,
  ForeignPageError,
  HttpVersionError,
  MethodRefusedError,
  RequestTargetError,
  UnknownPathError
} from './refusals.ts'
import { parseGatewayTarget } from './target.ts'
import { Turns } from './turns.ts'

export interface GatewayOptions {
  contents: Contents
  /** Host names besides localhost under which the gateway answers; it does so under each IP address. */
  hostNames?: readonly string[]
  /** Origins whose pages may read answers, such as `https://app.example`; `*` for all. Default: none. */
  corsOrigins?: readonly string[]
  /** Called with each error that ended an answer with a status of 500 or more, or broke it off. */
  onFailure?: (error: unknown) => void
}

/** What every answer says, whatever it brings. */
const ALWAYS = {
  'x-content-type-options': 'nosniff',
  'cross-origin-resource-policy': 'same-site',
  'referrer-policy': 'no-referrer'
}

/** Serves contents over HTTP to programs and people that know nothing of routes. */
export class Gateway {
  readonly #options: GatewayOptions
  readonly #turns = new Turns<Socket>()
  readonly #server: HttpServer

  constructor(options: GatewayOptions) {
    this.#options = options
    const handler = (request: IncomingMessage, response: ServerResponse) => this.#take(request, response)
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

  /** Requests that were sent without waiting for answers are answered one after the other. */
  async #take(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const { socket } = request
    if (this.#turns.waiting(socket) > GATEWAY_LIMITS.maxWaitingRequests) socket.destroy()
    else await this.#turns.take(socket, () => this.#handle(request, response))
  }

  async #handle(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const { socket } = request
    if (socket.destroyed) return
    const ended = new AbortController()
    const end = () => ended.abort()
    socket.once('close', end)
    // A silent connection is the reader's fault only where something waits for the reader.
    response.setTimeout(GATEWAY_LIMITS.stalledReaderMs, () => {
      if (socket.writableLength > 0) socket.destroy()
    })
    try {
      await this.#answer(request, response, ended.signal)
    } catch (error) {
      // Whoever has gone need not be told, and what then fails is no failure.
      if (!ended.signal.aborted) this.#fail(request, response, error)
    } finally {
      socket.off('close', end)
      end()
    }
  }

  async #answer(request: IncomingMessage, response: ServerResponse, signal: AbortSignal): Promise<void> {
    const target = splitTarget(request.url ?? '')
    const { corsOrigins = [] } = this.#options
    const cors = corsHeaders(request.headers.origin, corsOrigins)
    for (const [name, value] of Object.entries({ ...ALWAYS, ...cors })) response.setHeader(name, value)
    this.#admit(request, target)
    if (request.method === 'OPTIONS') {
      response.writeHead(204, { allow: ALLOWED_METHODS, ...preflightHeaders(cors) }).end()
      return
    }
    if (request.method !== 'GET' && request.method !== 'HEAD') throw new MethodRefusedError()
    const asked = parseGatewayTarget(target)
    const { contents } = this.#options
    if (asked.kind === 'folder') {
      const listing = await contents.list(asked.prefix, signal)
      if (listing.contents.length === 0 && asked.prefix !== '') throw new UnknownPathError()
      return answerPage(request, response, 200, listingPage(listing, asked.prefix))
    }
    const { latencyMs } = asked.presentation
    const content = await contents.find(asked.reference, {
      signal,
      ...(latencyMs === undefined ? {} : { latencyMs })
    })
    await answerContent(request, response, content, asked, signal)
  }

  /** Throws where the gateway is not meant, or not to be asked by who asks. */
  #admit(
    { httpVersionMajor, headers, headersDistinct }: IncomingMessage,
    { authority }: RequestTarget
  ): void {
    if (httpVersionMajor !== 1) throw new HttpVersionError()
    const named = headersDistinct.host ?? []
    if (named.length > 1) throw new RequestTargetError('The request names several hosts; name one')
    const { hostNames = [], corsOrigins = [] } = this.#options
    // A request of HTTP/1.0 may name no host, and comes from no browser then.
    const host = authority ?? named[0]
    if (host !== undefined && !isOwnHost(host, hostNames)) throw new ForeignHostError()
    const { origin, 'sec-fetch-site': site, 'sec-fetch-dest': destination } = headers
    if (isForeignPage({ site, destination, origin }, corsOrigins)) throw new ForeignPageError()
  }

  #fail(request: IncomingMessage, response: ServerResponse, error: unknown): void {
    const failure = failureOf(error)
    if (response.headersSent || failure.status >= 500) this.#options.onFailure?.(error)
    if (response.headersSent) request.socket.destroy()
    else answerFailure(request, response, failure)
  }
}

/** Answers a browser that a person looks at with a page, and any other program with JSON. */
function answerFailure(request: IncomingMessage, response: ServerResponse, failure: Failure): void {
  const { status, headers, code, message, remedy } = failure
  for (const name of ['etag', 'last-modified']) response.removeHeader(name)
  for (const [name, value] of Object.entries(headers)) response.setHeader(name, value)
  response.appendHeader('vary', 'Accept')
  if (request.headers.accept?.includes('text/html')) {
    answerPage(request, response, status, failurePage(failure))
  } else {
    const body = `${JSON.stringify({ code, message, ...(remedy === undefined ? {} : { remedy }) })}\n`
    answerText(request, response, status, body, { 'content-type': 'application/json' })
  }
}

function answerPage(request: IncomingMessage, response: ServerResponse, status: number, text: string): void {
  answerText(request, response, status, text, {
    'content-type': 'text/html; charset=utf-8',
    'content-security-policy': PAGE_POLICY
  })
}

function answerText(
  { method }: IncomingMessage,
  response: ServerResponse,
  status: number,
  text: string,
  headers: Record<string, string>
): void {
  const body = new TextEncoder().encode(text)
  const all = { ...headers, 'cache-control': 'no-store', 'content-length': body.byteLength }
  response.writeHead(status, all).end(method === 'HEAD' ? undefined : body)
}
