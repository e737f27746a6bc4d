import type { RawAnswer } from './raw-request.ts'

const WRONG = 'WRONG BYTES'
/** Parts that are told one by one. */
const MOST_SHOWN = 3

/** What of an answer counts, in a few words; its bytes are held against the content. */
export function summaryOf(answer: RawAnswer | undefined, method: string, content: Buffer): string {
  if (!answer) return 'closed'
  const { status, headers } = answer
  if (status === 200 && method === 'HEAD') return `200, ${headers['content-length']} bytes to come`
  if (status === 200) return `200, ${wholeOf(answer, content)}`
  if (status === 206) return `206, ${partsOf(answer, method, content)}`
  if (status === 416) return `416, ${headers['content-range'] ?? 'no size'}`
  if (status === 405) return headers.allow ? `405, Allow: ${headers.allow}` : '405'
  return String(status)
}

function wholeOf({ headers, body }: RawAnswer, content: Buffer): string {
  if (body.byteLength === 0) return 'empty'
  if (!body.equals(content)) return `other bytes (${body.byteLength})`
  return headers['content-length'] === undefined ? 'whole, chunked' : 'whole'
}

function partsOf({ headers, body }: RawAnswer, method: string, content: Buffer): string {
  const { 'content-range': range, 'content-type': type = '' } = headers
  if (method === 'HEAD') return range ? `${range} to come` : 'several parts to come'
  if (range) return isPart(range, body, content) ? range : WRONG
  const boundary = /boundary=(\S+)/.exec(type)?.[1]
  const parts = body
    .toString('latin1')
    .split(`--${boundary}`)
    .slice(1, -1)
    .map(part => partOf(part, content))
  return parts.length > MOST_SHOWN && !parts.includes(WRONG)
    ? `${parts.length} parts`
    : `parts ${parts.join(' and ')}`
}

function partOf(part: string, content: Buffer): string {
  const at = part.indexOf('\r\n\r\n')
  const range = /Content-Range: (.*)/i.exec(part.slice(0, at))?.[1]?.trim() ?? 'of no range'
  const body = Buffer.from(part.slice(at + 4, -2), 'latin1')
  return isPart(range, body, content) ? range.replace(/^bytes (.*)\/.*/, '$1') : WRONG
}

function isPart(range: string, body: Buffer, content: Buffer): boolean {
  const [, start, last] = /^bytes (\d+)-(\d+)\//.exec(range) ?? []
  return body.equals(content.subarray(Number(start), Number(last) + 1))
}
