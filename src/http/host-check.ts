const IP_ADDRESS = /^(\d{1,3}(\.\d{1,3}){3}|\[[\da-f:.]+\])$/

/**
 * Whether a request under this host (`HOST` or `HOST:PORT`) is meant for the server. A page of
 * somebody else can have its own name lead to this machine (DNS rebinding), so that a browser takes
 * it for the server's; it can do so with no IP address and with no name that is known here.
 */
export function isOwnHost(host: string, ownNames: readonly string[]): boolean {
  const name = host.toLowerCase().replace(/:\d*$/, '').replace(/\.$/, '')
  return (
    IP_ADDRESS.test(name) ||
    name === 'localhost' ||
    name.endsWith('.localhost') ||
    ownNames.some(own => own.toLowerCase() === name)
  )
}

/** What a browser says of the page that a request comes from (Fetch Metadata), and of where the answer goes. */
export interface RequestOrigin {
  site: string | undefined
  destination: string | undefined
  origin: string | undefined
}

/**
 * Whether a page of another site has the browser ask, unseen by the person before it. Such a page
 * could not read the answer, but could have a gateway fetch contents, and dial the addresses of
 * a ticket. A link that a person follows is no such request.
 */
export function isForeignPage(
  { site, destination, origin }: RequestOrigin,
  allowedOrigins: readonly string[]
): boolean {
  const isAllowed = allowedOrigins.some(allowed => allowed === '*' || allowed === origin)
  return site === 'cross-site' && destination !== 'document' && !isAllowed
}
