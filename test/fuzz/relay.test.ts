import { describe, it } from 'vitest'
import { RELAY_LAWS } from './relay-laws.ts'

describe('a relay, whatever its neighbours send', () => {
  it.each(RELAY_LAWS)('keeps the law of $name', async ({ runs, check }) => check(runs))
})
