import type { SweepRow } from '../design/outcomes.ts'
import { estimate } from '../report/bootstrap.ts'
import type { Curve, PlotPoint } from './plot.ts'

/** Medians of a figure of some rows over a quantity of theirs, with 95 % intervals where there are several. */
export function medianCurve<T>(
  name: string,
  rows: readonly T[],
  at: (row: T) => number,
  figureOf: (row: T) => number
): Curve {
  const points = [...Map.groupBy(rows, at)].map(([x, some]): PlotPoint => {
    const { median, low, high } = estimate(some.map(figureOf))
    return { x, y: median, ...(some.length > 1 ? { low, high } : {}) }
  })
  return { name, shape: 'line', points: points.toSorted((a, b) => a.x - b.x) }
}

export function goodputMbit({ goodputBytesPerSecond }: SweepRow): number {
  return (goodputBytesPerSecond * 8) / 1e6
}
