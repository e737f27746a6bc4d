import { describe, expect, it } from 'vitest'
import type { SimulatedRoute } from '../../../src/simulation/index.ts'
import { bytesOver, hop, longestGapMs, trial } from './trial.ts'

const MB = 1e6
/** The third of all routes. */
const BACKUP = 2
const FROM_MS = 2_000

const run = (policy: string, more: Partial<SimulatedRoute> = {}) => {
  const main = { hops: [hop(40, 10)], ...more }
  return trial(policy, 25 * MB, [main, main, { hops: [hop(20, 30)] }], {
    facts: { [BACKUP]: { backup: true } }
  })
}
const WHOLE = { fromMs: 0, toMs: Number.POSITIVE_INFINITY }

describe.each(['adaptive', 'fixed', 'proportional'])('a backup under %s', policy => {
  it('carries nothing while another route can', () => {
    const trialled = run(policy)
    expect(trialled.result.completed).toBe(true)
    expect(bytesOver(trialled, BACKUP, WHOLE)).toBe(0)
  })

  it('carries all once the others are lost', () => {
    const trialled = run(policy, { diesAtMs: FROM_MS })
    expect(trialled.result.completed).toBe(true)
    expect(bytesOver(trialled, BACKUP, { fromMs: 0, toMs: FROM_MS })).toBe(0)
    expect(bytesOver(trialled, BACKUP, WHOLE)).toBeGreaterThan(5 * MB)
  })
})

describe('a backup under adaptive', () => {
  it('delivers within half a second of the others, when these are lost', () => {
    expect(longestGapMs(run('adaptive', { diesAtMs: FROM_MS }), WHOLE)).toBeLessThan(500)
  })

  it('delivers within half a second of the others, when these fall silent', () => {
    const trialled = run('adaptive', { outages: [{ fromMs: FROM_MS, toMs: 60_000 }] })
    expect(trialled.result.completed).toBe(true)
    expect(longestGapMs(trialled, WHOLE)).toBeLessThan(500)
    expect(trialled.result.longestStallMs).toBeLessThan(500)
  })

  it('brings no test blocks with bytes in them while it waits', () => {
    const { trace } = run('adaptive')
    const asked = trace.decisions.flatMap(({ decision }) => decision.probes)
    const ofBackup = asked.filter(({ route }) => route === BACKUP)
    expect(ofBackup.length).toBeGreaterThan(0)
    expect(ofBackup.every(({ replyBytes }) => replyBytes === 0)).toBe(true)
  })

  it('gives its work back when the others deliver again', () => {
    const trialled = run('adaptive', { outages: [{ fromMs: FROM_MS, toMs: FROM_MS + 1_000 }] })
    expect(bytesOver(trialled, BACKUP, { fromMs: FROM_MS, toMs: FROM_MS + 1_500 })).toBeGreaterThan(1 * MB)
    expect(bytesOver(trialled, BACKUP, { fromMs: FROM_MS + 2_500, toMs: Number.POSITIVE_INFINITY })).toBe(0)
  })
})
