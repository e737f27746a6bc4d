import { request } from 'node:http'
import { BlockList, connect, isIP, type Socket } from 'node:net'
import { AnabranchError, ExitCode } from '../../errors.ts'
import type { Endpoint } from '../endpoint.ts'
import { scopeOf } from '../ip-ranges.ts'
import { NODE_LIMITS } from '../limits.ts'
import type { ProxyServer } from '../proxy-server.ts'

type Target = Pick<Endpoint, 'host' | 'port'>

/**
 * A proxy for connections to other hosts, by CONNECT of HTTP or by SOCKS5. It resolves names itself.
 * Connections over loopback, and to the hosts of `direct`, are not for it.
 */
export class OutboundProxy {
  readonly #server: ProxyServer
  readonly #direct: (host: string) => boolean

  /** `direct`: the hosts that it is not for, as the environment variable NO_PROXY has them. */
  constructor(server: ProxyServer, direct = '') {
    this.#server = server
    this.#direct = hostsOf(direct)
  }

  /** The proxy without its credentials. */
  toString(): string {
    const { isSocks, host, port } = this.#server
    return `${isSocks ? 'socks5' : 'http'}://${authority({ host, port })}`
  }

  /** Tells whether connections to a host, by its IP address or name, are made through the proxy. */
  isFor(host: string): boolean {
    const isOwnHost = isIP(host) === 0 ? /^(.+\.)?localhost$/i.test(host) : scopeOf(host) === 'loopback'
    return !isOwnHost && !this.#direct(host)
  }

  /** Connects to a host through the proxy. Throws ProxyError, or the signal's reason. */
  async connect(target: Target, signal: AbortSignal): Promise<Socket> {
    signal.throwIfAborted()
    const { host, port } = this.#server
    const socket = connect({ host, port, noDelay: true })
    const abort = () => socket.destroy(signal.reason)
    signal.addEventListener('abort', abort)
    const ignore = () => {}
    socket.on('error', ignore)
    const silence = Promise.withResolvers<never>()
    const timer = setTimeout(
      () => silence.reject(new Error(`it has not answered within ${NODE_LIMITS.proxyTimeoutMs / 1000} s`)),
      NODE_LIMITS.proxyTimeoutMs
    )
    try {
      await Promise.race([this.#open(socket, target), silence.promise])
      signal.throwIfAborted()
      return socket
    } catch (error) {
      socket.destroy()
      signal.throwIfAborted()
      const reason = error instanceof Error ? error.message : String(error)
      throw new ProxyError(`the proxy ${this} does not connect to ${authority(target)}: ${reason}`, error)
    } finally {
      clearTimeout(timer)
      signal.removeEventListener('abort', abort)
      socket.off('error', ignore)
    }
  }

  async #open(socket: Socket, target: Target): Promise<void> {
    await standing(socket)
    await (this.#server.isSocks ? askSocks : askHttp)(socket, target, this.#server)
  }
}

/** A proxy cannot be reached, or refuses a connection. */
export class ProxyError extends AnabranchError {
  constructor(message: string, cause: unknown) {
    super('ERR_PROXY', message, { exitCode: ExitCode.network, cause })
  }
}

async function askSocks(socket: Socket, target: Target, server: ProxyServer): Promise<void> {
  const { host, port, credentials } = server
  const { SocksClient } = await import('socks')
  await SocksClient.createConnection({
    command: 'connect',
    destination: target,
    existing_socket: socket,
    proxy: {
      host,
      port,
      type: 5,
      ...(credentials && { userId: credentials.user, password: credentials.password })
    }
  })
}

async function askHttp(socket: Socket, target: Target, { credentials }: ProxyServer): Promise<void> {
  const path = authority(target)
  const asked = request({
    method: 'CONNECT',
    path,
    setHost: false,
    headers: {
      host: path,
      ...(credentials && { 'proxy-authorization': basic(credentials) })
    },
    createConnection: () => socket
  })
  await new Promise<void>((resolve, reject) => {
    asked.on('error', reject)
    asked.on('connect', ({ statusCode, statusMessage }, _socket, head) => {
      if (!/^2/.test(String(statusCode)))
        reject(new Error(`it answers ${statusCode} ${statusMessage}`.trim()))
      else resolve()
      if (head.byteLength > 0) socket.unshift(head)
    })
    asked.end()
  })
}

function basic({ user, password }: { user: string; password: string }): string {
  return `Basic ${Buffer.from(`${user}:${password}`).toString('base64')}`
}

async function standing(socket: Socket): Promise<void> {
  await new Promise<void>((resolve, reject) => {
    socket.once('connect', resolve)
    socket.once('error', reject)
  })
}

/**
 * Reads a list of hosts as NO_PROXY has it, separated by commas or spaces: `*` for all, an IP
 * address, a network such as 10.0.0.0/8, or a name, which stands for all names below it as well.
 */
function hostsOf(text: string): (host: string) => boolean {
  const networks = new BlockList()
  const names: string[] = []
  for (const each of text.split(/[\s,]+/).filter(part => part !== '')) {
    const [ip, bits] = each.split('/') as [string, string?]
    const family = familyOf(ip)
    if (family === undefined) names.push(each.toLowerCase().replace(/^\*?\./, ''))
    else if (bits === undefined) networks.addAddress(ip, family)
    else if (/^\d{1,3}$/.test(bits) && Number(bits) <= (family === 'ipv4' ? 32 : 128))
      networks.addSubnet(ip, Number(bits), family)
  }
  return host => {
    const family = familyOf(host)
    if (names.includes('*')) return true
    if (family !== undefined) return networks.check(host, family)
    return names.some(name => `.${host.toLowerCase()}`.endsWith(`.${name}`))
  }
}

function familyOf(ip: string): 'ipv4' | 'ipv6' | undefined {
  return ([undefined, 'ipv4', 'ipv6'] as const)[isIP(ip) === 0 ? 0 : isIP(ip) === 4 ? 1 : 2]
}

function authority({ host, port }: Target): string {
  return host.includes(':') ? `[${host}]:${port}` : `${host}:${port}`
}
