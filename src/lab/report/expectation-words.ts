import type { CheckedExpectation } from '../expectation.ts'
import type { Figures } from './figures.ts'

/** What became of an expectation; `uncounted`: the machine was too slow to tell. */
export type Verdict = 'met' | 'unmet' | 'uncounted'

const WORDS: Record<Verdict, string> = { met: 'met', unmet: 'NOT MET', uncounted: 'not counted' }

/**
 * Judges an expectation. A slow machine makes times longer and can lose routes, so that what is
 * missed there tells nothing of the network. It never excuses wrong bytes, or a fetch that failed.
 */
export function verdictOf({ name, met }: CheckedExpectation, { means }: Pick<Figures, 'means'>): Verdict {
  if (met) return 'met'
  const [ours] = means
  const isExcused = name !== 'content' && ours !== undefined && !ours.counts && ours.failure === undefined
  return isExcused ? 'uncounted' : 'unmet'
}

export function expectationLine(expectation: CheckedExpectation, figures: Pick<Figures, 'means'>): string {
  const { name, wanted, measured } = expectation
  return `${WORDS[verdictOf(expectation, figures)]}: ${name} ${wanted}, measured ${measured}`
}
