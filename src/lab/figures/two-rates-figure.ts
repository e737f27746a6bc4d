import { PAYLOAD_SHARE } from '../../topology/model.ts'
import { median } from '../../units/median.ts'
import type { SweepRow } from '../design/outcomes.ts'
import { byCurve, type Figure, overAllPaths } from './figure.ts'
import type { CellPanel } from './plot.ts'

/** A cell below it is darkened: the bar that the literature sets is 0.95. */
const GOAL = 0.95
/** What is drawn darkest. */
const WORST = 0.5

export const twoRatesFigure: Figure = {
  number: 5,
  name: 'two-rates',
  title: 'Goodput / payload that both paths carry, for pairs of rates, 4 MB',
  designs: [{ name: 'two-rates', isTogetherOnly: true }],
  draw({ transfers }) {
    const findings: string[] = []
    const panels = byCurve(overAllPaths(transfers)).map(([name, rows]): CellPanel => {
      const rates = [...new Set(rows.flatMap(({ settings }) => settings.map(rateOf)))].sort((a, b) => a - b)
      const values = rates.map(second => rates.map(first => shareAt(rows, first, second)))
      const known = values.flat().filter(value => value !== undefined)
      findings.push(
        `${name}: ${known.filter(value => value >= GOAL).length} of ${known.length} pairs at ${GOAL} or more, median ${median(known).toFixed(2)}, least ${Math.min(...known).toFixed(2)}`
      )
      const names = rates.map(rate => ((rate * 8) / 1e6).toFixed(1))
      return {
        kind: 'cells',
        title: name,
        xLabel: 'rate of the first path, Mbit/s',
        yLabel: 'of the second path, Mbit/s',
        columns: names,
        rows: names,
        values,
        white: 1,
        dark: WORST
      }
    })
    return { panels, findings }
  }
}

const rateOf = ({ capacityBytesPerSecond }: { capacityBytesPerSecond: number }) => capacityBytesPerSecond

function shareAt(rows: readonly SweepRow[], first: number, second: number): number | undefined {
  const here = rows.filter(
    ({ settings }) => rateOf(settings[0]!) === first && rateOf(settings[1]!) === second
  )
  if (here.length === 0) return undefined
  return (
    median(here.map(({ goodputBytesPerSecond }) => goodputBytesPerSecond)) /
    ((first + second) * PAYLOAD_SHARE)
  )
}
