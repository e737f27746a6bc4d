/** What pages of other origins may see of an answer besides what every page may. */
const EXPOSED = 'Accept-Ranges, Content-Disposition, Content-Length, Content-Range, ETag, Last-Modified'
const ALLOWED_HEADERS =
  'Range, If-Range, If-Match, If-None-Match, If-Modified-Since, If-Unmodified-Since, Cache-Control'
/** Seconds for which a browser need not ask again whether it may. */
const PREFLIGHT_AGE_S = 7200

/** The headers by which pages of the allowed origins (`https://app.example`, or `*` for all) may read an answer. */
export function corsHeaders(origin: string | undefined, allowed: readonly string[]): Record<string, string> {
  if (allowed.length === 0) return {}
  const vary = { vary: 'Origin' }
  if (origin === undefined || !(allowed.includes(origin) || allowed.includes('*'))) return vary
  return { ...vary, 'access-control-allow-origin': origin, 'access-control-expose-headers': EXPOSED }
}

/** What a browser is told that asks before it sends; nothing where its page may not read answers. */
export function preflightHeaders(cors: Record<string, string>): Record<string, string> {
  if (!cors['access-control-allow-origin']) return {}
  return {
    'access-control-allow-methods': 'GET, HEAD',
    'access-control-allow-headers': ALLOWED_HEADERS,
    'access-control-allow-private-network': 'true',
    'access-control-max-age': String(PREFLIGHT_AGE_S)
  }
}
