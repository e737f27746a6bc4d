import type { Socket } from 'node:net'

/** What libp2p's TCP connections have inside. */
interface SocketConnection {
  socket: Socket
  sendData(data: unknown): unknown
}

/**
 * Lets a connection write in batches: what is sent in one turn of the event loop goes to the kernel in one write; else each
 * encrypted message's two-byte length leaves in a TCP segment of its own.
 */
export function batchWrites(connection: object): void {
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
