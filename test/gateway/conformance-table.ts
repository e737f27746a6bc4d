/** One request with the answers that are right. */
export interface ConformanceRow {
  /**
   * Lines of the request. A host and `Connection: close` are added, but not to one whose last line
   * is empty. `{etag}` and `{modified}` stand for what the server says of the file.
   */
  request: string
  /** What the gateway answers, as summaryOf puts it. */
  ours: string
  /** What nginx answers. */
  nginx: string
  /** Why they differ. */
  why?: string
}

/** A request for the film with these headers. */
const film = (...headers: string[]) => ['GET /film.mkv HTTP/1.1', ...headers].join('\n')

const ranges = (count: number) => Array.from({ length: count }, (_, at) => `${2 * at}-${2 * at}`).join(',')

const same = (request: string, both: string): ConformanceRow => ({ request, ours: both, nginx: both })

const differs = (request: string, ours: string, nginx: string, why: string): ConformanceRow => ({
  request,
  ours,
  nginx,
  why
})

/** Requests to a server that has `film.mkv` of 1,000 bytes and `empty.bin` of none. */
export const CONFORMANCE: ConformanceRow[] = [
  // Ranges
  same(film(), '200, whole'),
  same(film('Range: bytes=0-'), '206, bytes 0-999/1000'),
  same(film('Range: bytes=0-1'), '206, bytes 0-1/1000'),
  same(film('Range: bytes=100-199'), '206, bytes 100-199/1000'),
  same(film('Range: bytes=900-5000'), '206, bytes 900-999/1000'),
  differs(
    film('Range: bytes=0-99999999999999999999999'),
    '206, bytes 0-999/1000',
    '416, bytes */1000',
    'A last byte behind the end means the end, however far behind.'
  ),
  same(film('Range: bytes=-100'), '206, bytes 900-999/1000'),
  same(film('Range: bytes=-5000'), '206, bytes 0-999/1000'),
  same(film('Range: bytes=-0'), '416, bytes */1000'),
  same(film('Range: bytes=1000-'), '416, bytes */1000'),
  same(film('Range: bytes=5-2'), '416, bytes */1000'),
  same(film('Range: bytes=abc'), '416, bytes */1000'),
  differs(film('Range: bytes='), '416, bytes */1000', '200, whole', 'A set of ranges has at least one.'),
  same(film('Range: bytes=-'), '416, bytes */1000'),
  same(film('Range: bytes 0-1'), '200, whole'),
  same(film('Range: items=0-1'), '200, whole'),
  same(film('Range: BYTES=0-1'), '206, bytes 0-1/1000'),
  same(film('Range: bytes= 0-1 , 5-6'), '206, parts 0-1 and 5-6'),
  same(film('Range: bytes=0-9,20-29'), '206, parts 0-9 and 20-29'),
  same(film('Range: bytes=500-509,0-9'), '206, parts 500-509 and 0-9'),
  differs(
    film('Range: bytes=0-9,5-14'),
    '206, bytes 0-14/1000',
    '206, parts 0-9 and 5-14',
    'Ranges that overlap are sent as one, so that no byte is sent twice.'
  ),
  differs(
    film('Range: bytes=0-9,10-19'),
    '206, bytes 0-19/1000',
    '206, parts 0-9 and 10-19',
    'Ranges that touch are sent as one.'
  ),
  differs(film('Range: bytes=0-,0-,0-'), '206, bytes 0-999/1000', '200, whole', 'They are one range.'),
  same(film('Range: bytes=0-9,5000-'), '206, bytes 0-9/1000'),
  same(film('Range: bytes=0-9,x'), '416, bytes */1000'),
  same(film('Range: bytes=0-0,-1'), '206, parts 0-0 and 999-999'),
  same(film(`Range: bytes=${ranges(32)}`), '206, 32 parts'),
  differs(
    film(`Range: bytes=${ranges(33)}`),
    '416, bytes */1000',
    '206, 33 parts',
    'More than 32 ranges are refused; nginx sets no limit by default.'
  ),
  differs(
    film('Range: bytes=0-1', 'Range: bytes=4-5'),
    '416, bytes */1000',
    '206, bytes 0-1/1000',
    'Lines of the same name are one list, and this one is malformed.'
  ),
  same('GET /empty.bin HTTP/1.1\nRange: bytes=0-', '200, empty'),
  same('GET /empty.bin HTTP/1.1\nRange: bytes=-1', '200, empty'),
  same('HEAD /film.mkv HTTP/1.1', '200, 1000 bytes to come'),
  differs(
    'HEAD /film.mkv HTTP/1.1\nRange: bytes=0-9',
    '200, 1000 bytes to come',
    '206, bytes 0-9/1000 to come',
    'RFC 9110 defines Range for GET alone.'
  ),
  // Preconditions
  same(film('If-None-Match: {etag}'), '304'),
  same(film('If-None-Match: W/{etag}'), '304'),
  same(film('If-None-Match: "other", {etag}'), '304'),
  same(film('If-None-Match: *'), '304'),
  same(film('If-None-Match: {etag}', 'Cache-Control: no-cache'), '304'),
  same(film('If-None-Match: "other"', 'If-Modified-Since: {modified}'), '200, whole'),
  same(film('If-Modified-Since: {modified}'), '304'),
  same(film('If-Modified-Since: Thu, 01 Jan 2026 00:00:00 GMT'), '200, whole'),
  differs(
    film('If-Modified-Since: Saturday, 03-Jan-26 00:00:00 GMT'),
    '304',
    '200, whole',
    'Older forms of dates are understood, and what is not newer counts as unchanged; nginx compares for equality by default.'
  ),
  differs(film('If-Modified-Since: Sat Jan  3 00:00:00 2026'), '304', '200, whole', 'As before.'),
  same(film('If-Modified-Since: tomorrow'), '200, whole'),
  same(film('If-Match: {etag}'), '200, whole'),
  same(film('If-Match: W/{etag}'), '412'),
  same(film('If-Match: "other"'), '412'),
  same(film('If-Unmodified-Since: Thu, 01 Jan 2026 00:00:00 GMT'), '412'),
  same(film('If-None-Match: {etag}', 'Range: bytes=0-9'), '304'),
  same(film('If-Match: "other"', 'Range: bytes=5000-'), '412'),
  same(film('If-Range: {etag}', 'Range: bytes=0-9'), '206, bytes 0-9/1000'),
  same(film('If-Range: W/{etag}', 'Range: bytes=0-9'), '200, whole'),
  same(film('If-Range: "other"', 'Range: bytes=0-9'), '200, whole'),
  differs(
    film('If-Range: {modified}', 'Range: bytes=0-9'),
    '200, whole',
    '206, bytes 0-9/1000',
    'A date is no strong validator; the tag is always there.'
  ),
  same(film('If-Range: "other"', 'Range: bytes=5000-'), '200, whole'),
  // Methods
  differs(
    'POST /film.mkv HTTP/1.1\nContent-Length: 0',
    '405, Allow: GET, HEAD, OPTIONS',
    '405',
    'RFC 9110 asks for Allow.'
  ),
  differs(
    'PUT /film.mkv HTTP/1.1\nContent-Length: 3\nHost: localhost\nConnection: close\n\nabc\n',
    '405, Allow: GET, HEAD, OPTIONS',
    '405',
    'As before.'
  ),
  differs(
    'OPTIONS /film.mkv HTTP/1.1',
    '204',
    '405',
    'It says what is allowed, and is what browsers ask before requests of other origins.'
  ),
  differs('OPTIONS * HTTP/1.1', '204', '400', 'As before.'),
  differs('TRACE /film.mkv HTTP/1.1', '405, Allow: GET, HEAD, OPTIONS', '405', 'RFC 9110 asks for Allow.'),
  differs('CONNECT example.com:443 HTTP/1.1', 'closed', '400', 'The gateway is no proxy.'),
  differs('FETCH /film.mkv HTTP/1.1', '400', '405', 'Node knows the registered methods only.'),
  same('get /film.mkv HTTP/1.1', '400'),
  // Paths
  same('GET /none.mkv HTTP/1.1', '404'),
  same('GET /holiday%20film/%C3%A4%2Bb.mkv HTTP/1.1', '200, whole'),
  differs(
    'GET /holiday%20film/a%CC%88%2Bb.mkv HTTP/1.1',
    '200, whole',
    '404',
    "Names are compared in Unicode's normal form NFC."
  ),
  same('GET /holiday%20film%2F%C3%A4+b.mkv HTTP/1.1', '200, whole'),
  same('GET /film.mkv?download=1 HTTP/1.1', '200, whole'),
  same('GET /../film.mkv HTTP/1.1', '400'),
  same('GET /%2e%2e/film.mkv HTTP/1.1', '400'),
  differs('GET //film.mkv HTTP/1.1', '400', '200, whole', 'A name has one address: nothing is simplified.'),
  differs('GET /./film.mkv HTTP/1.1', '400', '200, whole', 'As before.'),
  same('GET /film.mkv%00 HTTP/1.1', '400'),
  same('GET /film%ZZ.mkv HTTP/1.1', '400'),
  differs('GET /%FF.mkv HTTP/1.1', '400', '404', 'It is no text, so it can be no name.'),
  same('GET http://localhost/film.mkv HTTP/1.1', '200, whole'),
  same('GET film.mkv HTTP/1.1', '400'),
  // Connections and malformed requests
  same('GET /film.mkv HTTP/1.0\n', '200, whole'),
  same('GET /film.mkv HTTP/1.1\n', '400'),
  same('GET /film.mkv HTTP/1.1\nHost: localhost\nHost: localhost\nConnection: close\n', '400'),
  differs(
    'GET /film.mkv HTTP/1.1\nHost: evil.example\nConnection: close\n',
    '421',
    '200, whole',
    'Pages of other sites could reach the gateway by DNS rebinding.'
  ),
  same(
    'GET /film.mkv HTTP/1.1\nHost: localhost\n\nGET /film.mkv HTTP/1.1\nHost: localhost\nRange: bytes=0-1\nConnection: close\n',
    '200, whole - 206, bytes 0-1/1000'
  ),
  same(
    'HEAD /film.mkv HTTP/1.1\nHost: localhost\n\nGET /none HTTP/1.1\nHost: localhost\n\nGET /film.mkv HTTP/1.1\nHost: localhost\nRange: bytes=9-\nConnection: close\n',
    '200, 1000 bytes to come - 404 - 206, bytes 9-999/1000'
  ),
  same(film('Expect: 100-continue'), '200, whole'),
  differs(film('Expect: wonders'), '417', '200, whole', 'RFC 9110 allows both.'),
  same(film('Content-Length: 3', 'Host: localhost', 'Connection: close', '', 'abc', ''), '200, whole'),
  same(film('Content-Length: 3', 'Transfer-Encoding: chunked'), '400'),
  same(film('Bad Header: x'), '400'),
  same(film(' folded: x'), '400'),
  differs(film(`X: ${'a'.repeat(40_000)}`), '431', '400', 'The status that says what is wrong.'),
  differs(`GET /${'a'.repeat(2_000)} HTTP/1.1`, '400', '404', 'A name has 1,024 bytes at most.'),
  same('GET /film.mkv HTTP/2.0', '505'),
  differs('GET /film.mkv HTTP/9', '400', '505', 'It is no version at all, as one has two numbers.'),
  same('nonsense\n', '400')
]
