import type { LossItem } from '../planner/diagnosis/loss-attribution.ts'
import type { FetchSummary } from './fetch-events.ts'

/** What the summary of a fetch says of the transfers that it consists of. */
export type TransferTotals = Omit<FetchSummary, 'bytes' | 'seconds' | 'sha256' | 'isPresent'>

/** Totals of a fetch without any transfer. */
export const NO_TRANSFER: TransferTotals = {
  longestStallMs: 0,
  duplicateBytes: 0,
  wireBytes: 0,
  outOfSequence: 0,
  routes: {},
  lossAttribution: [],
  sharedBottlenecks: []
}

/** The totals of transfers that followed one another, each with the path of the last route that had its letter. Pure. */
export function together(a: TransferTotals, b: TransferTotals): TransferTotals {
  return {
    longestStallMs: Math.max(a.longestStallMs, b.longestStallMs),
    duplicateBytes: a.duplicateBytes + b.duplicateBytes,
    wireBytes: a.wireBytes + b.wireBytes,
    outOfSequence: a.outOfSequence + b.outOfSequence,
    routes: routesOf(a.routes, b.routes),
    lossAttribution: [...a.lossAttribution, ...b.lossAttribution],
    sharedBottlenecks: [
      ...new Map(
        [...a.sharedBottlenecks, ...b.sharedBottlenecks].map(group => [group.join(), group])
      ).values()
    ]
  }
}

/** Losses as shares of a fetch of so many seconds, the largest first. Pure. */
export function lossesOf(losses: readonly LossItem[], seconds: number): LossItem[] {
  const shared = losses.map(loss => ({ ...loss, share: loss.seconds / seconds }))
  return shared.sort((a, b) => b.seconds - a.seconds)
}

function routesOf(a: TransferTotals['routes'], b: TransferTotals['routes']): TransferTotals['routes'] {
  const both = { ...a }
  for (const [letter, route] of Object.entries(b)) {
    const { bytes = 0, segments = 0, repairs = 0 } = a[letter] ?? {}
    both[letter] = {
      ...route,
      bytes: route.bytes + bytes,
      segments: route.segments + segments,
      repairs: route.repairs + repairs
    }
  }
  return both
}
