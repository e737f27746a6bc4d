import type { IncomingHttpHeaders, IncomingMessage, ServerResponse } from 'node:http'
import { finished } from 'node:stream/promises'
import { create as contentDisposition } from 'content-disposition'
import { contentType, lookup } from 'mime-types'
import { parseHttpDate } from '../http/http-date.ts'
import { baseName } from '../protocol/content-name.ts'
import type { ByteRange } from '../units/byte-range.ts'
import type { ContentReference, ServedContent } from './contents.ts'
import { GATEWAY_LIMITS } from './limits.ts'
import { isUnchanged, rangesHold, type Validators } from './preconditions.ts'
import { type BodyPiece, contentRange, lengthOf, multipartBody, rangesOf } from './ranges.ts'
import type { Presentation } from './target.ts'

/** What of a content an answer brings, and the headers that say so. */
interface ContentBody {
  status: 200 | 206
  headers: Record<string, string | number>
  /** Undefined: all of a live content. */
  pieces: BodyPiece[] | undefined
}

const A_YEAR = 'max-age=31536000, immutable'
/** Pages among contents run no scripts: these would be taken for the gateway's own, and could read all else. */
const CONTENT_POLICY = "script-src 'none'; form-action 'none'"

/**
 * Answers a request with a content, or with the part that it asks for. Resolves when all of it has
 * been handed to the connection. Throws a RefusedRequestError before the answer has begun, and what
 * the reading throws afterwards.
 */
export async function answerContent(
  request: IncomingMessage,
  response: ServerResponse,
  content: ServedContent,
  how: { reference: ContentReference; presentation: Presentation },
  signal: AbortSignal
): Promise<void> {
  const validators = validatorsOf(content)
  const unchanged = isUnchanged(conditionsOf(request), validators)
  for (const [name, value] of Object.entries(versionHeaders(content, how.reference, validators)))
    response.setHeader(name, value)
  if (unchanged) {
    response.writeHead(304).end()
    return
  }
  const type = typeOf(content, how.presentation)
  const { status, headers, pieces } = bodyOf(request, content, validators, type)
  response.writeHead(status, { 'content-type': type, ...headers, ...shownHeaders(content, how.presentation) })
  if (request.method === 'HEAD') response.end()
  else await send(response, content, pieces, signal)
}

function validatorsOf({ id, sizeBytes, modifiedAtMs }: ServedContent): Validators {
  return {
    etag: sizeBytes === undefined ? undefined : `"${id}"`,
    modifiedAtMs: modifiedAtMs === undefined ? undefined : Math.floor(modifiedAtMs / 1000) * 1000
  }
}

function conditionsOf({ headers }: IncomingMessage) {
  return {
    ifMatch: headers['if-match'],
    ifUnmodifiedSinceMs: parseHttpDate(headers['if-unmodified-since']),
    ifNoneMatch: headers['if-none-match'],
    ifModifiedSinceMs: parseHttpDate(headers['if-modified-since'])
  }
}

/** The headers that an answer has although the reader has the content already. */
function versionHeaders(
  { sizeBytes }: ServedContent,
  reference: ContentReference,
  { etag, modifiedAtMs }: Validators
): Record<string, string> {
  return {
    'cache-control': sizeBytes === undefined ? 'no-store' : cachingOf(reference),
    ...(etag === undefined ? {} : { etag }),
    ...(modifiedAtMs === undefined ? {} : { 'last-modified': new Date(modifiedAtMs).toUTCString() })
  }
}

/** A name may stand for other bytes tomorrow. A ticket is for those alone who have been given it. */
function cachingOf(reference: ContentReference): string {
  if ('name' in reference) return 'no-cache'
  return `${'id' in reference ? 'public' : 'private'}, ${A_YEAR}`
}

function shownHeaders({ name }: ServedContent, { fileName, isDownload }: Presentation) {
  const type = isDownload ? 'attachment' : 'inline'
  return {
    'content-disposition': contentDisposition(fileName ?? baseName(name), { type }),
    'content-security-policy': CONTENT_POLICY
  }
}

function typeOf({ name }: ServedContent, { fileName }: Presentation): string {
  const type = lookup(fileName ?? baseName(name))
  return (type && contentType(type)) || 'application/octet-stream'
}

function bodyOf(
  { method, headers }: IncomingMessage,
  { sizeBytes, id }: ServedContent,
  validators: Validators,
  type: string
): ContentBody {
  if (sizeBytes === undefined) return { status: 200, headers: { 'accept-ranges': 'none' }, pieces: undefined }
  const ifRange = headers['if-range'] as string | undefined
  // Only GET knows ranges (RFC 9110, section 14.2).
  const asked = method === 'GET' && rangesHold(ifRange, validators) ? headers.range : undefined
  const ranges = asked === undefined ? undefined : rangesOf(asked, sizeBytes)
  const [whole = { start: 0, end: sizeBytes }, ...others] = ranges ?? []
  const range = ranges && isForMediaElement(headers) ? beginningOf(whole) : whole
  // The root hash is the boundary: no content has its own hash in it.
  const isMultipart = others.length > 0
  const pieces = isMultipart ? multipartBody(ranges!, sizeBytes, type, id) : [{ range }]
  return {
    status: ranges ? 206 : 200,
    headers: {
      'accept-ranges': 'bytes',
      'content-length': lengthOf(pieces),
      ...(ranges && !isMultipart ? { 'content-range': contentRange(range, sizeBytes) } : {}),
      ...(isMultipart ? { 'content-type': `multipart/byteranges; boundary=${id}` } : {})
    },
    pieces
  }
}

/** Whether a browser's `<video>` or `<audio>` asks, by what browsers say of all their requests to this host. */
function isForMediaElement({ 'sec-fetch-dest': destination }: IncomingHttpHeaders): boolean {
  return destination === 'video' || destination === 'audio'
}

/**
 * What a media element gets of one range at a time (RFC 9110, section 15.3.7, allows less than was asked for). A browser
 * has six connections to a host, and an element that has enough for now takes no more from its own: six elements that hold
 * long answers would keep a seventh from its first picture.
 */
function beginningOf({ start, end }: ByteRange): ByteRange {
  return { start, end: Math.min(end, start + GATEWAY_LIMITS.mediaAnswerBytes) }
}

async function send(
  response: ServerResponse,
  content: ServedContent,
  pieces: BodyPiece[] | undefined,
  signal: AbortSignal
): Promise<void> {
  // A content that brings more or less than was said breaks the connection off, and spoils no other answer.
  response.strictContentLength = true
  response.flushHeaders()
  const sink = { write: (chunks: readonly Uint8Array[]) => written(response, chunks) }
  if (pieces === undefined) await content.read(undefined, sink, signal)
  for (const piece of pieces ?? []) {
    if ('text' in piece) await sink.write([Buffer.from(piece.text)])
    else if (piece.range.end > piece.range.start) await content.read(piece.range, sink, signal)
  }
  response.end()
  await finished(response)
}

/** Sends the chunks by one write. Resolves when the system has taken them; throws where the connection was closed before. */
async function written(response: ServerResponse, chunks: readonly Uint8Array[]): Promise<void> {
  if (response.destroyed) throw new Error('the connection is closed')
  const { promise, resolve, reject } = Promise.withResolvers<void>()
  response.cork()
  for (const [at, chunk] of chunks.entries())
    response.write(chunk, error => {
      if (error) reject(error)
      else if (at === chunks.length - 1) resolve()
    })
  response.uncork()
  await promise
}
