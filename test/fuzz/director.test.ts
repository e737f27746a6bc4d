import { describe, it } from 'vitest'
import { DIRECTOR_LAWS } from './director-laws.ts'

describe('a director, whatever it is told', () => {
  it.each(DIRECTOR_LAWS)('keeps the law of $name', async ({ runs, check }) => check(runs))
})
