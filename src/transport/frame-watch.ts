import type { MessageStream, StreamMuxer } from '@libp2p/interface'
import type { Uint8ArrayList } from 'uint8arraylist'
import { type Scheduler, systemScheduler } from '../scheduler.ts'
import { FRAME_FLAG, FRAME_TYPE, FrameAbuseError, FrameBudget, type FrameHeader } from './frame-budget.ts'
import { FRAME_LIMITS, NODE_LIMITS } from './limits.ts'
import { type PausableConnection, ReadThrottle } from './read-throttle.ts'
import { isYamux, type YamuxMuxer } from './yamux-streams.ts'

const HEADER_BYTES = 12
const NOTHING = new Uint8Array()

/** Undocumented members of yamux 8.0.1's muxers that this file patches. */
interface InsideOfMuxer {
  /** Cuts bytes into frames, and keeps those that nobody has taken from it. */
  decoder: {
    buffer: Uint8ArrayList
    emitFrames(data: Uint8Array | Uint8ArrayList): Iterable<{ header: FrameHeader }>
  }
  /** Called with bytes of the peer; what it throws ends the connection. Hands all frames to `handleFrame`. */
  onData(data: Uint8Array | Uint8ArrayList): void
  /** Called with each complete frame. */
  handleFrame(frame: { header: FrameHeader }): void
  sendFrame(header: { type: number }, data?: unknown): boolean
}

/**
 * Ends a connection whose peer breaks the limits of FrameBudget, or begins a frame that no stream
 * has room for; `onAbuse` is called before. Small frames are read no faster than ReadThrottle allows.
 */
export function watchFrames(
  connection: MessageStream,
  muxer: StreamMuxer,
  onAbuse: () => void,
  scheduler: Scheduler = systemScheduler
): void {
  if (!isYamux(muxer)) return
  const inside = muxer as unknown as InsideOfMuxer
  const budget = new FrameBudget()
  const throttle = new ReadThrottle(connection as PausableConnection, scheduler)
  const handleFrame = inside.handleFrame.bind(muxer)
  const sendFrame = inside.sendFrame.bind(muxer)
  inside.handleFrame = frame => {
    const { type, length } = frame.header
    budget.take(frame.header, scheduler.nowMs())
    throttle.took(type === FRAME_TYPE.data ? length : 0)
    handleFrame(frame)
  }
  inside.sendFrame = (header, data) => {
    if (header.type === FRAME_TYPE.data) budget.sent()
    return sendFrame(header, data)
  }
  const onError = (error: unknown) => {
    if (error instanceof FrameAbuseError) onAbuse()
  }
  readInTurns(connection, muxer, onError, scheduler)
}

/**
 * Has frames handled as they come, but only so many that move no data in one turn of the event loop.
 * The others wait in the decoder, and what comes meanwhile behind them: the limits on such frames
 * bound that, too.
 */
function readInTurns(
  connection: MessageStream,
  muxer: YamuxMuxer,
  onError: (error: unknown) => void,
  scheduler: Scheduler
): void {
  const inside = muxer as unknown as InsideOfMuxer
  let isTurnOver = false
  const read = (data: Uint8Array | Uint8ArrayList) => {
    try {
      isTurnOver = handleFrames(inside, data)
      if (isTurnOver) scheduler.after(0, readOn)
      else refuseUnwanted(inside.decoder.buffer, muxer)
    } catch (error) {
      onError(error)
      throw error
    }
  }
  const readOn = () => {
    if (muxer.status !== 'open') return
    try {
      read(NOTHING)
    } catch (error) {
      // As libp2p does with what onData throws.
      muxer.abort(error as Error)
      connection.abort(error as Error)
    }
  }
  inside.onData = data => {
    if (isTurnOver) inside.decoder.buffer.append(data)
    else read(data)
  }
}

/** Returns whether frames are left that have to wait for the next turn. */
function handleFrames(inside: InsideOfMuxer, data: Uint8Array | Uint8ArrayList): boolean {
  let idle = 0
  for (const frame of inside.decoder.emitFrames(data)) {
    inside.handleFrame(frame)
    if (frame.header.type !== FRAME_TYPE.data || frame.header.length === 0) idle++
    if (idle === FRAME_LIMITS.perTurn) return true
  }
  return false
}

/** Throws FrameAbuseError where `begun`, the beginning of a frame, tells of more data than may come. */
function refuseUnwanted(begun: Uint8ArrayList, muxer: YamuxMuxer): void {
  if (begun.byteLength < HEADER_BYTES || begun.get(1) !== FRAME_TYPE.data) return
  const dataBytes = begun.getUint32(8)
  const mostBytes = roomFor(begun.getUint32(4), begun.getUint16(2), muxer)
  if (dataBytes > mostBytes) {
    throw new FrameAbuseError(`begins a frame of ${dataBytes} bytes where ${mostBytes} may come`)
  }
}

function roomFor(streamId: number, flags: number, { streams }: YamuxMuxer): number {
  if (streamId === 0) return 0
  const stream = streams.find(open => open.streamId === streamId)
  if (stream) return stream.recvWindowCapacity
  // Data of a stream that was just ended here may be under way.
  return (flags & FRAME_FLAG.syn) === 0 ? NODE_LIMITS.maxStreamWindowBytes : NODE_LIMITS.firstWindowBytes
}
