import { bufferNeed } from '../design/aggregation.ts'
import { byCurve, type Figure, overAllPaths } from './figure.ts'
import { goodputMbit, medianCurve } from './median-curve.ts'

const MB = 1e6

export const memoryFigure: Figure = {
  number: 7,
  name: 'memory',
  title: "Goodput over the client's memory, with a second path that is farther",
  designs: [{ name: 'memory-need', isTogetherOnly: true }],
  draw({ transfers }) {
    const findings: string[] = []
    const points = [...Map.groupBy(overAllPaths(transfers), ({ point }) => point)].toSorted(
      ([a], [b]) => a - b
    )
    const panels = points.map(([, rows]) => {
      const [near, far] = rows[0]!.settings as [
        (typeof rows)[0]['settings'][0],
        (typeof rows)[0]['settings'][0]
      ]
      const needBytes = bufferNeed(
        [near, far].map(path => ({
          rateBytesPerSecond: path.capacityBytesPerSecond,
          roundTripMs: path.roundTripMs
        }))
      )
      const title = `second path ${far.roundTripMs - near.roundTripMs} ms longer`
      const curves = byCurve(rows).map(([name, some]) =>
        medianCurve(name, some, ({ memoryBytes = 0 }) => memoryBytes / MB, goodputMbit)
      )
      for (const { name, points: known } of curves) {
        const most = Math.max(...known.map(({ y }) => y))
        const enough = known.find(({ x }) => x * MB >= needBytes)
        if (enough)
          findings.push(
            `${title}, ${name}: ${((100 * enough.y) / most).toFixed(0)} % of the most (${most.toFixed(0)} Mbit/s) with ${enough.x} MB, where ${(needBytes / MB).toFixed(1)} MB are needed`
          )
      }
      return {
        kind: 'curves' as const,
        title,
        x: { label: 'memory, MB', from: 1, to: 1000, scale: 'log' as const },
        y: { label: 'goodput, Mbit/s', from: 0, to: 200 },
        curves,
        lines: [{ axis: 'x' as const, at: needBytes / MB, label: 'need' }]
      }
    })
    return { panels, findings }
  }
}
