import type { Relay } from '../protocol/route-messages.ts'

/**
 * The most that one route gets of its relays, in bytes a second, by their own word: each shares its rate among its
 * sessions. Undefined where none has a limit. Pure.
 */
export function relayShare(relays: readonly Relay[]): number | undefined {
  const rates = relays
    .filter(({ maxRateBytesPerSecond }) => maxRateBytesPerSecond > 0)
    .map(({ maxRateBytesPerSecond, sessions }) => maxRateBytesPerSecond / Math.max(1, sessions))
  return rates.length > 0 ? Math.min(...rates) : undefined
}

/** The most that one route could get of its relays if it were alone there, in bytes a second; may be infinite. Pure. */
export function relayLimit(relays: readonly Relay[]): number {
  return Math.min(
    ...relays.map(({ maxRateBytesPerSecond: rate }) => (rate > 0 ? rate : Number.POSITIVE_INFINITY))
  )
}
