import { parseTopology } from '../../topology/topology.ts'
import type { Transfer } from '../design/transfers.ts'
import { simulateTopology } from '../simulate-topology.ts'
import type { MadeTransfer } from './made-transfer.ts'

/** Makes a transfer in virtual time. A simulation that stops with an error is a transfer that failed. */
export function simulateTransfer(transfer: Transfer): MadeTransfer {
  const { topology: text, seed, memoryBytes, bytes } = transfer
  const file = 'point.yaml'
  const loaded = { topology: parseTopology(text, file), traces: new Map(), file, text }
  try {
    const { measurements } = simulateTopology(loaded, { startedAt: new Date(0), seed, memoryBytes })
    const { completionMs, failure, longestStallMs, wireOverhead } = measurements[0]!
    return {
      links: 'simulator',
      seconds: completionMs / 1000,
      goodputBytesPerSecond: failure === undefined ? (bytes / completionMs) * 1000 : 0,
      longestStallMs,
      wireOverhead,
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
