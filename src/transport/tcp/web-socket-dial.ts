import type { Socket } from 'node:net'
import { connect as startTls } from 'node:tls'
import { WebSocket } from 'ws'
import type { Endpoint } from '../endpoint.ts'
import { WEB_SOCKET_OPTIONS, WebSocketStream } from './web-socket-stream.ts'

/**
 * Opens a WebSocket over a TCP connection that stands, in TLS where the endpoint says so. Rejects
 * with the reason where there is none, such as another answer of HTTP; the socket is gone then.
 */
export function openWebSocket(
  socket: Socket,
  endpoint: Endpoint,
  signal: AbortSignal
): Promise<WebSocketStream> {
  const { host, port, carriage, serverName } = endpoint
  const name = serverName ?? (host.includes(':') ? `[${host}]` : host)
  const isTls = carriage === 'tls-ws'
  const webSocket = new WebSocket(`${isTls ? 'wss' : 'ws'}://${name}:${port}/`, {
    ...WEB_SOCKET_OPTIONS,
    createConnection: () => (isTls ? coverWithTls(socket, serverName) : socket)
  })
  // The stream listens from the start: bytes may come right behind the answer.
  const stream = new WebSocketStream(webSocket, socket)
  return new Promise((resolve, reject) => {
    const abort = () => stream.destroy(signal.reason)
    signal.addEventListener('abort', abort)
    webSocket.once('open', () => {
      signal.removeEventListener('abort', abort)
      resolve(stream)
    })
    stream.once('close', () => {
      signal.removeEventListener('abort', abort)
      socket.destroy()
      reject(stream.errored ?? new Error('the WebSocket broke'))
    })
    if (signal.aborted) abort()
  })
}

/**
 * TLS is a coat here, under which noise proves who the peer is: certificates are not looked at, so
 * that nodes without one of a known authority, and firewalls that look into TLS, do no harm.
 */
function coverWithTls(socket: Socket, serverName: string | undefined): Socket {
  return startTls({
    socket,
    rejectUnauthorized: false,
    ALPNProtocols: ['http/1.1'],
    ...(serverName === undefined ? {} : { servername: serverName })
  })
}
