import type { Connection, MessageStream, StreamMuxer } from '@libp2p/interface'
import { type Scheduler, systemScheduler } from '../scheduler.ts'
import { NODE_LIMITS } from './limits.ts'

interface Pulse {
  /** Since when the connection has brought nothing although something was sent over it; undefined where all is well. */
  unansweredSinceMs: number | undefined
  /** When something came last, or the connection was made. */
  heardAtMs: number
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
  const pulse: Pulse = { unansweredSinceMs: undefined, heardAtMs: scheduler.nowMs(), scheduler }
  pulses.set(muxer, pulse)
  const send = connection.send.bind(connection)
  connection.send = data => {
    pulse.unansweredSinceMs ??= scheduler.nowMs()
    return send(data)
  }
  connection.addEventListener('message', () => {
    pulse.unansweredSinceMs = undefined
    pulse.heardAtMs = scheduler.nowMs()
  })
}

/** How long nothing at all has come back over the connection since something was sent, in milliseconds. */
export function unansweredMs(connection: Connection): number {
  const pulse = pulseOf(connection)
  return pulse?.unansweredSinceMs === undefined ? 0 : pulse.scheduler.nowMs() - pulse.unansweredSinceMs
}

/** How long nothing has come over the connection, whether or not anything was sent over it, in milliseconds. */
export function silentMs(connection: Connection): number {
  const pulse = pulseOf(connection)
  return pulse ? pulse.scheduler.nowMs() - pulse.heardAtMs : 0
}

/** Whether the connection may be dead. What is idle is not in doubt: nothing was sent that could be answered. */
export function isDoubtful(connection: Connection): boolean {
  return unansweredMs(connection) >= NODE_LIMITS.doubtAfterMs
}

function pulseOf(connection: Connection): Pulse | undefined {
  const { muxer } = connection as MuxedConnection
  return muxer && pulses.get(muxer)
}
