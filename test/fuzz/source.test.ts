import { describe, it } from 'vitest'
import { SOURCE_LAWS } from './source-laws.ts'

describe('a source, whatever its client orders', () => {
  it.each(SOURCE_LAWS)('keeps the law of $name', async ({ runs, check }) => check(runs))
})
