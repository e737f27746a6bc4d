import type { Design, PathSettings } from './design.ts'
import type { SweepMeans } from './design-schema.ts'
import { bytesWithin, topologyText } from './point-topology.ts'
import { pointsOf } from './points.ts'
import { type Treatment, treatmentOf, treatmentsOf } from './treatment.ts'
import type { Trial } from './trial.ts'

/** One transfer of a design. Its `bytes` are fewer than `sizeBytes` over a slow path alone. */
export interface Transfer extends Treatment, Trial {
  /** Number of the point, from 0. */
  point: number
  /** Numbers of the paths that it goes over, from 1, that which goes first before the others; one number: that path alone. */
  paths: number[]
  /** The settings of these paths, in the same order. */
  settings: PathSettings[]
  /** How many paths there are at the point. */
  pathCount: number
}

/** One network of a design, one treatment and one means: that for which a sweep has a result. */
export interface Scenario extends Treatment {
  point: number
  /** The order of the paths, by their numbers from 1. */
  order: number[]
  /** The settings of the paths, path 1 first whatever the order is. */
  paths: PathSettings[]
  means: SweepMeans
}

export interface TransferChoice {
  means: readonly SweepMeans[]
  /** Takes each of so many points only, the first one included. Default: 1, all of them. */
  every?: number
  /**
   * Whether the same transfer always has the same result where nothing is lost: it is then made once, whatever the design
   * says of repetitions.
   */
  isSimulated: boolean
}

/** All scenarios of a design, point by point. */
export function scenariosOf(design: Design, { means, every = 1 }: TransferChoice): Scenario[] {
  const treatments = treatmentsOf(design)
  return pointsOf(design).flatMap((paths, point) =>
    point % every === 0
      ? ordersOf(design, paths.length).flatMap(order =>
          treatments.flatMap(treatment =>
            means.map(each => ({ point, order, paths, means: each, ...treatment }))
          )
        )
      : []
  )
}

/**
 * The transfers that a scenario takes: over all paths and over each of them alone, in each repetition. Scenarios of one
 * point that differ in their order have the transfers over one path in common.
 */
export function transfersOf(design: Design, scenario: Scenario, isSimulated: boolean): Transfer[] {
  const { paths, order } = scenario
  const isSame = isSimulated && paths.every(({ loss }) => loss === 0)
  const repetitions = isSame ? 1 : design.repetitions
  const alone = paths.length > 1 ? paths.map((_, index) => [index + 1]) : []
  return Array.from({ length: repetitions }, (_, index) => index + 1).flatMap(repetition =>
    [order, ...alone].map(used => transferOf(design, scenario, used, repetition))
  )
}

/** All transfers of some scenarios, each once. */
export function allTransfers(
  design: Design,
  scenarios: readonly Scenario[],
  isSimulated: boolean
): Transfer[] {
  const all = scenarios.flatMap(scenario => transfersOf(design, scenario, isSimulated))
  return [...new Map(all.map(transfer => [transfer.key, transfer])).values()]
}

function transferOf(design: Design, scenario: Scenario, used: number[], repetition: number): Transfer {
  const { point, means } = scenario
  const treatment = treatmentOf(scenario)
  const { sizeBytes, segmentBytes, memoryBytes, policy, liveBytesPerSecond, offsetMs } = treatment
  const paths = used.map(number => scenario.paths[number - 1]!)
  const bytes = paths.length > 1 ? sizeBytes : bytesWithin(paths[0]!, design.longestAloneMs, sizeBytes)
  // Rows that were made before there were these two settings have keys without them.
  const later = [liveBytesPerSecond, offsetMs].filter(value => value !== undefined)
  const settings = [sizeBytes, segmentBytes, memoryBytes, policy, repetition, ...later]
  const key = JSON.stringify([point, used, means, ...settings])
  return {
    key,
    point,
    paths: used,
    settings: paths,
    pathCount: scenario.paths.length,
    means,
    ...treatment,
    repetition,
    seed: seedOf(design.seed, point, repetition),
    bytes,
    ...(paths.some(({ trace }) => trace !== undefined) ? { tracesBeside: design.file } : {}),
    topology: topologyText({
      ...treatment,
      name: `point-${point}`,
      paths,
      sizeBytes: bytes,
      congestion: design.congestion
    })
  }
}

/** A seed that no other point and repetition of a design has. */
function seedOf(seed: number, point: number, repetition: number): number {
  return (seed + point * 1_000 + repetition - 1) % 2 ** 32
}

function ordersOf({ order }: Design, count: number): number[][] {
  const numbers = Array.from({ length: count }, (_, index) => index + 1)
  if (order === 'given') return [numbers]
  return numbers.map(first => [first, ...numbers.filter(number => number !== first)])
}
