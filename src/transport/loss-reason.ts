import type { MessageStream, StreamMuxer } from '@libp2p/interface'

/** Undocumented member of libp2p 3.3.11's muxers that this file replaces: called when their connection is over. */
interface OpenMuxer extends StreamMuxer {
  onTransportClosed(): void
}

/** Why a connection has ended; without an error as long as it has not, or where the peer has ended it in order. */
interface Ending {
  error?: Error | undefined
}

const endings = new WeakMap<MessageStream, Ending>()

/** Has the encrypted connection know why the one below it ends. To be called before the encryption hears of that. */
export function noteEnding(connection: MessageStream): (encrypted: MessageStream) => void {
  const ending: Ending = {}
  connection.addEventListener('close', ({ error }) => {
    ending.error = error
  })
  return encrypted => endings.set(encrypted, ending)
}

/**
 * Tells the muxer's streams why their connection has ended: libp2p lets them end as if the peer had ended each of them in
 * order.
 */
export function tellEnding(connection: MessageStream, muxer: StreamMuxer): void {
  const open = muxer as OpenMuxer
  const onTransportClosed = open.onTransportClosed.bind(open)
  open.onTransportClosed = () => {
    const error = endings.get(connection)?.error
    if (error) for (const stream of [...muxer.streams]) stream.abort(error)
    onTransportClosed()
  }
}
