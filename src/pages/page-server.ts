import type { IncomingMessage, ServerResponse } from 'node:http'
import { splitTarget } from '../http/request-target.ts'
import { type HttpAddress, HttpServer } from '../http/server.ts'
import { SnapshotStream } from '../http/snapshot-stream.ts'
import { Gatekeeper } from './gatekeeper.ts'
import { PAGE_LIMITS as LIMITS } from './limits.ts'
import { tokenPage } from './token-page.ts'

/** What a page's own paths answer: a value as JSON, or what is wrong with the question. */
export type PageAnswer = { value: unknown } | { fault: string }

export interface PageServerOptions {
  /** Names the page for people, such as `Director`. */
  title: string
  /** The page as HTML, and what a browser may do with it. */
  html: string
  policy: string
  /** What the page shows; `query` is that of `/api/view`, and empty for the events. */
  view(query: URLSearchParams): unknown
  /** Further paths. Default: none. */
  answers?: Readonly<Record<string, (query: string) => PageAnswer>>
  /** What everybody has to give who looks. Default: every user of this host may look. */
  token?: string | undefined
  /** Called with the error that has ended an answer with status 500, or has broken it off. */
  onFailure?: ((error: unknown) => void) | undefined
}

/** What every answer says, whatever it brings. */
const ALWAYS = {
  'x-content-type-options': 'nosniff',
  'cross-origin-resource-policy': 'same-origin',
  'referrer-policy': 'no-referrer',
  'cache-control': 'no-store'
}

/** Serves the web page of a node to those who may look: the page, what it shows as JSON, and as it changes. */
export class PageServer {
  readonly #options: PageServerOptions
  #gatekeeper: Gatekeeper
  readonly #stream: SnapshotStream
  readonly #server: HttpServer
  /** The answers that go on for as long as somebody looks. */
  readonly #lasting = new Set<ServerResponse>()

  constructor(options: PageServerOptions) {
    this.#options = options
    this.#gatekeeper = new Gatekeeper(options.token)
    const { intervalMs, maxListeners } = LIMITS
    const snapshot = () => options.view(new URLSearchParams())
    this.#stream = new SnapshotStream({ snapshot, intervalMs, maxListeners })
    const { onFailure } = options
    this.#server = new HttpServer(onFailure ? { onFailure } : {}).mount('/', (...asked) =>
      this.#answer(...asked)
    )
  }

  /**
   * Starts to listen; port 0 stands for any free port. Returns the page's URL without a slash at its
   * end. Throws the system's error.
   */
  start(address: HttpAddress): Promise<string> {
    return this.#server.start(address)
  }

  /** From now on this is what everybody has to give who looks, those too who look already. */
  setToken(token: string): void {
    this.#gatekeeper = new Gatekeeper(token)
    for (const response of this.#lasting) response.destroy()
  }

  /** Breaks off all answers and stops. */
  stop(): Promise<void> {
    return this.#server.stop()
  }

  async #answer(request: IncomingMessage, response: ServerResponse): Promise<void> {
    for (const [name, value] of Object.entries(ALWAYS)) response.setHeader(name, value)
    const { path, query } = splitTarget(request.url ?? '')
    const isPage = path === '/'
    if (isPage && request.method === 'POST') return await this.#letIn(request, response)
    if (request.method !== 'GET' && request.method !== 'HEAD') {
      response.setHeader('allow', 'GET, HEAD')
      return answerFault(response, 405, 'this can be read only; use GET')
    }
    const given = isPage ? new URLSearchParams(query).get('token') : null
    if (given !== null) return this.#enter(response, given)
    const refused = this.#gatekeeper.refusalOf(request)
    if (refused?.status === 401) {
      response.setHeader('www-authenticate', 'Bearer')
      if (isPage) return this.#page(response, 401, tokenPage(this.#options.title))
    }
    if (refused) return answerFault(response, refused.status, refused.message)
    if (isPage) return this.#page(response, 200, this.#options.html)
    if (path === '/api/view') return answerJson(response, 200, this.#options.view(new URLSearchParams(query)))
    if (path === '/api/events') return await this.#listen(request, response)
    const { answers = {} } = this.#options
    const own = Object.hasOwn(answers, path) ? answers[path]!(query) : undefined
    if (own && 'fault' in own) answerFault(response, 400, own.fault)
    else if (own) answerJson(response, 200, own.value)
    else answerFault(response, 404, 'there is nothing here; / is the page')
  }

  /** A form has brought a token: it does not stand in the address, which browsers keep. */
  async #letIn(request: IncomingMessage, response: ServerResponse): Promise<void> {
    let text = ''
    for await (const chunk of request.setEncoding('utf8')) {
      text += chunk
      if (text.length > LIMITS.maxFormBytes) return answerFault(response, 413, 'that is no token')
    }
    this.#enter(response, new URLSearchParams(text).get('token') ?? '')
  }

  #enter(response: ServerResponse, token: string): void {
    const cookie = this.#gatekeeper.cookieFor(token.trim())
    // Where no token is wanted, one that is given does no harm.
    if (cookie === undefined && this.#options.token !== undefined) {
      this.#page(response, 401, tokenPage(this.#options.title, 'That is not the token of this page.'))
      return
    }
    if (cookie !== undefined) response.setHeader('set-cookie', cookie)
    response.writeHead(303, { location: '/' }).end()
  }

  async #listen(request: IncomingMessage, response: ServerResponse): Promise<void> {
    if (!this.#stream.hasRoom) return answerFault(response, 503, 'too many pages are open; close some')
    const ended = new AbortController()
    this.#lasting.add(response)
    response.once('close', () => {
      this.#lasting.delete(response)
      ended.abort()
    })
    await this.#stream.answer(request, response, ended.signal)
  }

  #page(response: ServerResponse, status: number, text: string): void {
    response.writeHead(status, {
      'content-type': 'text/html; charset=utf-8',
      'content-security-policy': this.#options.policy
    })
    response.end(text)
  }
}

function answerJson(response: ServerResponse, status: number, body: unknown): void {
  response.writeHead(status, { 'content-type': 'application/json' }).end(`${JSON.stringify(body)}\n`)
}

function answerFault(response: ServerResponse, status: number, message: string): void {
  answerJson(response, status, { message })
}
