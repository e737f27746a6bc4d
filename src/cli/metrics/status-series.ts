import { statusWord } from '../../protocol/status-word.ts'
import type { Series } from './metric.ts'

/**
 * One series for each status that was counted, and for those of `always`, so that these exist before
 * anything has happened.
 */
export function seriesByStatus(
  label: string,
  counts: ReadonlyMap<number, number>,
  always: readonly number[]
): Series[] {
  const words = new Map(always.map(status => [statusWord(status), 0]))
  for (const [status, count] of counts) {
    const word = statusWord(status)
    words.set(word, (words.get(word) ?? 0) + count)
  }
  return [...words].map(([word, value]) => ({ labels: { [label]: word }, value }))
}
