import { UsageError } from '../errors.ts'
import { DIRECTOR_WIRE_LIMITS } from '../protocol/director-limits.ts'
import { hasIpv6 } from '../transport/interfaces.ts'
import { parseProxyServer } from '../transport/proxy-server.ts'
import { list, one, tally, toggle } from './settings.ts'
import { tokenSetting } from './token.ts'

const MAX_PORT = 65_535
const IP_AND_PORT = /^\/(ip[46]\/[^/]+)\/tcp\/(\d{1,5})(?:\/ws|\/tls\/ws)?$/
const HOST_AND_PORT = /^\/((?:ip[46]|dns[46]?)\/[^/]+)\/tcp\/(\d{1,5})(?:\/ws|\/tls(?:\/sni\/[\w.-]+)?\/ws)?$/
const UNSPECIFIED = ['ip4/0.0.0.0', 'ip6/::']

const multiaddress = { value: 'MULTIADDR', parse: parseMultiaddr }

/** Settings of every command. */
export const GENERAL_SETTINGS = {
  config: one({
    value: 'FILE',
    help: 'YAML file with settings, each under the name of its flag in camelCase',
    parse: text => text
  }),
  json: toggle('tell everything as one JSON object a line'),
  quiet: toggle('tell errors only', 'q'),
  verbose: tally('tell more; twice for reasons and stacks', 'v')
}

const proxy = one({
  value: 'URL',
  help: 'proxy for connections to other hosts, http://HOST:PORT or socks5://HOST:PORT; without it ALL_PROXY or HTTPS_PROXY',
  parse: parseProxyServer
})

/** Settings of every role on the network. */
export const NODE_SETTINGS = {
  proxy,
  home: one({
    value: 'DIR',
    help: 'directory of the identity key and the caches',
    parse: text => text
  }),
  announce: list({
    ...multiaddress,
    parse: parseAnnounce,
    help: 'address to tell others instead of those listened on'
  })
}

/** Settings of where a daemon listens, and with which certificate; `port` is the default port. */
export function listenSetting(port: number) {
  const ip4 = `/ip4/0.0.0.0/tcp/${port}`
  const ip6 = `/ip6/::/tcp/${port}`
  const fallback = hasIpv6() ? [ip4, ip6] : [ip4]
  const fallbackText = `${ip4} and, where the host has IPv6, ${ip6}`
  return {
    listen: list({
      ...multiaddress,
      parse: parseListen,
      help: 'address to listen on',
      fallback,
      fallbackText
    }),
    tlsCert: one({
      value: 'FILE',
      help: 'PEM file with a certificate: all ports take WebSocket in TLS as well; read again when it changes',
      parse: text => text
    }),
    tlsKey: one({ value: 'FILE', help: 'PEM file with the private key of --tls-cert', parse: text => text })
  }
}

/** Settings of a client's own node. A client need not be reached: it listens only where it is told to. */
export const CLIENT_NODE_SETTINGS = {
  listen: list({
    ...multiaddress,
    parse: parseListen,
    help: 'address to listen on, though a client need not'
  }),
  announce: NODE_SETTINGS.announce,
  proxy,
  home: one({
    value: 'DIR',
    help: 'directory of an identity key to keep; without it each run has a fresh one',
    parse: text => text
  })
}

/** Settings of all programs that ask a director or register with one. */
export const DIRECTOR_SETTINGS = {
  director: list({ ...multiaddress, help: 'address of a director' }),
  ...tokenSetting('file with the token that the directors want to see')
}

/** Settings of sources and relays. */
export const MEMBER_SETTINGS = {
  ...DIRECTOR_SETTINGS,
  neighbor: list({
    value: 'PEER',
    help: 'peer id or address of a node that this one is linked to; routes use no other links',
    parse: text => text
  }),
  label: list({ value: 'TEXT', help: 'word that the director tells to those who ask', parse: parseLabel })
}

/** Parses a whole number of at least 1. */
export function parseCount(text: string): number {
  if (/^[1-9]\d{0,8}$/.test(text)) return Number(text)
  throw new UsageError(`'${text}' is not a whole number of 1 or more`)
}

function parseListen(text: string): string {
  const [, host, port] = IP_AND_PORT.exec(parseMultiaddr(text)) ?? []
  if (host !== undefined && isIp(host) && Number(port) <= MAX_PORT) return text
  throw new UsageError(`'${text}' is no address to listen on; give one such as /ip4/0.0.0.0/tcp/4003`)
}

/** Parses an address that others can dial; the node adds its own peer id. */
function parseAnnounce(text: string): string {
  const [, host, port] = HOST_AND_PORT.exec(parseMultiaddr(text)) ?? []
  const isDialable = host !== undefined && !UNSPECIFIED.includes(host) && (isName(host) || isIp(host))
  if (isDialable && Number(port) >= 1 && Number(port) <= MAX_PORT) return text
  throw new UsageError(
    `'${text}' is no address that others could dial; give one such as /ip4/ADDRESS/tcp/4003`
  )
}

function parseLabel(text: string): string {
  if (text === '' || Buffer.byteLength(text) > DIRECTOR_WIRE_LIMITS.maxLabelBytes) {
    throw new UsageError(`a label has 1 to ${DIRECTOR_WIRE_LIMITS.maxLabelBytes} bytes`)
  }
  if (/\p{C}/u.test(text)) throw new UsageError('a label has no control characters')
  return text
}

function isName(host: string): boolean {
  return /^dns[46]?\//.test(host)
}

function isIp(host: string): boolean {
  const [family, address] = host.split('/')
  if (family === 'ip6') return /^[\da-f:]+(\d+\.\d+\.\d+\.\d+)?$/i.test(address!) && address!.includes(':')
  const numbers = /^(\d{1,3})\.(\d{1,3})\.(\d{1,3})\.(\d{1,3})$/.exec(address!)?.slice(1)
  return family === 'ip4' && numbers !== undefined && numbers.every(number => Number(number) <= 255)
}

function parseMultiaddr(text: string): string {
  if (/^(\/[^/\s]+)+$/.test(text)) return text
  throw new UsageError(`'${text}' is no multiaddr; give one such as /ip4/127.0.0.1/tcp/4001`)
}
