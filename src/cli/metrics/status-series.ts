import { WireStatus } from '../../errors.ts'
import type { Series } from './metric.ts'

const NAMES = new Map(Object.entries(WireStatus).map(([name, status]) => [status as number, snakeCase(name)]))

/** The word for a wire status as a label's value, such as `refused_rate`; `other` for one that has none. */
export function statusWord(status: number): string {
  return NAMES.get(status) ?? 'other'
}

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

function snakeCase(name: string): string {
  return name.replace(/[A-Z]/g, letter => `_${letter.toLowerCase()}`)
}
