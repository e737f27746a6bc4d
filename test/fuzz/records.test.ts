import { describe, it } from 'vitest'
import { RECORD_LAWS } from './record-laws.ts'

describe('a record of a fetch, whatever is in it', () => {
  it.each(RECORD_LAWS)('keeps the law of $name', async ({ runs, check }) => check(runs))
})
