import type { NumberRange } from '../pattern/range-set.ts'
import { type PartPlan, UNIT_SEGMENTS } from './part-plan.ts'

/** How long a part should take if it came alone, in milliseconds: others are to get it soon. */
const PART_MS = 1_000
/** Most segments of a part. */
const MAX_PART_SEGMENTS = 1_024
/**
 * Most parts that one source brings at once. The next one begins when no more than one is left of those before, so that the
 * time in which a route opens is not lost.
 */
export const MAX_PARTS_OF_HOLDER = 2
/** Most parts on their way at once, whoever brings them: each costs time of the processor 50 times a second. */
export const MAX_PARTS = 10

/** A source that may bring parts. */
export interface Bringer {
  id: string
  rateBytesPerSecond: number
}

/** A part on its way. */
export interface PartUnderway {
  holder: Bringer
  range: NumberRange
  /** The first segment that is not here yet. */
  next: number
}

/**
 * Takes into hand the part that is to begin now, from whichever of the sources brings least; undefined where enough are on
 * their way, or nobody has what is missing. Pure.
 */
export function takePart<H extends Bringer>(
  plan: PartPlan,
  holders: readonly H[],
  underway: readonly PartUnderway[],
  segmentBytes: number
): { holder: H; range: NumberRange } | undefined {
  if (underway.length >= MAX_PARTS) return undefined
  for (let most = 1; most <= MAX_PARTS_OF_HOLDER; most++)
    for (const holder of holders) {
      const parts = underway.filter(part => part.holder === holder)
      const left = parts.reduce((sum, { range, next }) => sum + range.to - next, 0)
      const segments = segmentsFor(holder, segmentBytes)
      const range = parts.length < most && left <= segments ? plan.take(holder.id, segments) : undefined
      if (range) return { holder, range }
    }
  return undefined
}

function segmentsFor({ rateBytesPerSecond }: Bringer, segmentBytes: number): number {
  const segments = Math.floor((rateBytesPerSecond * PART_MS) / 1_000 / segmentBytes)
  return Math.min(MAX_PART_SEGMENTS, Math.max(UNIT_SEGMENTS, segments))
}
