import { median } from '../../units/median.ts'
import type { Outcome } from './outcomes.ts'
import { quantile } from './quantile.ts'
import { treatmentKey } from './treatment.ts'

/** What the outcomes of one class of networks, one means and one treatment come to. */
export interface SweepSummary {
  design: string
  links: string
  means: string
  policy?: string
  sizeBytes: number
  scenarios: number
  /** Scenarios with a transfer over all paths that failed. */
  failed: number
  benefit: {
    median: number
    /** The fifth percentile. */
    low: number
    least: number
    /** Share of the scenarios in which it is above 0. */
    aboveZero: number
    /** Share of the scenarios in which it is below -0.05: slower than the best path alone by more than 5 %. */
    below: number
  }
  timeRatio: { median: number; low: number }
}

/** A benefit below this one counts as slower than the best path alone. */
const SLOWER = -0.05

/** The summaries of some outcomes, in the order in which their groups begin. */
export function summariesOf(outcomes: readonly Outcome[]): SweepSummary[] {
  return [...Map.groupBy(outcomes, groupOf).values()].map(some => {
    const { design, links, means, policy, sizeBytes } = some[0]!
    const benefits = some.flatMap(({ benefit }) => benefit ?? [])
    const ratios = some.map(({ timeRatio }) => timeRatio)
    const share = (holds: (benefit: number) => boolean) => benefits.filter(holds).length / benefits.length
    return {
      ...{ design, links, means, policy, sizeBytes },
      scenarios: some.length,
      failed: some.filter(({ failures }) => failures > 0).length,
      benefit: {
        median: median(benefits),
        low: quantile(benefits, 0.05),
        least: Math.min(...benefits),
        aboveZero: share(benefit => benefit > 0),
        below: share(benefit => benefit < SLOWER)
      },
      timeRatio: { median: median(ratios), low: quantile(ratios, 0.05) }
    }
  })
}

/** What outcomes that belong together have in common, and no others: one curve of a figure. */
export function groupOf(outcome: Outcome): string {
  const { design, links, means } = outcome
  return JSON.stringify([design, links, means, treatmentKey(outcome)])
}
