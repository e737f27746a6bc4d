import { UsageError } from '../errors.ts'

const DEFAULT_PORTS: Record<string, number> = { 'http:': 80, 'socks5:': 1080, 'socks5h:': 1080 }

/** A proxy and how to ask it: by CONNECT of HTTP, or by SOCKS5. */
export interface ProxyServer {
  isSocks: boolean
  host: string
  port: number
  /** Absent where it wants to know nobody. */
  credentials?: { user: string; password: string }
}

/**
 * Reads the URL of a proxy, such as http://user:password@host:3128 or socks5://host:1080. Throws
 * UsageError, which does not repeat the text: there may be a password in it.
 */
export function parseProxyServer(url: string): ProxyServer {
  const parsed = URL.parse(url)
  const defaultPort = DEFAULT_PORTS[parsed?.protocol ?? '']
  if (!parsed || defaultPort === undefined || parsed.hostname === '')
    throw new UsageError('this is no URL of a proxy; give one such as http://host:3128 or socks5://host:1080')
  const { protocol, hostname, port, username, password } = parsed
  const server: ProxyServer = {
    isSocks: protocol !== 'http:',
    host: hostname.replace(/^\[|\]$/g, ''),
    port: port === '' ? defaultPort : Number(port)
  }
  if (username === '') return server
  return { ...server, credentials: { user: decode(username), password: decode(password) } }
}

function decode(text: string): string {
  try {
    return decodeURIComponent(text)
  } catch {
    return text
  }
}
