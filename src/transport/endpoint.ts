import { type Component, type Multiaddr, multiaddr } from '@multiformats/multiaddr'
import { componentsOf, isIp } from './ip-ranges.ts'

/** How bytes travel over a TCP connection: as they are, in WebSocket messages, or in those within TLS. */
export type Carriage = 'plain' | 'ws' | 'tls-ws'

/** The place where a multiaddr has a node dial TCP, and how. */
export interface Endpoint {
  /** An IP address or a DNS name. */
  host: string
  isName: boolean
  port: number
  carriage: Carriage
  /** The name that TLS and HTTP ask for: the one in the multiaddr, else a host that is a name. */
  serverName?: string
}

/** What may follow the port, a peer id aside. */
const CARRIAGES: Record<string, Carriage> = {
  '': 'plain',
  ws: 'ws',
  'tls/ws': 'tls-ws',
  'tls/sni/ws': 'tls-ws'
}
const DNS_NAMES = ['dns', 'dns4', 'dns6']
const HOST_NAME = /^[a-z\d_.-]{1,253}$/i

/** Reads a multiaddr that is a host, a TCP port and one of the carriages; undefined for any other. */
export function endpointOf(address: string): Endpoint | undefined {
  const [host, tcp, ...rest] = componentsOf(address) ?? []
  if (!host || tcp?.name !== 'tcp') return undefined
  const isName = DNS_NAMES.includes(host.name)
  if (!isName && !isIp(host)) return undefined
  const tail = rest.filter(({ name }, at) => name !== 'p2p' || at !== rest.length - 1)
  const carriage = CARRIAGES[tail.map(({ name }) => name).join('/')]
  const serverName = tail.find(({ name }) => name === 'sni')?.value ?? (isName ? host.value : undefined)
  if (!carriage || (serverName !== undefined && !HOST_NAME.test(serverName))) return undefined
  const endpoint: Endpoint = { host: host.value!, isName, port: Number(tcp.value), carriage }
  return serverName === undefined ? endpoint : { ...endpoint, serverName }
}

/** The IP address that an endpoint is at; undefined for one at a name, and for an address that is no endpoint. */
export function endpointIpOf(address: string): string | undefined {
  const endpoint = endpointOf(address)
  return endpoint && !endpoint.isName ? endpoint.host : undefined
}

/** Tells whether a multiaddr leads to a node over WebSocket. */
export function isWebSocket(address: Multiaddr): boolean {
  return address.getComponents().some(({ name }) => name === 'ws')
}

/** Cuts what follows the port off the multiaddr of an endpoint. */
export function plainPartOf(address: Multiaddr): Multiaddr {
  return multiaddr(address.getComponents().slice(0, 2))
}

/**
 * What follows the name of a host in a multiaddr, as text. TLS goes on asking for the name when it has been looked up: a
 * reverse proxy finds the node by it.
 */
export function tailOf(host: string, rest: readonly Component[]): string {
  const isNamed = rest.some(({ name }) => name === 'sni')
  const parts = rest.map(({ name, value }) => {
    const part = value === undefined ? `/${name}` : `/${name}/${value}`
    return name === 'tls' && !isNamed ? `${part}/sni/${host}` : part
  })
  return parts.join('')
}
