import { once } from 'node:events'
import { request as ask, type ClientRequest, type IncomingMessage, type ServerResponse } from 'node:http'
import { pipeline } from 'node:stream/promises'
import { endToEnd } from './end-to-end.ts'
import { PROXY_LIMITS } from './limits.ts'
import type { ProxyTarget } from './proxy-target.ts'
import { OriginFailedError, OriginTimeoutError } from './refusals.ts'

/** How each message says that it has come through here. */
const VIA = ['Via', '1.1 anabranch']

/**
 * Has the server that a URL names answer a request, and hands on what it says. Nothing piles up on
 * either way. Throws OriginFailedError and OriginTimeoutError before the answer has begun.
 */
export async function answerFromOrigin(
  request: IncomingMessage,
  response: ServerResponse,
  target: ProxyTarget,
  signal: AbortSignal
): Promise<void> {
  const asked = askOrigin(request, target, signal)
  // It may also fail when the answer is there: then the answer breaks off.
  asked.on('error', () => {})
  // What a server has not waited for is for nobody.
  asked.once('close', () => request.unpipe(asked).resume())
  request.pipe(asked)
  const [answer] = await once(asked, 'response').catch((error): never => {
    if (!request.complete) response.setHeader('connection', 'close')
    throw error instanceof OriginTimeoutError
      ? error
      : new OriginFailedError(target.authority.host, error.code)
  })
  response.writeHead(answer.statusCode, answer.statusMessage, [...endToEnd(answer.rawHeaders), ...VIA])
  await pipeline(answer, response)
}

function askOrigin(request: IncomingMessage, target: ProxyTarget, signal: AbortSignal): ClientRequest {
  const { method, headers, rawHeaders } = request
  const { authority, local } = target
  const isSized = headers['content-length'] !== undefined
  const isChunked = headers['transfer-encoding'] !== undefined
  const asked = ask({
    ...{ host: authority.hostName.replace(/^\[|\]$/g, ''), port: authority.port, signal },
    ...{ method, path: local, agent: false, timeout: PROXY_LIMITS.dialMs },
    headers: [
      ...['Host', authority.host],
      ...without('host', endToEnd(rawHeaders)),
      ...VIA,
      ...(isChunked ? ['Transfer-Encoding', 'chunked'] : []),
      ...(isSized || isChunked || isBodiless(method) ? [] : ['Content-Length', '0'])
    ]
  })
  let waitedMs: number = PROXY_LIMITS.dialMs
  asked.once('socket', socket =>
    socket.once('connect', () => {
      waitedMs = PROXY_LIMITS.silentOriginMs
      asked.setTimeout(waitedMs)
    })
  )
  asked.on('timeout', () => asked.destroy(new OriginTimeoutError(authority.host, waitedMs)))
  return asked
}

/** Whether requests of this method have a body only where they say so. */
function isBodiless(method: string | undefined): boolean {
  return ['GET', 'HEAD', 'DELETE', 'OPTIONS', 'TRACE'].includes(method ?? '')
}

function without(left: string, headers: readonly string[]): string[] {
  return headers.filter((_, at) => headers[at - (at % 2)]!.toLowerCase() !== left)
}
