import { describe, it } from 'vitest'
import { GATEWAY_LAWS } from './gateway-laws.ts'

describe('a request to a gateway, whatever it is', () => {
  it.each(GATEWAY_LAWS)('keeps the law of $name', async ({ runs, check }) => check(runs))
})
