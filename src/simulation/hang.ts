import type { TransferView } from '../client/session.ts'
import { routeName } from '../pattern/pattern.ts'
import type { Planner } from '../planner/planner.ts'
import type { PatternRecord } from './result.ts'

/** The state of a simulation in which nothing moves any more. */
export interface HangState {
  nowMs: number
  transfer: TransferView
  planner: Planner
  consumed: number
  segmentCount: number
  patterns: readonly PatternRecord[]
  /** Bytes that wait in each relay of each route, by the route's number. */
  relayBytes: ReadonlyMap<number, number[]>
}

/** Lines that show the state of a transfer: the missing segment, and each route's accounts. */
export function describeHang(state: HangState): string {
  const { nowMs, transfer, planner, consumed, segmentCount, patterns, relayBytes } = state
  const lines = [
    `at ${nowMs.toFixed(0)} ms: waits for segment ${transfer.next} of ${segmentCount}, ${consumed} consumed, ${transfer.heldBytes} bytes held`
  ]
  for (const [route, estimate] of planner.estimates()) {
    const stats = transfer.stats.get(route)
    lines.push(
      [
        `route ${routeName(route)}: ${estimate.state}`,
        transfer.openRoutes.has(route) ? 'stream open' : 'stream not open',
        `${stats?.bytes ?? 0} bytes arrived`,
        `${estimate.outstandingBytes} outstanding`,
        `window ${Math.round(estimate.windowBytes)}`,
        `weight ${estimate.weight.toFixed(2)}`,
        `relays hold ${relayBytes.get(route)?.join(' and ') || 'nothing'}`
      ].join(', ')
    )
  }
  for (const { atMs, pattern, predicted, actual } of patterns.slice(-5)) {
    lines.push(
      `pattern at ${atMs.toFixed(0)} ms: from ${actual} (predicted ${predicted}) ${pattern.slice(0, 60)}`
    )
  }
  return lines.join('\n')
}
