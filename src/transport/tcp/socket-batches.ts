import type { Socket } from 'node:net'

/** Members of libp2p 3.3.11's TCP connections; `socket` and `sendData` are undocumented. */
export interface SocketConnection {
  socket: Socket
  sendData(data: unknown): unknown
  abort(error: Error): void
}

/**
 * Lets a connection write in batches: all bytes sent in one turn of the event loop go to the kernel
 * in one write. Otherwise each encrypted message's two-byte length would leave in a TCP segment of
 * its own.
 */
export function batchWrites(connection: SocketConnection): void {
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

export function isSocketConnection(connection: object): connection is SocketConnection {
  return ['socket', 'sendData'].every(name => name in connection)
}
