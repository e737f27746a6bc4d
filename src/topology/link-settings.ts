import type { LinkState, LossBursts } from './model.ts'
import type { LinkSettings } from './topology-schema.ts'
import type { TraceUse } from './trace.ts'

/** A trace as a file names it; `commonOffsetMs` is the offset of all its traces. */
export function traceUse(
  { file, columns, offset = 0, scale = 1, loop }: WrittenTrace,
  commonOffsetMs: number
): TraceUse {
  return {
    file,
    ...(columns === undefined ? {} : { columns }),
    offsetMs: offset + commonOffsetMs,
    scale,
    loops: loop ?? true
  }
}

/** The loss of a link as a file has it: a share of its packets, or bursts with the mean share that they lose. */
export function lossOf(written: NonNullable<LinkSettings['loss']>): Pick<LinkState, 'loss' | 'bursts'> {
  if (typeof written === 'number') return { loss: written }
  const { toBad, toGood, inGood: lossInGood = 0, inBad: lossInBad = 1 } = written
  const bursts = { toBad, toGood, lossInGood, lossInBad }
  return { loss: meanLoss(bursts), bursts }
}

/** The share of packets that such a link loses in the long run. */
export function meanLoss({ toBad, toGood, lossInGood, lossInBad }: LossBursts): number {
  const shareOfBad = toBad / (toBad + toGood)
  return shareOfBad * lossInBad + (1 - shareOfBad) * lossInGood
}

interface WrittenTrace extends Pick<TraceUse, 'file' | 'columns'> {
  offset?: number
  scale?: number
  loop?: false
}
