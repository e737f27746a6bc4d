import { splitTarget } from '../http/request-target.ts'
import { RequestTargetError } from './refusals.ts'
import { ANY_NAME, pathTo } from './target.ts'

/** The server that a URL of http names. */
export interface Authority {
  /** In lower case, without the dot that may end it; an address of IPv6 stands in brackets. */
  hostName: string
  port: number
  /** As a header names it: with the port, unless it is 80. */
  host: string
}

/** What a client wants of a proxy. */
export interface ProxyTarget {
  authority: Authority
  /** Path and query as they were sent. */
  local: string
  path: string
  query: string
}

/** The host names of contents: the domain itself, and all names below it. */
const DOMAIN = 'anabranch'
const HTTP_PORT = 80

/** Takes `HOST` or `HOST:PORT` apart. Throws RequestTargetError. */
export function parseAuthority(text: string): Authority {
  const url = URL.canParse(`http://${text}/`) ? new URL(`http://${text}/`) : undefined
  if (url?.pathname !== '/' || text.includes('@') || url.search !== '' || url.hash !== '')
    throw new RequestTargetError('The address names no server; write HOST or HOST:PORT')
  const hostName = url.hostname.replace(/\.$/, '')
  const port = url.port === '' ? HTTP_PORT : Number(url.port)
  return { hostName, port, host: port === HTTP_PORT ? hostName : `${hostName}:${port}` }
}

/** The URL that a request to a proxy, or to the server at the end of a tunnel, names; undefined where it names none. */
export function proxyTargetOf(url: string, tunnelTo: Authority | undefined): ProxyTarget | undefined {
  const { authority, ...rest } = splitTarget(url)
  if (/^https:/i.test(url))
    throw new RequestTargetError('The proxy cannot speak for a client by https; use CONNECT')
  if (authority !== undefined) return { authority: parseAuthority(authority), ...rest }
  return tunnelTo && { authority: tunnelTo, ...rest }
}

/** Whether the host stands for contents. */
export function isOfContents({ hostName }: Authority): boolean {
  return hostName === DOMAIN || hostName.endsWith(`.${DOMAIN}`)
}

/** Whether the host is the one with all contents, `http://anabranch/`. */
export function isOfAllContents({ hostName }: Authority): boolean {
  return hostName === DOMAIN
}

/**
 * The path at a gateway of what a host of contents has: of the one with all contents the same path,
 * and of another what is below the name that stands before the domain.
 */
export function gatewayPath({ authority, path }: ProxyTarget): string {
  if (isOfAllContents(authority)) return path
  return `${ANY_NAME}${authority.hostName.slice(0, -DOMAIN.length - 1)}${path}`
}

/** The URL of the page of a folder. */
export function folderUrl(prefix: string): string {
  return `http://${DOMAIN}${pathTo(prefix)}`
}
