import type { MadeTransfer, Trial } from '../design/trial.ts'
import { simulateTopology } from '../simulate-topology.ts'
import { furtherResults, loadTrial } from './trial-results.ts'

/** Makes a transfer in virtual time. A simulation that stops with an error is a transfer that failed. */
export async function simulateTransfer(trial: Trial): Promise<MadeTransfer> {
  const { seed, memoryBytes, bytes } = trial
  const loaded = await loadTrial(trial)
  try {
    const { measurements } = simulateTopology(loaded, { startedAt: new Date(0), seed, memoryBytes })
    const [measured] = measurements
    const { completionMs, failure, longestStallMs, wireOverhead } = measured!
    return {
      links: 'simulator',
      seconds: completionMs / 1000,
      goodputBytesPerSecond: failure === undefined ? (bytes / completionMs) * 1000 : 0,
      longestStallMs,
      wireOverhead,
      ...furtherResults(measured!),
      ...(failure === undefined ? {} : { failure })
    }
  } catch (error) {
    return {
      links: 'simulator',
      seconds: 0,
      goodputBytesPerSecond: 0,
      longestStallMs: 0,
      wireOverhead: 0,
      failure: (error as Error).message
    }
  }
}
