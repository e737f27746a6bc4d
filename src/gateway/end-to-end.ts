/** Headers that are for the next hop alone (RFC 9110, section 7.6.1), or that each hop answers for itself. */
const HOP_BY_HOP = new Set([
  ...['connection', 'keep-alive', 'proxy-connection', 'te', 'trailer', 'transfer-encoding', 'upgrade'],
  ...['proxy-authenticate', 'proxy-authorization', 'expect']
])

/** The headers that go on to whom a message is for. Both lists are names and values by turns, as they were sent. */
export function endToEnd(rawHeaders: readonly string[]): string[] {
  const pairs = rawHeaders.flatMap((name, at): [string, string][] =>
    at % 2 === 0 ? [[name, rawHeaders[at + 1]!]] : []
  )
  const named = pairs.filter(([name]) => name.toLowerCase() === 'connection')
  const left = new Set(named.flatMap(([, names]) => names.split(',').map(name => name.trim().toLowerCase())))
  return pairs.filter(([name]) => !HOP_BY_HOP.has(name.toLowerCase()) && !left.has(name.toLowerCase())).flat()
}
