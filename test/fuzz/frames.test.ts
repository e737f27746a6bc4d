import { describe, it } from 'vitest'
import { FRAME_LAWS } from './frame-laws.ts'

describe('bytes of a peer, whatever they are', () => {
  it.each(FRAME_LAWS)('keep the law of $name', async ({ runs, check }) => check(runs))
})
