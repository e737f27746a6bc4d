import { describe, it } from 'vitest'
import { CLIENT_LAWS } from './client-laws.ts'

describe('a client, whatever its routes deliver', () => {
  it.each(CLIENT_LAWS)('keeps the law of $name', async ({ runs, check }) => check(runs))
})
