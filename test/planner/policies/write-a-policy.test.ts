import { readFileSync } from 'node:fs'
import { describe, expect, it } from 'vitest'
import { PacketScheduler } from '../../../src/planner/policies/packet-scheduler.ts'
import { simulate } from '../../../src/simulation/index.ts'
import { Soonest } from './example-rule.ts'
import { hop, SEGMENT_BYTES } from './trial.ts'

const EXAMPLE = new URL('./example-rule.ts', import.meta.url)
const PAGE = new URL('../../../docs/write-a-policy.md', import.meta.url)

describe('the example of docs/write-a-policy.md', () => {
  it('is the rule that is run here, and has 60 lines at most', () => {
    const shown = /```ts\n([\s\S]*?)```/.exec(readFileSync(PAGE, 'utf8'))![1]!
    const run = readFileSync(EXAMPLE, 'utf8').replace('../../../src/planner/policies/rules/', './')
    expect(shown).toBe(run)
    expect(shown.split('\n').length).toBeLessThanOrEqual(61)
  })

  it('carries a content over unequal routes, of which one dies', () => {
    const { completed, routes } = simulate({
      sizeBytes: 20e6,
      segmentBytes: SEGMENT_BYTES,
      routes: [{ hops: [hop(40, 5)] }, { hops: [hop(8, 50)], diesAtMs: 3_000 }],
      createPlanner: init => new PacketScheduler('soonest', init, new Soonest())
    })
    expect(completed).toBe(true)
    expect(routes.every(({ segments }) => segments > 20)).toBe(true)
  })
})
