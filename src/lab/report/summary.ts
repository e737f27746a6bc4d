import { type Estimate, estimate } from './bootstrap.ts'
import { verdictOf } from './expectation-words.ts'
import type { Figures, MeansFigures } from './figures.ts'
import { METRICS } from './metrics.ts'

/** Version of summary.json's keys. */
export const SUMMARY_FORMAT = 1

/** What several runs of one topology have together. */
export interface Summary {
  format: number
  version: string
  command: readonly string[]
  topology: string
  startedAt: string
  machine: Figures['machine']
  topologyFile: string
  /** Number of runs. */
  runs: number
  means: MeansSummary[]
  expectations: { name: string; wanted: string; met: number; unmet: number; uncounted: number }[]
}

export interface MeansSummary {
  means: string
  /** Number of runs that are in the figures: that did not fail, on a machine that was fast enough. */
  counted: number
  failed: number
  /** Each figure by its name in runs.csv; none where no run counts. */
  figures: Record<string, FigureSummary>
}

export interface FigureSummary extends Estimate {
  least: number
  most: number
  /** The value of each run that counts, in the order of the runs. */
  values: number[]
}

/** Medians and intervals of runs; there is at least one. */
export function summaryOf(
  runs: readonly Figures[],
  told: Pick<Summary, 'version' | 'command' | 'topologyFile'>
): Summary {
  const [first] = runs
  return {
    format: SUMMARY_FORMAT,
    version: told.version,
    command: told.command,
    topology: first!.topology,
    startedAt: first!.startedAt,
    machine: first!.machine,
    topologyFile: told.topologyFile,
    runs: runs.length,
    means: first!.means.map(({ means }) =>
      meansSummary(
        means,
        runs.flatMap(run => run.means.filter(row => row.means === means))
      )
    ),
    expectations: first!.expectations.map(({ name, wanted }, index) => {
      const verdicts = runs.map(run => verdictOf(run.expectations[index]!, run))
      const count = (verdict: string) => verdicts.filter(one => one === verdict).length
      return { name, wanted, met: count('met'), unmet: count('unmet'), uncounted: count('uncounted') }
    })
  }
}

function meansSummary(means: string, rows: MeansFigures[]): MeansSummary {
  const done = rows.filter(({ failure }) => failure === undefined)
  const counted = done.filter(({ counts }) => counts)
  const figures = METRICS.flatMap(({ name, value }) => {
    const values = counted.map(value).filter(value => value !== undefined)
    return values.length === 0 ? [] : [[name, figureSummary(values)] as const]
  })
  return {
    means,
    counted: counted.length,
    failed: rows.length - done.length,
    figures: Object.fromEntries(figures)
  }
}

function figureSummary(values: number[]): FigureSummary {
  return { ...estimate(values), least: Math.min(...values), most: Math.max(...values), values }
}
