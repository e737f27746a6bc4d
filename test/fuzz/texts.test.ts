import { describe, it } from 'vitest'
import { TEXT_LAWS } from './text-laws.ts'

describe('a text, whatever it is', () => {
  it.each(TEXT_LAWS)('keeps the law of $name', async ({ runs, check }) => check(runs))
})
