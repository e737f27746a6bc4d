import type { Connection, MessageStream, StreamMuxer } from '@libp2p/interface'
import { type Scheduler, systemScheduler } from '../scheduler.ts'
import { NODE_LIMITS } from './limits.ts'

/** Since when a connection has brought nothing although something was sent over it; undefined where all is well. */
interface Pulse {
  unansweredSinceMs: number | undefined
  scheduler: Scheduler
}

/** Undocumented member of libp2p 3.3.11's connections. */
interface MuxedConnection extends Connection {
  muxer?: StreamMuxer
}

const pulses = new WeakMap<StreamMuxer, Pulse>()

/** Notes from now on when the connection below this muxer sends, and when something comes. */
export function takePulse(
  connection: MessageStream,
  muxer: StreamMuxer,
  scheduler: Scheduler = systemScheduler
): void {
  const pulse: Pulse = { unansweredSinceMs: undefined, scheduler }
  pulses.set(muxer, pulse)
  const send = connection.send.bind(connection)
  connection.send = data => {
    pulse.unansweredSinceMs ??= scheduler.nowMs()
    return send(data)
  }
  connection.addEventListener('message', () => {
    pulse.unansweredSinceMs = undefined
  })
}

/** How long nothing at all has come back over the connection since something was sent, in milliseconds. */
export function unansweredMs(connection: Connection): number {
  const { muxer } = connection as MuxedConnection
  const pulse = muxer && pulses.get(muxer)
  return pulse?.unansweredSinceMs === undefined ? 0 : pulse.scheduler.nowMs() - pulse.unansweredSinceMs
}

/** Whether the connection may be dead. What is idle is not in doubt: nothing was sent that could be answered. */
export function isDoubtful(connection: Connection): boolean {
  return unansweredMs(connection) >= NODE_LIMITS.doubtAfterMs
}
