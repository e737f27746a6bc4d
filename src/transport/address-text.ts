import { UsageError } from '../errors.ts'

const MAX_PORT = 65_535
const HOST_FORM = /^(?:\[([^\]]*)\]|([^:@/[\]]*)):([^:/]*)(?:\/p2p\/([^/]*))?$/
const MULTIADDR_FORM =
  /^\/(ip4|ip6|dns|dns4|dns6)\/([^/]+)\/tcp\/([^/]+)((?:\/tls(?:\/sni\/[\w.-]+)?)?\/ws)?(?:\/p2p\/([^/]*))?$/
/** A name whose TXT records hold whole multiaddrs. */
const DNSADDR_FORM = /^\/(dnsaddr)\/([^/]+)()()(?:\/p2p\/([^/]*))?$/
const UNSPECIFIED = ['0.0.0.0', '::']

interface AddressParts {
  protocol: string
  host: string
  /** As it was written; empty where the address has none. */
  port: string
  /** What TCP carries besides: `/ws` or `/tls/ws`, the latter perhaps with the name to ask for; else empty. */
  carrier: string
  peerId: string | undefined
}

/**
 * Reads an address to dial, as people write it: `HOST:PORT`, where HOST is an IPv4 address, an IPv6
 * address in brackets or a DNS name, or a multiaddr of TCP; either may end in `/p2p/` and a peer id.
 * Returns it as a multiaddr. Throws UsageError.
 */
export function parseAddress(text: string): string {
  return multiaddrOf(checked(text, partsOf(text), 1))
}

/** Reads an address to listen on, which has an IP address and may have port 0, for any free one. Throws UsageError. */
export function parseListenAddress(text: string): string {
  const parts = checked(text, partsOf(text), 0)
  if (parts.protocol.startsWith('ip') && parts.peerId === undefined) return multiaddrOf(parts)
  throw new UsageError(
    `'${text}' is no address to listen on; give an IP address and a port, such as 0.0.0.0:4003`
  )
}

/** Reads an address to tell others; the node adds its own peer id. Throws UsageError. */
export function parseAnnouncedAddress(text: string): string {
  const parts = checked(text, partsOf(text), 1)
  const { protocol, host, peerId } = parts
  if (protocol !== 'dnsaddr' && !UNSPECIFIED.includes(host) && peerId === undefined) return multiaddrOf(parts)
  throw new UsageError(`'${text}' is no address that others could dial; give one such as relay.example:4003`)
}

/** Whether a text means an address, and not a bare peer id. */
export function isAddress(text: string): boolean {
  return /[/:]/.test(text)
}

function partsOf(text: string): AddressParts {
  if (text.startsWith('/')) {
    const [, protocol, host, port, carrier = '', peerId] =
      MULTIADDR_FORM.exec(text) ?? DNSADDR_FORM.exec(text) ?? []
    if (protocol !== undefined) return { protocol, host: host!, port: port!, carrier, peerId }
    throw new UsageError(`'${text}' is no address over TCP; give one such as /ip4/127.0.0.1/tcp/4001`)
  }
  const [, inBrackets, plain, port, peerId] = HOST_FORM.exec(text) ?? []
  if (port === undefined) throw new UsageError(`'${text}' is no address; ${adviceOn(text)}`)
  const carrier = ''
  if (inBrackets !== undefined) return { protocol: 'ip6', host: inBrackets, port, carrier, peerId }
  // A name never ends in a number: what does is meant as an IPv4 address.
  return { protocol: /(^|\.)\d+$/.test(plain!) ? 'ip4' : 'dns', host: plain!, port, carrier, peerId }
}

function adviceOn(text: string): string {
  if (text.includes('://')) return 'give HOST:PORT, without a scheme'
  if (text.includes('@')) return 'put the peer id behind it: HOST:PORT/p2p/ID'
  if (isIp6(text.replace(/\/p2p\/.*$/, '')))
    return `put IPv6 into brackets and the port behind: [${text}]:4001`
  if (/:.*:/.test(text)) return 'put IPv6 into brackets: [2001:db8::1]:4001'
  if (!text.includes(':')) return 'the port is missing: give HOST:PORT'
  return 'give HOST:PORT, or a multiaddr such as /ip4/127.0.0.1/tcp/4001'
}

function checked(text: string, parts: AddressParts, leastPort: number): AddressParts {
  const { protocol, host, port, peerId } = parts
  const fault = (reason: string) => new UsageError(`'${text}' is no address: ${reason}`)
  if (protocol === 'ip4' && !isIp4(host)) throw fault(`'${host}' is no IPv4 address`)
  if (protocol === 'ip6' && !isIp6(host)) throw fault(`'${host}' is no IPv6 address`)
  if (protocol.startsWith('dns') && !isName(host)) throw fault(`'${host}' is no name of a host`)
  if (
    protocol !== 'dnsaddr' &&
    !(/^\d{1,5}$/.test(port) && Number(port) >= leastPort && Number(port) <= MAX_PORT)
  )
    throw fault(`'${port}' is no port from ${leastPort} to ${MAX_PORT}`)
  if (peerId !== undefined && !/^[1-9A-Za-z]{40,80}$/.test(peerId)) throw fault(`'${peerId}' is no peer id`)
  return parts
}

function multiaddrOf({ protocol, host, port, carrier, peerId }: AddressParts): string {
  const place =
    protocol === 'dnsaddr' ? `/dnsaddr/${host}` : `/${protocol}/${host}/tcp/${Number(port)}${carrier}`
  return peerId === undefined ? place : `${place}/p2p/${peerId}`
}

function isIp4(host: string): boolean {
  const numbers = /^(\d{1,3})\.(\d{1,3})\.(\d{1,3})\.(\d{1,3})$/.exec(host)?.slice(1)
  return numbers?.every(number => Number(number) <= 255) ?? false
}

function isIp6(host: string): boolean {
  return host.includes(':') && URL.canParse(`http://[${host}]/`)
}

function isName(host: string): boolean {
  return (
    host.length <= 253 &&
    /^([a-z\d_]([a-z\d_-]{0,61}[a-z\d_])?)(\.[a-z\d_]([a-z\d_-]{0,61}[a-z\d_])?)*\.?$/i.test(host)
  )
}
