import type { IncomingMessage, ServerResponse } from 'node:http'
import type { Socket } from 'node:net'
import { splitTarget } from '../http/request-target.ts'
import { type HttpAddress, HttpServer } from '../http/server.ts'
import { answerContent } from './content-answer.ts'
import { ContentSite } from './content-site.ts'
import type { ServedContent } from './contents.ts'
import { failureOf, isOwnFault } from './failure.ts'
import type { GatewayOptions } from './gateway.ts'
import { PROXY_LIMITS } from './limits.ts'
import { answerFromOrigin } from './origin.ts'
import { isLoopback, leadsToThisHost } from './own-address.ts'
import { proxyPac } from './proxy-pac.ts'
import {
  type Authority,
  folderUrl,
  gatewayPath,
  isOfAllContents,
  isOfContents,
  type ProxyTarget,
  parseAuthority,
  proxyTargetOf
} from './proxy-target.ts'
import { FolderElsewhereError, MethodRefusedError, OnlyContentsError, TicketHereError } from './refusals.ts'
import { RequestDesk } from './request-desk.ts'
import { answerText } from './short-answers.ts'
import { type GatewayTarget, parseGatewayTarget } from './target.ts'
import { dialOrigin, joinConnections } from './tunnel.ts'
import type { UrlMap } from './url-map.ts'

export interface HttpProxyOptions extends GatewayOptions {
  /** Which URLs are contents. */
  map: UrlMap
}

/** Says who has answered for a URL that is mapped. */
const ANSWERED_BY = 'x-anabranch'
const PAC_PATH = '/proxy.pac'

/**
 * Serves contents to programs that are told to use a proxy, under the URLs that they know. Requests
 * that are not sent to it as to a proxy are answered as a gateway does.
 */
export class HttpProxy {
  readonly #options: HttpProxyOptions
  readonly #site: ContentSite
  readonly #server: HttpServer
  /** The servers for which the proxy itself answers at the ends of tunnels. */
  readonly #tunnelsTo = new WeakMap<Socket, Authority>()
  #port = 0

  constructor(options: HttpProxyOptions) {
    this.#options = options
    this.#site = new ContentSite(options)
    const desk = new RequestDesk(options)
    const handler = (request: IncomingMessage, response: ServerResponse) =>
      desk.take(request, response, (...asked) => this.#answer(...asked))
    this.#server = new HttpServer({
      onTunnel: (request, response, open) =>
        desk.take(request, response, (_request, _response, signal) => this.#tunnel(request, open, signal))
    })
    this.#server.mount('/', handler).mount('*', handler)
  }

  /**
   * Starts to listen; port 0 stands for any free port. Returns the proxy's URL without a slash at
   * its end. Throws the system's error.
   */
  async start(address: HttpAddress): Promise<string> {
    const url = await this.#server.start(address)
    this.#port = parseAuthority(new URL(url).host).port
    return url
  }

  /** Breaks off all answers and tunnels, and stops the proxy. */
  stop(): Promise<void> {
    return this.#server.stop()
  }

  async #answer(request: IncomingMessage, response: ServerResponse, signal: AbortSignal): Promise<void> {
    const { url = '', socket } = request
    const target = proxyTargetOf(url, this.#tunnelsTo.get(socket))
    if (!target || (await this.#isOwn(target.authority))) return this.#answerOwn(request, response, signal)
    if (isOfContents(target.authority)) return this.#answerContents(request, response, target, signal)
    const name = this.#options.map.nameOf(target.authority, target.path)
    if (name !== undefined) return this.#answerMapped(request, response, { target, name }, signal)
    if (!isLoopback(socket.remoteAddress ?? '')) throw new OnlyContentsError()
    await answerFromOrigin(request, response, target, signal)
  }

  /** Answers what is asked of the proxy itself. */
  async #answerOwn(request: IncomingMessage, response: ServerResponse, signal: AbortSignal): Promise<void> {
    if (splitTarget(request.url ?? '').path !== PAC_PATH) return this.#site.answer(request, response, signal)
    this.#site.dress(request, response)
    this.#site.admit(request)
    if (request.method !== 'GET' && request.method !== 'HEAD') throw new MethodRefusedError()
    const asked = splitTarget(request.url ?? '').authority ?? request.headers.host
    // Browsers are to ask where they have found the file, whatever leads there.
    const { hostName, port } = parseAuthority(asked ?? `localhost:${this.#port}`)
    answerText(request, response, 200, proxyPac(this.#options.map.hostNames, `${hostName}:${port}`), {
      'content-type': 'application/x-ns-proxy-autoconfig'
    })
  }

  /** Answers under the host names that stand for contents. */
  async #answerContents(
    request: IncomingMessage,
    response: ServerResponse,
    target: ProxyTarget,
    signal: AbortSignal
  ): Promise<void> {
    this.#site.dress(request, response)
    this.#site.admitPage(request)
    await this.#site.serve(request, response, () => this.#contentsAt(target, signal), signal)
  }

  async #contentsAt(target: ProxyTarget, signal: AbortSignal): Promise<GatewayTarget> {
    const asked = parseGatewayTarget({ path: gatewayPath(target), query: target.query })
    if (asked.kind === 'content') {
      if ('ticket' in asked.reference) throw new TicketHereError()
      return asked
    }
    if (asked.kind === 'activity' || isOfAllContents(target.authority)) return asked
    const isHost = target.path === '/'
    if (isHost && (await this.#find(asked.prefix.slice(0, -1), signal)))
      return parseGatewayTarget({ path: gatewayPath(target).slice(0, -1), query: target.query })
    throw new FolderElsewhereError(folderUrl(asked.prefix))
  }

  /** Answers for a URL that is a content, or has its server do so where the content cannot be had. */
  async #answerMapped(
    request: IncomingMessage,
    response: ServerResponse,
    { target, name }: { target: ProxyTarget; name: string },
    signal: AbortSignal
  ): Promise<void> {
    this.#site.admitPage(request)
    if (request.method === 'GET' || request.method === 'HEAD') {
      const content = await this.#find(name, signal)
      if (content) {
        this.#site.dress(request, response)
        response.setHeader(ANSWERED_BY, 'overlay')
        const how = { reference: { name }, presentation: { isDownload: false } }
        return answerContent(request, response, content, how, signal)
      }
    } else if (!isLoopback(request.socket.remoteAddress ?? '')) throw new OnlyContentsError()
    response.setHeader(ANSWERED_BY, 'origin')
    await answerFromOrigin(request, response, target, signal)
  }

  /** The content of a name; undefined where nobody has it, and where it cannot be found out, which is told. */
  async #find(name: string, signal: AbortSignal): Promise<ServedContent | undefined> {
    try {
      const patience = AbortSignal.any([signal, AbortSignal.timeout(PROXY_LIMITS.findMs)])
      return await this.#options.contents.find({ name }, { signal: patience })
    } catch (error) {
      signal.throwIfAborted()
      if (isOwnFault(failureOf(error))) this.#options.onFailure?.(error)
      return undefined
    }
  }

  /** Answers a CONNECT: the proxy itself stands at the end of tunnels to what it answers for. */
  async #tunnel(request: IncomingMessage, open: () => Socket, signal: AbortSignal): Promise<void> {
    const authority = parseAuthority(request.url ?? '')
    const isOwn = await this.#isOwn(authority)
    if (isOwn || isOfContents(authority) || this.#options.map.hasHost(authority)) {
      const socket = open()
      if (isOwn) this.#tunnelsTo.delete(socket)
      else this.#tunnelsTo.set(socket, authority)
      this.#server.adopt(socket)
      return
    }
    if (!isLoopback(request.socket.remoteAddress ?? '')) throw new OnlyContentsError()
    const origin = await dialOrigin(authority, signal)
    await joinConnections(open(), origin)
  }

  async #isOwn({ port, hostName }: Authority): Promise<boolean> {
    return port === this.#port && (await leadsToThisHost(hostName))
  }
}
