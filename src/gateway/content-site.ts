import type { IncomingMessage, ServerResponse } from 'node:http'
import { isForeignPage, isOwnHost } from '../http/host-check.ts'
import { splitTarget } from '../http/request-target.ts'
import type { Activity } from './activity.ts'
import { ActivityStream } from './activity-stream.ts'
import { answerContent } from './content-answer.ts'
import type { Contents } from './contents.ts'
import { corsHeaders, preflightHeaders } from './cors.ts'
import { listingPage } from './listing-page.ts'
import {
  ALLOWED_METHODS,
  ForeignHostError,
  ForeignPageError,
  HttpVersionError,
  MethodRefusedError,
  RequestTargetError,
  UnknownPathError
} from './refusals.ts'
import { answerPage } from './short-answers.ts'
import { type GatewayTarget, parseGatewayTarget } from './target.ts'

export interface ContentSiteOptions {
  contents: Contents
  /** What is being fetched of them, which the pages show. */
  activity: Activity
  /** Host names besides localhost under which the site answers; it does so under each IP address. */
  hostNames?: readonly string[]
  /** Origins whose pages may read answers, such as `https://app.example`; `*` for all. Default: none. */
  corsOrigins?: readonly string[]
}

/** What every answer says, whatever it brings. */
const ALWAYS = {
  'x-content-type-options': 'nosniff',
  'cross-origin-resource-policy': 'same-site',
  'referrer-policy': 'no-referrer'
}

/** Contents as a web site: what is answered to whom. All of it throws RefusedRequestErrors, and as Contents do. */
export class ContentSite {
  readonly #options: ContentSiteOptions
  readonly #activity: ActivityStream

  constructor(options: ContentSiteOptions) {
    this.#options = options
    this.#activity = new ActivityStream(options.activity)
  }

  /** Answers a request that is meant for the site. */
  async answer(request: IncomingMessage, response: ServerResponse, signal: AbortSignal): Promise<void> {
    this.dress(request, response)
    this.admit(request)
    await this.serve(request, response, () => parseGatewayTarget(splitTarget(request.url ?? '')), signal)
  }

  /** Gives an answer the headers that each of the site's has. */
  dress({ headers }: IncomingMessage, response: ServerResponse): void {
    const { corsOrigins = [] } = this.#options
    const cors = corsHeaders(headers.origin, corsOrigins)
    for (const [name, value] of Object.entries({ ...ALWAYS, ...cors })) response.setHeader(name, value)
  }

  /** Throws where the site is not meant, or not to be asked by who asks. */
  admit(request: IncomingMessage): void {
    const { headersDistinct, url = '' } = request
    this.admitPage(request)
    const named = headersDistinct.host ?? []
    if (named.length > 1) throw new RequestTargetError('The request names several hosts; name one')
    const { hostNames = [] } = this.#options
    // A request of HTTP/1.0 may name no host, and comes from no browser then.
    const host = splitTarget(url).authority ?? named[0]
    if (host !== undefined && !isOwnHost(host, hostNames)) throw new ForeignHostError()
  }

  /** Throws where a page asks that may not, whatever host the request names. */
  admitPage({ httpVersionMajor, headers }: IncomingMessage): void {
    if (httpVersionMajor !== 1) throw new HttpVersionError()
    const { corsOrigins = [] } = this.#options
    const { origin, 'sec-fetch-site': site, 'sec-fetch-dest': destination } = headers
    if (isForeignPage({ site, destination, origin }, corsOrigins)) throw new ForeignPageError()
  }

  /** Answers with what is asked for, which `parse` says. */
  async serve(
    request: IncomingMessage,
    response: ServerResponse,
    parse: () => GatewayTarget | Promise<GatewayTarget>,
    signal: AbortSignal
  ): Promise<void> {
    const { contents, corsOrigins = [] } = this.#options
    if (request.method === 'OPTIONS') {
      const preflight = preflightHeaders(corsHeaders(request.headers.origin, corsOrigins))
      response.writeHead(204, { allow: ALLOWED_METHODS, ...preflight }).end()
      return
    }
    if (request.method !== 'GET' && request.method !== 'HEAD') throw new MethodRefusedError()
    const asked = await parse()
    if (asked.kind === 'activity') return this.#activity.answer(request, response, signal)
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
}
