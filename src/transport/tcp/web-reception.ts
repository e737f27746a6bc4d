import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http'
import { isIP, type Socket } from 'node:net'
import { TLSSocket } from 'node:tls'
import { WebSocketServer } from 'ws'
import { scopeOf } from '../ip-ranges.ts'
import { WEB_SOCKET_LIMITS } from '../limits.ts'
import type { ServerCertificate } from './server-certificate.ts'
import { WEB_SOCKET_OPTIONS, WebSocketStream } from './web-socket-stream.ts'

/** The first byte of GET, and of a record of TLS that begins a handshake. */
const FIRST_BYTES = { http: 0x47, tls: 0x16 } as const

/** Makes streams of the connections that ask for a WebSocket, in TLS or not, and turns other requests away. */
export class WebReception {
  readonly #certificate: ServerCertificate | undefined
  readonly #http: Server
  readonly #webSockets = new WebSocketServer({
    ...WEB_SOCKET_OPTIONS,
    noServer: true,
    clientTracking: false
  })
  /** The connection of TCP below each that HTTP reads, and who waits for its stream. */
  readonly #guests = new WeakMap<object, { socket: Socket; take: (stream: WebSocketStream) => void }>()

  /** Without a certificate nothing is taken over TLS. */
  constructor(certificate?: ServerCertificate) {
    this.#certificate = certificate
    this.#http = createServer({ maxHeaderSize: WEB_SOCKET_LIMITS.maxHeaderBytes }, turnAway)
    this.#http.on('upgrade', (request, _socket, head) => this.#upgrade(request, head))
  }

  /** Tells whether a connection that begins with this byte is one for `receive`. */
  takes(firstByte: number): boolean {
    return (
      firstByte === FIRST_BYTES.http || (firstByte === FIRST_BYTES.tls && this.#certificate !== undefined)
    )
  }

  /** `socket`: nobody reads it, and it gives its first bytes again. `take`: called when it has become a WebSocket. */
  async receive(socket: Socket, firstByte: number, take: (stream: WebSocketStream) => void): Promise<void> {
    const carrier = firstByte === FIRST_BYTES.tls ? await this.#uncover(socket, this.#certificate!) : socket
    if (socket.destroyed) return
    this.#guests.set(carrier, { socket, take })
    this.#http.emit('connection', carrier)
    carrier.resume()
  }

  async #uncover(socket: Socket, certificate: ServerCertificate): Promise<Socket> {
    const secureContext = await certificate.context()
    const carrier = new TLSSocket(socket, { isServer: true, secureContext, ALPNProtocols: ['http/1.1'] })
    carrier.on('error', () => socket.destroy())
    return carrier
  }

  #upgrade(request: IncomingMessage, head: Buffer): void {
    const guest = this.#guests.get(request.socket)!
    this.#webSockets.handleUpgrade(request, request.socket, head, webSocket => {
      const remoteAddress = visitorOf(request, guest.socket)
      guest.take(new WebSocketStream(webSocket, guest.socket, { remoteAddress }))
    })
  }
}

/**
 * The address from which a visitor has come: what a reverse proxy on this host says. It may say
 * less than loopback allows, never more. Others could say anything.
 */
function visitorOf({ headers }: IncomingMessage, { remoteAddress }: Socket): string | undefined {
  const told = String(headers['x-forwarded-for'] ?? '')
    .split(',')
    .at(-1)!
    .trim()
  const isOwnHost = remoteAddress !== undefined && scopeOf(remoteAddress) === 'loopback'
  return isOwnHost && isIP(told) !== 0 ? told : remoteAddress
}

function turnAway(_request: IncomingMessage, response: ServerResponse): void {
  response.writeHead(426, {
    upgrade: 'websocket',
    connection: 'upgrade, close',
    'content-type': 'text/plain'
  })
  response.end('Only WebSocket is served here.\n')
}
