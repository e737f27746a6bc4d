import { type Connection, UnsupportedProtocolError } from '@libp2p/interface'
import type { Scheduler } from '../scheduler.ts'
import { FramedStream } from './framed-stream.ts'
import { PING_PROTOCOL } from './ping-answers.ts'

/** A ping is 32 bytes that come back unchanged: here a frame with its length of 4 bytes. */
const PING_FRAME_BYTES = 28

/**
 * Tells whether the node at the other end of this very connection answers within `timeoutMs`.
 * libp2p's own ping takes any connection to the peer id.
 */
export async function answers(
  connection: Connection,
  timeoutMs: number,
  scheduler: Scheduler
): Promise<boolean> {
  const silent = new AbortController()
  const cancel = scheduler.after(timeoutMs, () => silent.abort(new Error('the peer does not answer')))
  try {
    await ping(connection, silent.signal)
    return true
  } catch (error) {
    // A peer that answers that it knows no ping is there.
    return error instanceof UnsupportedProtocolError
  } finally {
    cancel()
  }
}

async function ping(connection: Connection, signal: AbortSignal): Promise<void> {
  const over = Promise.withResolvers<void>()
  over.promise.catch(() => {})
  signal.addEventListener('abort', () => over.reject(signal.reason))
  const stream = new FramedStream(await connection.newStream(PING_PROTOCOL, { signal }), {
    maxFrameBytes: PING_FRAME_BYTES,
    handlers: {
      onFrame: () => over.resolve(),
      onEnd: () => over.reject(new Error('the peer did not answer')),
      onClose: error => over.reject(error)
    }
  })
  stream.send(new Uint8Array(PING_FRAME_BYTES))
  try {
    await over.promise
  } finally {
    stream.abort(new Error('the peer has answered, or has had its time'))
  }
}
