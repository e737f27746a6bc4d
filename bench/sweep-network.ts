import { createPlanner } from '../src/planner/policies/index.ts'
import { BULK, type Tuning } from '../src/planner/tuning.ts'
import { idealTimeMs } from '../src/simulation/ideal.ts'
import { type Scenario, type SimulationResult, simulate } from '../src/simulation/index.ts'
import { type NetworkKind, randomNetwork } from './random-network.ts'

/** The result for one network of the sweep. */
export interface SweepOutcome {
  seed: number
  kind: NetworkKind
  routes: number
  efficiency: number
  /** The transfer's duration divided by that over the best single route; above 1 it was slower. */
  ofBestRoute: number
  longestStallMs: number
  duplicateShare: number
}

const SEGMENT_BYTES = 32 * 1024

/**
 * Runs the network of a seed over all its routes, and over its best route alone; `memoryBytes` is the scenario's. Throws
 * what `simulate` throws.
 */
export function sweepNetwork(
  seed: number,
  policy: string,
  tuning: Tuning = BULK,
  memoryBytes?: number
): SweepOutcome {
  const { kind, sizeBytes, routes } = randomNetwork(seed)
  const run = (used: typeof routes): SimulationResult =>
    simulate({
      sizeBytes,
      routes: used,
      seed,
      segmentBytes: SEGMENT_BYTES,
      ...(memoryBytes === undefined ? {} : { memoryBytes }),
      createPlanner: plannerOf(policy, tuning)
    })
  const all = run(routes)
  const best = routes
    .map(route => ({ route, idealMs: idealTimeMs({ sizeBytes }, [route]) }))
    .reduce((a, b) => (b.idealMs < a.idealMs ? b : a))
  const single = routes.length === 1 ? all : run([best.route])
  return {
    seed,
    kind,
    routes: routes.length,
    efficiency: all.efficiency,
    ofBestRoute: all.durationMs / single.durationMs,
    longestStallMs: all.longestStallMs,
    duplicateShare: all.duplicateBytes / sizeBytes
  }
}

/** The value below which this share of the values lies. */
export function percentile(values: readonly number[], share: number): number {
  const sorted = values.toSorted((a, b) => a - b)
  return sorted[Math.min(sorted.length - 1, Math.floor(share * sorted.length))]!
}

function plannerOf(policy: string, tuning: Tuning): Scenario['createPlanner'] {
  return init => createPlanner(policy, init, { tuning })
}
