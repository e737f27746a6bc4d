/** Where a request is meant to go. Nothing in it has been decoded. */
export interface RequestTarget {
  /** Host and port, where the request names them in its first line, as requests to proxies do. */
  authority: string | undefined
  /** Path and query as they were sent, so that they can be sent on. */
  local: string
  path: string
  /** What follows the question mark; empty where there is none. */
  query: string
}

const ABSOLUTE = /^https?:\/\/([^/?]+)/i

/** Takes the target of a request's first line apart; percent signs and dots in it are left as they are. */
export function splitTarget(target: string): RequestTarget {
  const [start = '', authority] = ABSOLUTE.exec(target) ?? []
  const sent = target.slice(start.length)
  const local = authority !== undefined && !sent.startsWith('/') ? `/${sent}` : sent
  const mark = local.indexOf('?')
  const path = mark < 0 ? local : local.slice(0, mark)
  return { authority, local, path, query: mark < 0 ? '' : local.slice(mark + 1) }
}
