import type { Socket } from 'node:net'
import type { ConnectionEncrypter } from '@libp2p/interface'

/** Of a noise message's length, in front of it. */
const LENGTH_BYTES = 2
const NO_LENGTH_YET = new RangeError('the length has not come yet')

/**
 * A connection encrypter whose connections write in batches: what is sent in one turn of the event loop goes to the kernel
 * in one write; else each message's two-byte length leaves in a TCP segment of its own. And they wait for messages cheaply.
 */
export function inBatches<C>(
  makeEncrypter: (components: C) => ConnectionEncrypter
): (components: C) => ConnectionEncrypter {
  return components => {
    const encrypter = makeEncrypter(components)
    const { secureInbound, secureOutbound } = encrypter
    encrypter.secureInbound = async (connection, options) => {
      batchWrites(connection)
      const secured = await secureInbound.call(encrypter, connection, options)
      waitCheaply(secured.connection)
      return secured
    }
    encrypter.secureOutbound = async (connection, options) => {
      batchWrites(connection)
      const secured = await secureOutbound.call(encrypter, connection, options)
      waitCheaply(secured.connection)
      return secured
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

/** What connections that noise has encrypted have inside: what cuts what was read into messages. */
interface NoiseConnection {
  decoder: { lengthDecoder(read: { byteLength: number }): number }
}

/**
 * After each message its decoder tries for one more, and an error tells it to wait. That is made once: to gather a stack for
 * each took a twentieth of a relay's time.
 */
function waitCheaply(connection: object): void {
  if (!isNoiseConnection(connection)) return
  const { decoder } = connection
  const { lengthDecoder } = decoder
  decoder.lengthDecoder = read => {
    if (read.byteLength < LENGTH_BYTES) throw NO_LENGTH_YET
    return lengthDecoder(read)
  }
}

function isNoiseConnection(connection: object): connection is NoiseConnection {
  return 'decoder' in connection
}

function isSocketConnection(connection: object): connection is SocketConnection {
  return ['socket', 'sendData'].every(name => name in connection)
}
