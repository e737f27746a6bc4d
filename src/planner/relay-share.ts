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
