import { describe, expect, it } from 'vitest'
import { Lead } from '../../../src/planner/policies/lead.ts'
import { Extent } from '../../../src/protocol/extent.ts'

const extent = new Extent({ firstSeq: 0, segmentBytes: 1_000, edgeSeq: 0 })
const at = (edgeSeq: number) => extent.grownTo({ edgeSeq })
const open = (rttMs: number) => ({ state: 'open' as const, rttMs })

/** A stream of a segment each 10 ms, told each 20 ms, until it has 100. */
function steady(): Lead {
  const lead = new Lead()
  for (let edge = 0; edge <= 100; edge += 2) lead.grown(at(edge), edge * 10)
  return lead
}

describe('Lead', () => {
  it('reaches beyond the edge by what is made in a round trip of the fastest open route, and 60 ms', () => {
    expect(steady().reach(at(100), [open(200), open(40)])).toBe(110)
    expect(steady().reach(at(100), [open(200), { state: 'late', rttMs: 40 }])).toBe(126)
  })

  it('ends at the edge while nothing is known of the rate, and where no route is open', () => {
    const lead = new Lead()
    lead.grown(at(5_000), 1_000)
    lead.grown(at(5_001), 1_010)
    expect(lead.reach(at(5_001), [open(40)])).toBe(5_001)
    expect(steady().reach(at(100), [{ state: 'opening', rttMs: 0 }])).toBe(100)
  })

  it('goes by the busiest time of the last two seconds', () => {
    const lead = steady()
    for (let ms = 1_020; ms <= 1_100; ms += 20) lead.grown(at(100 + ms - 1_000), ms)
    expect(lead.reach(at(200), [open(40)])).toBe(300)
    for (let ms = 1_120; ms <= 3_400; ms += 20) lead.grown(at(200 + (ms - 1_100) / 20), ms)
    expect(lead.reach(at(315), [open(40)])).toBe(320)
  })

  it('takes no word that was long under way for a burst', () => {
    const lead = steady()
    // The word of three seconds in which nothing was heard comes at once.
    for (let edge = 102; edge <= 400; edge += 2) lead.grown(at(edge), edge * 10)
    expect(lead.reach(at(400), [open(40)])).toBe(410)
    lead.grown(at(700), 7_000)
    expect(lead.reach(at(700), [open(40)])).toBe(710)
  })

  it('is void once the end is known', () => {
    expect(steady().reach(extent.grownTo({ endBytes: 100_500 }), [open(40)])).toBe(101)
  })
})
