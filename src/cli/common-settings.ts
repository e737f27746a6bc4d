import { totalmem } from 'node:os'
import { UsageError } from '../errors.ts'
import { DIRECTOR_WIRE_LIMITS } from '../protocol/director-limits.ts'
import { parseAddress, parseAnnouncedAddress, parseListenAddress } from '../transport/address-text.ts'
import { hasIpv6 } from '../transport/interfaces.ts'
import { parseProxyServer } from '../transport/proxy-server.ts'
import { formatBytes, parseBytes, parseRate } from '../units/units.ts'
import { list, one, tally, toggle } from './settings.ts'
import { tokenSetting } from './token.ts'

/** The least memory, in bytes, that can be given to a relay or a fetch. */
export const LEAST_MEMORY_BYTES = 1024 ** 2

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
    value: 'ADDRESS',
    parse: parseAnnouncedAddress,
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
      value: 'ADDRESS',
      parse: parseListenAddress,
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
    value: 'ADDRESS',
    parse: parseListenAddress,
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
  director: list({ value: 'ADDRESS', parse: parseAddress, help: 'address of a director, such as HOST:PORT' }),
  ...tokenSetting('file with the token that the directors want to see')
}

/** Setting of a daemon that clients of the same networks find by themselves. */
export const DISCOVER_SETTINGS = {
  discover: toggle('announce this node, by multicast DNS, to clients on the networks of this host')
}

/** Settings of sources and relays. */
export const MEMBER_SETTINGS = {
  ...DIRECTOR_SETTINGS,
  neighbor: list({
    value: 'PEER',
    help: 'peer id or address of a node that this one is linked to; routes use no other links',
    parse: text => text
  }),
  reverse: toggle('tell no address: others come here over relays to which this node attaches itself'),
  label: list({ value: 'TEXT', help: 'word that the director tells to those who ask', parse: parseLabel })
}

/** Parses an amount of memory: 1 MiB or more, and no more than the machine has. Throws UsageError. */
export function parseMemory(text: string): number {
  const bytes = parseBytes(text)
  if (bytes < LEAST_MEMORY_BYTES) throw new UsageError(`'${text}' is too little; give 1MiB or more`)
  const most = machineMemoryBytes()
  if (bytes <= most) return bytes
  throw new UsageError(`'${text}' is more than there is here; give 1MiB to ${formatBytes(most)}`)
}

/** The memory that the machine has, or what its container allows, in bytes. */
export function machineMemoryBytes(): number {
  // Where nothing is constrained Node gives 0 or a number larger than any memory.
  return Math.min(totalmem(), process.constrainedMemory() || Number.POSITIVE_INFINITY)
}

/** Parses a whole number of at least 1. */
export function parseCount(text: string): number {
  if (/^[1-9]\d{0,8}$/.test(text)) return Number(text)
  throw new UsageError(`'${text}' is not a whole number of 1 or more`)
}

/** Parses a rate above zero into bytes a second. Throws UsageError. */
export function parsePositiveRate(text: string): number {
  return positive(text, parseRate(text))
}

/** Returns the value of a limit that lets something through. Throws UsageError for any other. */
export function positive(text: string, value: number): number {
  if (value > 0) return value
  throw new UsageError(`'${text}' lets nothing through; leave it out for no limit`)
}

function parseLabel(text: string): string {
  if (text === '' || Buffer.byteLength(text) > DIRECTOR_WIRE_LIMITS.maxLabelBytes) {
    throw new UsageError(`a label has 1 to ${DIRECTOR_WIRE_LIMITS.maxLabelBytes} bytes`)
  }
  if (/\p{C}/u.test(text)) throw new UsageError('a label has no control characters')
  return text
}
