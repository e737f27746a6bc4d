import { createRandom } from '../../simulation/random.ts'
import { CONFIDENCE } from '../report/bootstrap.ts'
import type { PlotPoint } from './plot.ts'

const SAMPLES = 400
const SEED = 1

/**
 * The empirical distribution of some values, from 0 at the least one on: for each value the share of
 * all that are not above it, with its 95 % interval by the percentile bootstrap. The seed is fixed, as in `estimate`.
 */
export function empiricalDistribution(values: readonly number[]): PlotPoint[] {
  const sorted = values.toSorted((a, b) => a - b)
  const count = sorted.length
  const random = createRandom(SEED)
  // What matters of a value that is drawn is how many of the sorted ones are not above it.
  const samples = Array.from({ length: SAMPLES }, () => {
    const drawn = new Array<number>(count).fill(0)
    for (let n = 0; n < count; n++) drawn[Math.floor(random() * count)]!++
    let sum = 0
    return drawn.map(times => {
      sum += times
      return sum / count
    })
  })
  const tail = Math.round(((1 - CONFIDENCE) / 2) * (SAMPLES - 1))
  const start = sorted.slice(0, 1).map(x => ({ x, y: 0, low: 0, high: 0 }))
  const steps = sorted.map((x, index) => {
    const shares = samples.map(sample => sample[index]!).sort((a, b) => a - b)
    return { x, y: (index + 1) / count, low: shares[tail]!, high: shares[SAMPLES - 1 - tail]! }
  })
  return [...start, ...steps]
}
