const IP_ADDRESS = /^(\d{1,3}(\.\d{1,3}){3}|\[[\da-f:.]+\])$/

/**
 * Whether a request under this host (`HOST` or `HOST:PORT`) is meant for the gateway. A page of
 * somebody else can have its own name lead to this machine (DNS rebinding), so that a browser takes
 * it for the gateway's; it can do so with no IP address and with no name that is known here.
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
