import { createRandom } from '../../simulation/random.ts'
import { median } from '../../units/median.ts'

/** Number of samples that are drawn: the ends of the interval then move by less than its hundredth. */
const SAMPLES = 2000
const SEED = 1
/** Share of the samples' medians that lies within the interval. */
export const CONFIDENCE = 0.95

/** A median and the interval in which that of further runs is to be expected. */
export interface Estimate {
  median: number
  /** Ends of the 95 % interval; both are the median where there is one value only. */
  low: number
  high: number
}

/**
 * Median with its 95 % interval by the percentile bootstrap (Efron 1979). The seed is fixed: the
 * same values have the same interval. Throws RangeError of no values.
 */
export function estimate(values: readonly number[]): Estimate {
  if (values.length === 0) throw new RangeError('there is nothing to estimate from')
  const random = createRandom(SEED)
  const draw = () => values[Math.floor(random() * values.length)]!
  const medians = Array.from({ length: SAMPLES }, () => median(values.map(draw))).sort((a, b) => a - b)
  const tail = (1 - CONFIDENCE) / 2
  const at = (share: number) => medians[Math.round(share * (SAMPLES - 1))]!
  return { median: median(values), low: at(tail), high: at(1 - tail) }
}
