import { encodeRouteFrame } from '../protocol/route-codec.ts'
import { decodeSegment } from '../protocol/segment-frame.ts'
import type { ForwardQueue } from './forward-queue.ts'
import type { HopWaits } from './hop-waits.ts'

/** Queues a segment, which keeps its place; a `held` about waits on the hop behind overtakes it. */
export function passSegment(queue: ForwardQueue, waits: HopWaits, frame: Uint8Array, nowMs: number): void {
  const segment = decodeSegment(frame)
  queue.pushSegment(frame, nowMs, segment)
  const waitMs = waits.add(frame.byteLength, segment.sentAtUs / 1000, nowMs)
  if (waitMs === undefined) return
  queue.pushAnswer(encodeRouteFrame({ kind: 'held', waitMs: Math.round(waitMs) }), nowMs)
}
