import { empiricalDistribution } from './empirical-distribution.ts'
import { byCurve, type Figure, overAllPaths } from './figure.ts'
import { medianWords } from './words.ts'

export const tracePairFigure: Figure = {
  number: 10,
  name: 'trace-pairs',
  title: 'Share of what two mobile links offered, from 50 times of their traces, 20 MB',
  designs: [{ name: 'trace-pairs', isTogetherOnly: true }],
  draw({ transfers }) {
    const groups = byCurve(overAllPaths(transfers).filter(({ efficiency }) => efficiency !== undefined))
    const valuesOf = (rows: typeof transfers) => rows.map(({ efficiency }) => efficiency!)
    return {
      panels: [
        {
          kind: 'curves',
          title: this.title,
          x: { label: 'ideal time / time', from: 0, to: 1 },
          y: { label: 'share of the times', from: 0, to: 1 },
          curves: groups.map(([name, rows]) => ({
            name,
            shape: 'step',
            points: empiricalDistribution(valuesOf(rows))
          })),
          lines: [{ axis: 'x', at: 0.9, label: 'goal of the median' }]
        }
      ],
      findings: groups.map(
        ([name, rows]) => `${name}: ${rows.length} times, median ${medianWords(valuesOf(rows), 3)}`
      )
    }
  }
}
