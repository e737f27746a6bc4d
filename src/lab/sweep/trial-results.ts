import { parseTopology } from '../../topology/topology.ts'
import { type LoadedTopology, loadTraces } from '../../topology/topology-file.ts'
import type { MadeTransfer, Trial } from '../design/trial.ts'
import type { Measurement } from '../measurement.ts'
import { thinned } from '../report/thinned.ts'
import { leastShare } from '../traffic-figures.ts'

/** Most delays of a live content that a row keeps. */
const MOST_DELAYS = 400

/** A trial's topology, as if it had been read from a file. Throws TopologyError and ConfigurationError. */
export async function loadTrial({ topology: text, tracesBeside }: Trial): Promise<LoadedTopology> {
  const file = tracesBeside ?? 'trial.yaml'
  const topology = parseTopology(text, file)
  return { topology, traces: await loadTraces(topology, file), file, text }
}

/** What a row keeps of a measurement beside the figures that every transfer has. */
export function furtherResults({
  efficiency,
  live,
  delays,
  traffic = []
}: Measurement): Pick<MadeTransfer, 'efficiency' | 'delayMs' | 'delays' | 'trafficShare'> {
  const trafficShare = leastShare(traffic)
  return {
    ...(live ? { delayMs: live.delayMs } : { efficiency }),
    ...(delays ? { delays: thinned(delays, MOST_DELAYS) } : {}),
    ...(trafficShare === undefined ? {} : { trafficShare })
  }
}
