import type { SweepRow } from '../design/outcomes.ts'
import { estimate } from '../report/bootstrap.ts'
import { byCurve, type Figure, overAllPaths } from './figure.ts'
import type { Curve } from './plot.ts'

/** Payload of a packet: an Ethernet frame's, less the headers of IP and TCP. */
const PACKET_BYTES = 1448

export const burstFigure: Figure = {
  number: 4,
  name: 'bursts',
  title: 'Time of short bursts, beside a path that is farther and farther',
  designs: [{ name: 'bursts' }],
  draw({ transfers }) {
    const findings: string[] = []
    const points = [...Map.groupBy(transfers, ({ point }) => point)].toSorted(([a], [b]) => a - b)
    const panels = points.map(([, rows]) => {
      const together = overAllPaths(rows)
      const fast = rows.filter(({ paths, means }) => paths.join() === '1' && means === 'anabranch')
      const farMs = together[0]?.settings[1]?.roundTripMs
      const title = `round trips of 10 and ${farMs} ms`
      const curves = [
        ...byCurve(together).map(([name, some]) => curveOf(name, some)),
        curveOf('near path alone', fast)
      ]
      const alone = curves.at(-1)!
      for (const { name, points: times } of curves.slice(0, -1)) {
        const ratios = times.map(
          ({ x, y }) => y / (alone.points.find(point => point.x === x)?.y ?? Number.NaN)
        )
        findings.push(
          `${title}, ${name}: ${Math.min(...ratios).toFixed(2)} to ${Math.max(...ratios).toFixed(2)} x the time of the near path alone`
        )
      }
      const most = Math.max(
        ...curves.flatMap(({ points: times }) => times.map(({ high, y }) => high ?? y)),
        1
      )
      return {
        kind: 'curves' as const,
        title,
        x: { label: 'packets', from: 0, to: 60 },
        y: { label: 'time, ms', from: 0, to: most * 1.1 },
        curves,
        lines: []
      }
    })
    return { panels, findings }
  }
}

/** Median times in ms with their intervals, by the number of packets. */
function curveOf(name: string, rows: readonly SweepRow[]): Curve {
  const sizes = [
    ...Map.groupBy(
      rows.filter(({ failure }) => failure === undefined),
      ({ sizeBytes }) => sizeBytes
    )
  ]
  const points = sizes
    .map(([bytes, some]) => {
      const { median, low, high } = estimate(some.map(({ seconds }) => seconds * 1000))
      return { x: bytes / PACKET_BYTES, y: median, ...(some.length > 1 ? { low, high } : {}) }
    })
    .toSorted((a, b) => a.x - b.x)
  return { name, shape: 'line', points }
}
