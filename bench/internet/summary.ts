import { createRandom } from '../../src/simulation/index.ts'
import type { RunResult, Second } from './run.ts'

/** What is kept of a run: figures, and curves at 101 places from the least to the most. */
export interface Summary {
  rule: string
  seed: number
  figures: Record<string, number>
  utilisation: number[]
  clientShares: number[]
  seconds: Second[]
}

/** A mean over seeds with the interval in which 95 % of the means lie that are drawn from them anew. */
export interface Estimate {
  mean: number
  low: number
  high: number
}

const BOOTSTRAPS = 2_000

export function summaryOf(result: RunResult, seed: number): Summary {
  const { pairs, lost, seconds } = result
  const utilisation = quantilesOf(result.utilisation)
  const clientShares = quantilesOf(result.clientShares)
  const busiest = Math.max(...seconds.map(({ queries }) => queries))
  const processor = (result.searchMs * busiest) / 1_000
  return {
    ...{ rule: result.rule, seed, utilisation, clientShares, seconds },
    figures: {
      clientMean: meanOf(result.clientShares),
      clientWorstHundredth: clientShares[1]!,
      clientWorstTwentieth: clientShares[5]!,
      relaysFull: shareOf(result.utilisation, used => used > 0.99),
      relaysIdle: shareOf(result.utilisation, used => used < 0.01),
      swing: result.swing,
      rttMs: result.meanRttMs,
      relaysOfRoute: result.meanRelays,
      pairsWithSameRelay: pairs.sameRelay / pairs.count,
      pairsWithSameNetwork: pairs.sameNetwork / pairs.count,
      pairsWithSameSystem: pairs.sameSystem / pairs.count,
      lostNone: lost.relays.none,
      lostSome: lost.relays.some,
      lostAll: lost.relays.all,
      lostAllWithSystems: lost.systems.all,
      recoveredAfterSeconds: result.recoveredAfter,
      searchMs: result.searchMs,
      mostQueriesPerSecond: busiest,
      processorsAtMost: processor
    }
  }
}

/** The mean of values with its 95 % interval by the bootstrap, always the same for the same values. */
export function estimateOf(values: readonly number[]): Estimate {
  const random = createRandom(values.length)
  const drawnMeans = Array.from({ length: BOOTSTRAPS }, () =>
    meanOf(values.map(() => values[Math.floor(random() * values.length)]!))
  ).sort((a, b) => a - b)
  return {
    mean: meanOf(values),
    low: drawnMeans[Math.floor(0.025 * BOOTSTRAPS)]!,
    high: drawnMeans[Math.ceil(0.975 * BOOTSTRAPS) - 1]!
  }
}

/** 101 values, from the least to the most. */
export function quantilesOf(values: Iterable<number>): number[] {
  const sorted = Float64Array.from(values).sort()
  return Array.from({ length: 101 }, (_, at) =>
    round(sorted[Math.round((at / 100) * (sorted.length - 1))] ?? 0)
  )
}

/** Summaries as a table: a line for each rule and figure. */
export function csvOf(summaries: readonly Summary[]): string {
  const lines = ['rule,figure,mean,low,high,seeds']
  for (const [rule, some] of Map.groupBy(summaries, summary => summary.rule))
    for (const figure of Object.keys(some[0]!.figures)) {
      const { mean, low, high } = estimateOf(some.map(({ figures }) => figures[figure]!))
      lines.push([rule, figure, ...[mean, low, high].map(round), some.length].join())
    }
  return lines.join('\n') + '\n'
}

function meanOf(values: ArrayLike<number>): number {
  let sum = 0
  for (let at = 0; at < values.length; at++) sum += values[at]!
  return sum / values.length
}

function shareOf(values: Float64Array, isMeant: (value: number) => boolean): number {
  return values.filter(isMeant).length / values.length
}

function round(value: number): number {
  return Number(value.toPrecision(5))
}
