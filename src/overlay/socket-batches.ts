import type { Socket } from 'node:net'
import type { ConnectionEncrypter } from '@libp2p/interface'

/**
 * A connection encrypter whose connections write in batches: what is sent in one turn of the event loop goes to the kernel
 * in one write; else each message's two-byte length leaves in a TCP segment of its own.
 */
export function inBatches<C>(
  makeEncrypter: (components: C) => ConnectionEncrypter
): (components: C) => ConnectionEncrypter {
  return components => {
    const encrypter = makeEncrypter(components)
    const { secureInbound, secureOutbound } = encrypter
    encrypter.secureInbound = (connection, options) => {
      batchWrites(connection)
      return secureInbound.call(encrypter, connection, options)
    }
    encrypter.secureOutbound = (connection, options) => {
      batchWrites(connection)
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

function batchWrites(connection: object): void {
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
  return ['socket', 'sendData'].every(name => name in connection)
}
