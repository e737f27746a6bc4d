import { median } from '../../units/median.ts'
import { aggregationBenefit, timeRatio } from './aggregation.ts'
import type { Scenario, Transfer } from './transfers.ts'
import { treatmentKey, treatmentOf } from './treatment.ts'
import { counts, type Row } from './trial.ts'

/** A transfer of a design that was made. */
export type SweepRow = Row<Transfer>

/** The result of a scenario: medians over its repetitions, and what follows from them. */
export interface Outcome extends Scenario {
  design: string
  /** How links were emulated, as a row says it. */
  links: string
  repetitions: number
  goodputBytesPerSecond: number
  seconds: number
  /** Goodput over each path alone, path 1 first. */
  aloneBytesPerSecond: number[]
  /** See aggregationBenefit; unset where it is not defined. */
  benefit?: number
  theoreticalBenefit?: number
  /** Time over the best path alone / time over all. */
  timeRatio: number
  /** Time over the path that goes first, alone / time over all. */
  timeRatioToFirst: number
  /** Repetitions of the transfer over all paths that failed. */
  failures: number
}

/**
 * The outcome of each scenario of which there are transfers over all paths and over each of them alone, in the order of
 * the points. Rows that do not count are left out.
 */
export function outcomesOf(rows: readonly SweepRow[]): Outcome[] {
  const networks = Map.groupBy(rows.filter(counts), networkOf)
  return [...networks.values()]
    .flatMap(made => {
      const alone = made.filter(({ paths }) => paths.length === 1)
      const together = made.filter(({ paths, pathCount }) => paths.length === pathCount)
      return [...Map.groupBy(together, ({ paths }) => paths.join()).values()].flatMap(
        some => outcomeOf(some, alone) ?? []
      )
    })
    .toSorted((a, b) => a.point - b.point || a.order[0]! - b.order[0]!)
}

/** What rows of one network, one treatment and one means have in common, and no others. */
function networkOf(row: SweepRow): string {
  const { design, links, point, means } = row
  return JSON.stringify([design, links, point, means, treatmentKey(row)])
}

function outcomeOf(together: SweepRow[], aloneRows: SweepRow[]): Outcome | undefined {
  const [row] = together
  const { design, links, point, means, sizeBytes, pathCount } = row!
  const alone = Array.from({ length: pathCount }, (_, index) =>
    median(aloneRows.filter(({ paths }) => paths[0] === index + 1).map(goodputOf))
  )
  if (alone.some(Number.isNaN)) return undefined
  const order = row!.paths
  const paths = alone.map((_, index) => row!.settings[order.indexOf(index + 1)]!)
  const goodput = median(together.map(goodputOf))
  const capacities = paths.map(({ capacityBytesPerSecond }) => capacityBytesPerSecond)
  const seconds = sizeBytes / goodput
  return {
    ...{ design, links, point, order, paths, means, ...treatmentOf(row!) },
    repetitions: together.length,
    goodputBytesPerSecond: goodput,
    seconds,
    aloneBytesPerSecond: alone,
    benefit: aggregationBenefit({ together: goodput, alone }),
    theoreticalBenefit: aggregationBenefit({ together: goodput, alone: capacities }),
    timeRatio: timeRatio(sizeBytes / Math.max(...alone), seconds),
    timeRatioToFirst: timeRatio(sizeBytes / alone[order[0]! - 1]!, seconds),
    failures: together.filter(({ failure }) => failure !== undefined).length
  }
}

function goodputOf({ goodputBytesPerSecond }: SweepRow): number {
  return goodputBytesPerSecond
}
