import { aggregationBenefit, timeRatio } from './aggregation.ts'
import type { Design } from './design.ts'
import { median } from './quantiles.ts'
import { type Scenario, type Transfer, transfersOf } from './transfers.ts'

/** A transfer that was made: one line of a sweep's rows. */
export interface SweepRow extends Transfer {
  design: string
  /** Version of the program. */
  version: string
  startedAt: string
  /** How links were emulated; `simulator` where they were not. */
  links: string
  /** Time in s from the first packet to the last byte; of a transfer that failed, until it was given up. */
  seconds: number
  /** The same of the whole command, its start included; unset in a simulation. */
  commandSeconds?: number
  /** `bytes` / `seconds`; 0 for a transfer that failed. */
  goodputBytesPerSecond: number
  longestStallMs: number
  wireOverhead: number
  /** Share of the packets that were really lost on each path, in the order of `paths`; unset where nobody counts them. */
  drawnLoss?: number[]
  /** Share of the processor time that was idle, 0 to 1; unset in a simulation. */
  idleShare?: number
  /** Frames that the machine lost, and not the links: with any the row does not count, and is made again. */
  lostFrames?: number
  /** Why it failed; unset where the content came whole. */
  failure?: string
}

/** The result of a scenario: medians over its repetitions, and what follows from them. */
export interface Outcome extends Scenario {
  design: string
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

/** Whether a row counts: a machine that lost frames has measured itself. */
export function counts({ lostFrames = 0 }: Pick<SweepRow, 'lostFrames'>): boolean {
  return lostFrames === 0
}

/** The outcome of each scenario all of whose transfers have been made; others are left out. */
export function outcomesOf(
  design: Design,
  scenarios: readonly Scenario[],
  rows: readonly SweepRow[],
  isSimulated: boolean
): Outcome[] {
  const made = new Map(rows.filter(counts).map(row => [row.key, row]))
  return scenarios.flatMap(scenario => {
    const transfers = transfersOf(design, scenario, isSimulated).map(({ key }) => made.get(key))
    const whole = transfers.filter(row => row !== undefined)
    return whole.length < transfers.length ? [] : [outcomeOf(design.name, scenario, whole)]
  })
}

function outcomeOf(design: string, scenario: Scenario, rows: SweepRow[]): Outcome {
  const { paths, order, sizeBytes } = scenario
  const over = (used: number[]) => rows.filter(row => row.paths.join() === used.join())
  const goodputOf = (used: number[]) => median(over(used).map(row => row.goodputBytesPerSecond))
  const together = over(order)
  const goodput = goodputOf(order)
  const alone = paths.map((_, index) => goodputOf([index + 1]))
  const capacities = paths.map(({ capacityBytesPerSecond }) => capacityBytesPerSecond)
  const seconds = sizeBytes / goodput
  return {
    ...scenario,
    design,
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
