import { byCurve, type Figure, overAllPaths } from './figure.ts'
import { goodputMbit, medianCurve } from './median-curve.ts'

export const wifiCellularFigure: Figure = {
  number: 6,
  name: 'wifi-cellular',
  title: 'Goodput over Wi-Fi that loses packets and a cellular link, 16 MiB',
  designs: [{ name: 'wifi-cellular' }],
  draw({ transfers }) {
    const alone = transfers.filter(({ paths, means }) => paths.join() === '1' && means === 'anabranch')
    const together = byCurve(overAllPaths(transfers))
    // Path 1 is the Wi-Fi, whichever of both comes first.
    const lossOf = ({ paths, settings }: (typeof transfers)[number]) => settings[paths.indexOf(1)]!.loss * 100
    const wifi = medianCurve('Wi-Fi alone', alone, lossOf, goodputMbit)
    const curves = together.map(([name, rows]) => medianCurve(name, rows, lossOf, goodputMbit))
    const findings = curves.map(({ name, points }) => {
      const below = points.filter(({ x, y }) => y < (wifi.points.find(point => point.x === x)?.y ?? 0))
      return `${name}: below Wi-Fi alone at ${below.length} of ${points.length} shares of loss; ${points.map(({ x, y }) => `${y.toFixed(1)} Mbit/s at ${x} %`).join(', ')}`
    })
    return {
      panels: [
        {
          kind: 'curves',
          title: this.title,
          x: { label: 'loss of the Wi-Fi, %', from: 0, to: 1 },
          y: { label: 'goodput, Mbit/s', from: 0, to: 30 },
          curves: [...curves, wifi],
          lines: []
        }
      ],
      findings
    }
  }
}
