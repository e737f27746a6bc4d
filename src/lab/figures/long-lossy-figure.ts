import { PAYLOAD_SHARE } from '../../topology/model.ts'
import type { SweepRow } from '../design/outcomes.ts'
import { apart } from './cases.ts'
import { byCurve, type Figure, overAllPaths } from './figure.ts'
import { medianCurve } from './median-curve.ts'

export const longLossyFigure: Figure = {
  number: 11,
  name: 'long-lossy-ways',
  title: 'Share of the rate over long ways that lose packets, 50 MB',
  designs: [{ name: 'long-lossy-ways' }],
  draw({ transfers }) {
    const one = transfers.filter(({ paths }) => paths.join() === '1')
    const three = overAllPaths(transfers)
    const curves = [
      ...byCurve(three).map(([name, rows]) => medianCurve(`${name}, three`, rows, pointOf, shareOf)),
      ...byCurve(one).map(([name, rows]) => medianCurve(`${name}, one`, rows, pointOf, shareOf))
    ].map(curve => ({ ...curve, shape: 'dots' as const }))
    const cases = new Map(transfers.map(({ point, settings }) => [point, settings[0]!]))
    const ticks = [...cases].map(([at, { roundTripMs, loss }]) => ({
      at,
      label: `${roundTripMs} ms\n${Number((loss * 100).toFixed(2))} %`
    }))
    return {
      panels: [
        {
          kind: 'curves',
          title: this.title,
          x: { label: 'round trip and loss of each way', from: -0.5, to: cases.size - 0.5, ticks },
          y: { label: 'share of the rate', from: 0, to: 1 },
          curves: curves.map((curve, index) => apart(curve, index, curves.length)),
          lines: [{ axis: 'y', at: 0.8, label: '' }]
        }
      ],
      findings: curves.map(
        ({ name, points }) =>
          `${name}: ${points.map(({ x, y }) => `${y.toFixed(2)} at ${ticks[x]?.label.replace('\n', ', ')}`).join(', ')}`
      )
    }
  }
}

const pointOf = ({ point }: SweepRow) => point

function shareOf({ settings, goodputBytesPerSecond }: SweepRow): number {
  const sum = settings.reduce((total, { capacityBytesPerSecond }) => total + capacityBytesPerSecond, 0)
  return goodputBytesPerSecond / (sum * PAYLOAD_SHARE)
}
