import type { IncomingMessage, ServerResponse } from 'node:http'
import type { Failure } from './failure.ts'
import { failurePage } from './listing-page.ts'
import { PAGE_POLICY } from './page-policy.ts'

/** Answers a browser that a person looks at with a page, and any other program with JSON. */
export function answerFailure(request: IncomingMessage, response: ServerResponse, failure: Failure): void {
  const { status, headers, code, message, remedy } = failure
  for (const name of ['etag', 'last-modified']) response.removeHeader(name)
  for (const [name, value] of Object.entries(headers)) response.setHeader(name, value)
  response.appendHeader('vary', 'Accept')
  if (request.headers.accept?.includes('text/html')) {
    // The path of a request to a proxy belongs to another host.
    const home = request.url?.startsWith('/') ? '/' : 'http://anabranch/'
    answerPage(request, response, status, failurePage(failure, home))
  } else {
    const body = `${JSON.stringify({ code, message, ...(remedy === undefined ? {} : { remedy }) })}\n`
    answerText(request, response, status, body, { 'content-type': 'application/json' })
  }
}

/** Answers with a page of the gateway's own. */
export function answerPage(
  request: IncomingMessage,
  response: ServerResponse,
  status: number,
  text: string
): void {
  answerText(request, response, status, text, {
    'content-type': 'text/html; charset=utf-8',
    'content-security-policy': PAGE_POLICY
  })
}

/** Answers with a text that nobody may keep. */
export function answerText(
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
