import { describe, expect, it } from 'vitest'
import { UsageError } from '../../src/errors.ts'
import type { PlannerEvent } from '../../src/planner/planner.ts'
import { createPlanner } from '../../src/planner/policies/index.ts'
import { BULK } from '../../src/planner/tuning.ts'
import { tunedBy, tuningKeys } from '../../src/planner/tuning-keys.ts'
import { extentOf } from '../../src/protocol/extent.ts'

describe('tunedBy', () => {
  it('replaces the values that are named and leaves the set it began with as it was', () => {
    const before = structuredClone(BULK)
    const tuned = tunedBy(BULK, ['silence.lateMs=75', 'lanes.worthlessShare=0.5'])
    expect(tuned).toEqual({
      ...BULK,
      silence: { ...BULK.silence, lateMs: 75 },
      lanes: { ...BULK.lanes, worthlessShare: 0.5 }
    })
    expect(BULK).toEqual(before)
  })

  it.each(['lateMs=75', 'silence.soonMs=75', 'silence=75', '=75', ''])(
    'says which keys there are for %j',
    change => {
      expect(() => tunedBy(BULK, [change])).toThrow(UsageError)
      expect(() => tunedBy(BULK, [change])).toThrow(/choose one of .*silence\.lateMs/)
    }
  )

  it.each(['', '=', '=fast', '=1=2', '= ', '=Infinity'])('refuses the value in silence.lateMs%s', text => {
    expect(() => tunedBy(BULK, [`silence.lateMs${text}`])).toThrow(/write silence\.lateMs=NUMBER/)
  })
})

describe('a tuning', () => {
  it('has only finite numbers that are not negative', () => {
    const values = Object.values(BULK).flatMap(group => Object.values(group) as number[])
    expect(values).toHaveLength(tuningKeys(BULK).length)
    for (const value of values) expect(value).toBeGreaterThanOrEqual(0)
    expect(values.every(Number.isFinite)).toBe(true)
  })

  it('is what the policy decides by', () => {
    const creditOf = (changes: string[]) => {
      const init = { extent: extentOf({ segmentBytes: 1_000, sizeBytes: 1e6 }), memoryBytes: 1e6 }
      const planner = createPlanner('adaptive', init, { tuning: tunedBy(BULK, changes) })
      const events: PlannerEvent[] = [{ type: 'routeAdded', holder: 'source', route: 0 }]
      for (const event of events) planner.handle(event, 0)
      return planner.plan(0).credits[0]!.limitBytes
    }
    expect(creditOf([])).toBe(6_000)
    expect(creditOf(['window.initialSegments=9'])).toBe(9_000)
  })
})
