import type { MessageStream, StreamMuxer } from '@libp2p/interface'
import { AnabranchError } from '../errors.ts'
import { type Scheduler, systemScheduler } from '../scheduler.ts'
import { NODE_LIMITS } from './limits.ts'

/** A peer has sent nothing for so long that it must be gone, though it was asked. */
export class SilentPeerError extends AnabranchError {
  constructor(silentMs: number) {
    super('ERR_PEER_SILENT', `Nothing has come from the peer for ${Math.round(silentMs / 100) / 10} seconds`)
  }
}

/**
 * Ends a connection on which nothing at all comes any more. yamux asks its peer regularly, so an idle connection is not
 * silent. libp2p's own monitor opens a stream for each question and takes any fault of that stream for the end of the
 * connection, whatever else the connection carries meanwhile.
 */
export function endWhenSilent(
  connection: MessageStream,
  muxer: StreamMuxer,
  scheduler: Scheduler = systemScheduler
): void {
  const { keepAliveIntervalMs, silentIntervals } = NODE_LIMITS
  let silent = 0
  // Intervals are counted, not time: a process that was stopped for a while has not read what
  // arrived meanwhile.
  const check = () => {
    silent++
    if (silent < silentIntervals) {
      cancel = scheduler.after(keepAliveIntervalMs, check)
      return
    }
    const error = new SilentPeerError(silentIntervals * keepAliveIntervalMs)
    muxer.abort(error)
    connection.abort(error)
  }
  let cancel = scheduler.after(keepAliveIntervalMs, check)
  connection.addEventListener('message', () => {
    silent = 0
  })
  connection.addEventListener('close', () => cancel())
}
