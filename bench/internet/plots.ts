import { type Curve, drawPlot, type Plot } from './curves.ts'
import { RULES } from './rules.ts'
import { END_AT, FULL_AT, type Second, VANISH_AT } from './run.ts'
import type { Summary } from './summary.ts'

/** The plots of these runs by file name; curves are means over the seeds of a rule. */
export function pagesOf(summaries: readonly Summary[]): Record<string, string> {
  const byRule = RULES.flatMap(({ name, label }) => {
    const some = summaries.filter(({ rule }) => rule === name)
    return some.length > 0 ? [{ label, some }] : []
  })
  const distribution = (of: 'utilisation' | 'clientShares', plot: Omit<Plot, 'curves' | 'yLabel' | 'yMax'>) =>
    drawPlot({
      ...plot,
      yLabel: '% of them with at most that',
      yMax: 100,
      curves: byRule.map(({ label, some }) => ({
        name: label,
        points: rising(some.map(summary => summary[of]))
      }))
    })
  const timeline = (
    of: (second: Second) => number,
    plot: Omit<Plot, 'curves' | 'xLabel' | 'xMax' | 'marks'>
  ) =>
    drawPlot({
      ...plot,
      ...{ xLabel: 'seconds', xMax: END_AT, xSteps: 11, marks: MARKS },
      curves: byRule.map(({ label, some }) => ({ name: label, points: meanOverTime(some, of) }))
    })
  const most = Math.max(...summaries.flatMap(({ seconds }) => seconds.map(({ queries }) => queries)))
  return {
    'relays.svg': distribution('utilisation', {
      ...{ title: 'How much of their rate relays use', xLabel: 'used part of the rate of a relay', xMax: 1 }
    }),
    'clients.svg': distribution('clientShares', {
      ...{
        title: 'What clients get of what their access line takes',
        xLabel: 'rate in parts of the access line',
        xMax: 1
      }
    }),
    'timeline.svg': timeline(({ meanShare }) => meanShare, {
      title: 'Clients come, change, and lose a tenth of the relays',
      yLabel: "clients' mean rate, in parts of their access line",
      yMax: 1
    }),
    'queries.svg': timeline(({ queries }) => queries / 1_000, {
      ...{
        title: 'Questions to directors',
        yLabel: 'thousands of questions a second',
        yMax: roundUp(most / 1_000)
      }
    })
  }
}

const MARKS = [
  { x: FULL_AT, label: 'all are there' },
  { x: VANISH_AT, label: 'a tenth of the relays vanishes' }
]

/** The distribution of values that are told by their hundredths, least first. */
function rising(quantiles: readonly number[][]): Curve['points'] {
  return quantiles[0]!.map((_, at) => ({
    x: quantiles.reduce((sum, values) => sum + Math.min(1, values[at]!), 0) / quantiles.length,
    y: at
  }))
}

function meanOverTime(some: readonly Summary[], of: (second: Second) => number): Curve['points'] {
  return some[0]!.seconds.map(({ at }, index) => ({
    x: at,
    y: some.reduce((sum, { seconds }) => sum + of(seconds[index]!), 0) / some.length
  }))
}

function roundUp(value: number): number {
  const step = 10 ** Math.floor(Math.log10(value)) / 2
  return Math.ceil(value / step) * step
}
