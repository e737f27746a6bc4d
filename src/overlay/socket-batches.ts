import type { Socket } from 'node:net'
import type { ConnectionEncrypter } from '@libp2p/interface'
import { ReadPace } from './read-pace.ts'

/**
 * A connection encrypter whose connections read and write in batches. Packets of a WAN come one by one: to wake up for
 * each costs more than all that is done with it. And what is sent in one turn of the event loop goes to the kernel in one
 * write; else each message's two-byte length leaves in a TCP segment of its own.
 */
export function inBatches<C>(
  makeEncrypter: (components: C) => ConnectionEncrypter
): (components: C) => ConnectionEncrypter {
  return components => {
    const encrypter = makeEncrypter(components)
    const { secureInbound, secureOutbound } = encrypter
    encrypter.secureInbound = (connection, options) => {
      batch(connection)
      return secureInbound.call(encrypter, connection, options)
    }
    encrypter.secureOutbound = (connection, options) => {
      batch(connection)
      return secureOutbound.call(encrypter, connection, options)
    }
    return encrypter
  }
}

/** What libp2p's TCP connections have inside. */
interface SocketConnection {
  socket: Socket & { _handle?: SocketHandle | null }
  sendData(data: unknown): unknown
  onData(data: Uint8Array): void
}

/** What a socket's handle has: `reading` is what the socket wants, not what the handle does. */
interface SocketHandle {
  reading: boolean
  readStart(): void
  readStop(): void
}

function batch(connection: object): void {
  if (!isSocketConnection(connection)) return
  batchWrites(connection)
  batchReads(connection)
}

function batchWrites(connection: SocketConnection): void {
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

function batchReads(connection: SocketConnection): void {
  const { socket } = connection
  const onData = connection.onData.bind(connection)
  const pace = new ReadPace()
  let isGathering = false
  connection.onData = data => {
    const handle = socket._handle
    const pauseMs = pace.pauseMs(data.byteLength, performance.now())
    if (pauseMs > 0 && !isGathering && handle) {
      isGathering = true
      handle.readStop()
      setTimeout(() => {
        isGathering = false
        // Else the socket itself has stopped reading meanwhile, or is gone.
        if (socket._handle?.reading) socket._handle.readStart()
      }, pauseMs)
    }
    onData(data)
  }
}

function isSocketConnection(connection: object): connection is SocketConnection {
  return ['socket', 'sendData', 'onData'].every(name => name in connection)
}
