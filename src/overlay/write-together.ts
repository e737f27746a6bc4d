import type { Socket } from 'node:net'
import type { ConnectionEncrypter } from '@libp2p/interface'

/**
 * A connection encrypter whose connections hand all that is sent in one turn of the event loop to the kernel in one write.
 * Else each message's two-byte length leaves in a TCP segment of its own, and each of several messages in a call of its own.
 */
export function writeTogether<C>(
  makeEncrypter: (components: C) => ConnectionEncrypter
): (components: C) => ConnectionEncrypter {
  return components => {
    const encrypter = makeEncrypter(components)
    const { secureInbound, secureOutbound } = encrypter
    encrypter.secureInbound = (connection, options) => {
      corkWrites(connection)
      return secureInbound.call(encrypter, connection, options)
    }
    encrypter.secureOutbound = (connection, options) => {
      corkWrites(connection)
      return secureOutbound.call(encrypter, connection, options)
    }
    return encrypter
  }
}

/** What libp2p's TCP connections have inside. */
interface SocketConnection {
  socket: Socket
  sendData(data: unknown): unknown
}

function corkWrites(connection: object): void {
  if (!isSocketConnection(connection)) return
  const { socket } = connection
  const sendData = connection.sendData.bind(connection)
  let isCorked = false
  connection.sendData = data => {
    if (!isCorked) {
      isCorked = true
      socket.cork()
      setImmediate(() => {
        isCorked = false
        socket.uncork()
      })
    }
    return sendData(data)
  }
}

function isSocketConnection(connection: object): connection is SocketConnection {
  return 'socket' in connection && 'sendData' in connection && typeof connection.sendData === 'function'
}
