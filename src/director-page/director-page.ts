import type { IncomingMessage, ServerResponse } from 'node:http'
import type { Director } from '../director/director.ts'
import type { DirectorEvent } from '../director/director-event.ts'
import { splitTarget } from '../http/request-target.ts'
import { type HttpAddress, HttpServer } from '../http/server.ts'
import { SnapshotStream } from '../http/snapshot-stream.ts'
import { Gatekeeper } from './gatekeeper.ts'
import { Lately } from './lately.ts'
import { DIRECTOR_PAGE_LIMITS as LIMITS } from './limits.ts'
import { LIVE_PAGE, PAGE_POLICY, tokenPage } from './page.ts'
import { type PageView, pageView } from './page-view.ts'
import { parseRoutesQuestion } from './routes-question.ts'

export interface DirectorPageOptions {
  director: Pick<Director, 'view' | 'routesFor'>
  /** The director's peer id. */
  peerId: string
  /** What everybody has to give who looks. Default: every user of this host may look. */
  token?: string
  /** Called with the error that has ended an answer with status 500, or has broken it off. */
  onFailure?: (error: unknown) => void
  /** The time in milliseconds since 1970. Default: Date.now. */
  utcMs?: () => number
}

/** What every answer says, whatever it brings. */
const ALWAYS = {
  'x-content-type-options': 'nosniff',
  'cross-origin-resource-policy': 'same-origin',
  'referrer-policy': 'no-referrer',
  'cache-control': 'no-store'
}

/** A web page that shows what a director knows, as it changes, and the same as JSON. */
export class DirectorPage {
  readonly #options: DirectorPageOptions
  readonly #utcMs: () => number
  readonly #gatekeeper: Gatekeeper
  readonly #lately = new Lately()
  readonly #stream: SnapshotStream
  readonly #server: HttpServer

  constructor(options: DirectorPageOptions) {
    this.#options = options
    this.#utcMs = options.utcMs ?? Date.now
    this.#gatekeeper = new Gatekeeper(options.token)
    const { intervalMs, maxListeners } = LIMITS
    this.#stream = new SnapshotStream({ snapshot: () => this.#view(), intervalMs, maxListeners })
    const { onFailure } = options
    this.#server = new HttpServer(onFailure ? { onFailure } : {}).mount('/', (...asked) =>
      this.#answer(...asked)
    )
  }

  /** Takes what the director tells; `text` says it to people. */
  tell(event: DirectorEvent, text: string): void {
    const utcMs = this.#utcMs()
    this.#lately.tell(event, text, { at: isoOf(utcMs), utcMs })
  }

  /**
   * Starts to listen; port 0 stands for any free port. Returns the page's URL without a slash at its
   * end. Throws the system's error.
   */
  start(address: HttpAddress): Promise<string> {
    return this.#server.start(address)
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
      if (isPage) return answerPage(response, 401, tokenPage())
    }
    if (refused) return answerFault(response, refused.status, refused.message)
    if (isPage) return answerPage(response, 200, LIVE_PAGE)
    if (path === '/api/view')
      return answerJson(response, 200, this.#view(new URLSearchParams(query).get('find') ?? ''))
    if (path === '/api/routes') return this.#routes(response, query)
    if (path === '/api/events') return await this.#listen(request, response)
    answerFault(response, 404, 'there is nothing here; / is the page')
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
      answerPage(response, 401, tokenPage('That is not the token of this page.'))
      return
    }
    if (cookie !== undefined) response.setHeader('set-cookie', cookie)
    response.writeHead(303, { location: '/' }).end()
  }

  #routes(response: ServerResponse, query: string): void {
    const question = parseRoutesQuestion(query)
    if (typeof question === 'string') answerFault(response, 400, question)
    else answerJson(response, 200, this.#options.director.routesFor(question))
  }

  async #listen(request: IncomingMessage, response: ServerResponse): Promise<void> {
    if (!this.#stream.hasRoom) return answerFault(response, 503, 'too many pages are open; close some')
    const ended = new AbortController()
    response.once('close', () => ended.abort())
    await this.#stream.answer(request, response, ended.signal)
  }

  #view(find = ''): PageView {
    const { director, peerId } = this.#options
    const nowMs = this.#utcMs()
    return pageView({
      view: director.view(),
      director: peerId,
      gone: this.#lately.gone(nowMs),
      lately: this.#lately.events,
      isoAgo: agoMs => isoOf(nowMs - agoMs),
      find
    })
  }
}

/** The time to the second, in ISO 8601. */
function isoOf(utcMs: number): string {
  return `${new Date(utcMs).toISOString().slice(0, 19)}Z`
}

function answerPage(response: ServerResponse, status: number, text: string): void {
  response.writeHead(status, {
    'content-type': 'text/html; charset=utf-8',
    'content-security-policy': PAGE_POLICY
  })
  response.end(text)
}

function answerJson(response: ServerResponse, status: number, body: unknown): void {
  response.writeHead(status, { 'content-type': 'application/json' }).end(`${JSON.stringify(body)}\n`)
}

function answerFault(response: ServerResponse, status: number, message: string): void {
  answerJson(response, status, { message })
}
