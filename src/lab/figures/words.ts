import { estimate } from '../report/bootstrap.ts'

/** A median with its 95 % interval, as `0.87 (0.85 to 0.89)`. */
export function medianWords(values: readonly number[], digits = 2): string {
  const { median, low, high } = estimate(values)
  return `${median.toFixed(digits)} (${low.toFixed(digits)} to ${high.toFixed(digits)})`
}

/** The share of the values for which something holds, as `97.6 %`. */
export function shareWords(values: readonly number[], holds: (value: number) => boolean): string {
  return `${((100 * values.filter(holds).length) / values.length).toFixed(1)} %`
}
