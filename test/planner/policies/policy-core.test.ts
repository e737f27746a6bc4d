import { describe, expect, it } from 'vitest'
import { Pattern } from '../../../src/pattern/pattern.ts'
import type { Decision } from '../../../src/planner/planner.ts'
import { PolicyCore } from '../../../src/planner/policies/policy-core.ts'
import { Extent, extentOf } from '../../../src/protocol/extent.ts'

const SEGMENT_BYTES = 1_000
const SEGMENTS = 100

/** Does at each plan what the test tells it to. */
class Told extends PolicyCore {
  readonly name = 'told'
  next: (core: Told) => void = () => {}

  protected override decide(): void {
    this.next(this)
    this.next = () => {}
  }

  protected override measures() {
    return { rateBytesPerSecond: 0, queueMs: 0, windowBytes: 0 }
  }

  pattern(from: number, pattern: string): number {
    return this.setPattern(from, Pattern.parse(pattern))
  }

  grant(horizon: number, windowSegments: number): void {
    this.grantTo(horizon)
    for (const record of this.routes.values()) this.credit(record, windowSegments * SEGMENT_BYTES)
  }

  give(seqs: number[], from: number, to: number): void {
    this.reassign(seqs, from, to, false)
  }

  get nobodys(): number[] {
    return this.orphans
  }

  plans(next: (core: Told) => void): Decision {
    this.next = next
    return this.plan(0)
  }
}

const WHOLE = extentOf({ segmentBytes: SEGMENT_BYTES, sizeBytes: SEGMENTS * SEGMENT_BYTES })

/** Routes to these holders, all open. */
function coreOf(holders: string[], extent = WHOLE): Told {
  const core = new Told({ extent, memoryBytes: SEGMENTS * SEGMENT_BYTES })
  for (const [route, holder] of holders.entries()) {
    core.handle({ type: 'routeAdded', route, holder }, 0)
    core.handle({ type: 'routeOpened', route, rttMs: 10 }, 0)
  }
  return core
}

const arrives = (core: Told, route: number, seq: number) =>
  core.handle({ type: 'arrived', route, seq, bytes: SEGMENT_BYTES, sentAtMs: 0 }, 0)

describe('a cut-over of any policy', () => {
  /** A and B in turn up to 60, of which each may have sent four, and then one more than its credit allows. */
  const running = () => {
    const core = coreOf(['x', 'y'])
    core.plans(() => {
      core.pattern(0, 'AB')
      core.grant(60, 4)
    })
    return core
  }

  it('lies at the first segment that no cursor can have passed, though the horizon is farther', () => {
    const core = running()
    // B's fifth segment is 9.
    const { patterns } = core.plans(() => expect(core.pattern(3, 'A')).toBe(10))
    expect(patterns).toMatchObject([{ from: 10 }])
    expect(core.plans(() => expect(core.pattern(40, 'B')).toBe(40)).patterns).toMatchObject([{ from: 40 }])
  })

  it('lies at the horizon where credit allows all', () => {
    const core = running()
    core.plans(() => core.grant(60, 60))
    core.plans(() => expect(core.pattern(3, 'A')).toBe(60))
  })

  it('lies past all that an unanswered reassignment names, and what a closed route may have sent', () => {
    const core = running()
    core.plans(() => core.give([20, 30], 0, 1))
    core.plans(() => expect(core.pattern(3, 'A')).toBe(31))
    const closed = running()
    closed.handle({ type: 'routeClosed', route: 1, reason: 'gone' }, 0)
    closed.plans(() => expect(closed.pattern(0, 'A')).toBe(10))
  })

  it('leaves no hole where a holder applies it from another segment on', () => {
    const core = running()
    core.plans(() => core.pattern(10, 'AAB'))
    arrives(core, 1, 15)
    core.handle({ type: 'patternApplied', route: 0, version: 2, from: 10 }, 0)
    expect(core.nobodys).toEqual([])
    core.handle({ type: 'patternApplied', route: 1, version: 2, from: 20 }, 0)
    // Of B's segments 12, 15 and 18 one has arrived. The other holder's are not in doubt.
    expect(core.nobodys).toEqual([12, 18])
  })
})

describe('a grant in advance', () => {
  /** A live content that grows by ten segments each 100 ms: beyond the edge of 50, seven are granted to two routes in turn. */
  const running = () => {
    const core = coreOf(['x', 'y'], new Extent({ firstSeq: 0, segmentBytes: SEGMENT_BYTES, edgeSeq: 0 }))
    core.plans(() => core.pattern(0, 'AB'))
    for (let edgeSeq = 10; edgeSeq <= 50; edgeSeq += 10) grow(core, edgeSeq)
    const { horizon } = core.plans(() => core.grant(SEGMENTS, 4))
    expect(horizon).toBe(57)
    return core
  }
  const grow = (core: Told, edgeSeq: number) =>
    core.handle({ type: 'extentGrew', edgeSeq, toldMs: 10 * edgeSeq }, 10 * edgeSeq)
  const owedBytes = (core: Told) => [...core.estimates().values()].map(route => route.outstandingBytes)

  it('is owed by nobody before it is made', () => {
    const core = running()
    expect(owedBytes(core)).toEqual([25 * SEGMENT_BYTES, 25 * SEGMENT_BYTES])
    grow(core, 53)
    expect(owedBytes(core)).toEqual([27 * SEGMENT_BYTES, 26 * SEGMENT_BYTES])
  })

  it('goes to others where its route has closed before it was made', () => {
    const core = running()
    core.handle({ type: 'routeClosed', route: 1, reason: 'gone' }, 0)
    core.plans(() => core.give(core.nobodys.splice(0), 1, 0))
    grow(core, 60)
    expect(core.nobodys).toEqual([51, 53, 55])
  })

  it('has a new pattern begin behind it where it may be sent on', () => {
    const core = running()
    core.plans(() => core.grant(SEGMENTS, 60))
    core.plans(() => expect(core.pattern(3, 'A')).toBe(57))
  })

  it('leaves no hole where a holder applies a pattern from an unmade segment on', () => {
    const core = running()
    core.plans(() => core.pattern(49, 'B'))
    core.handle({ type: 'patternApplied', route: 1, version: 2, from: 54 }, 0)
    expect(core.nobodys).toEqual([49])
    grow(core, 52)
    expect(core.nobodys).toEqual([49, 50, 51])
    grow(core, 60)
    expect(core.nobodys).toEqual([49, 50, 51, 52, 53])
  })
})

describe('a reassignment', () => {
  const moved = (holders: string[]) => {
    const core = coreOf(holders)
    core.plans(() => {
      core.pattern(0, 'A')
      core.grant(10, 4)
    })
    const { reassignments } = core.plans(() => core.give([8, 9], 0, 1))
    return { core, reassignments }
  }

  it('is a move between routes to one holder, and a copy between holders', () => {
    expect(moved(['x', 'x']).reassignments).toMatchObject([{ copy: false }])
    expect(moved(['x', 'y']).reassignments).toMatchObject([{ copy: true }])
  })

  it('goes by the word of the holder that gives, not of the one that gets', () => {
    const { core } = moved(['x', 'y'])
    core.handle({ type: 'reassigned', route: 1, id: 1, kept: [] }, 0)
    expect(core.estimates().get(0)!.outstandingBytes).toBe(10 * SEGMENT_BYTES)
    core.handle({ type: 'reassigned', route: 0, id: 1, kept: [{ from: 8, to: 9 }] }, 0)
    expect(core.estimates().get(0)!.outstandingBytes).toBe(9 * SEGMENT_BYTES)
    expect(core.estimates().get(1)!.outstandingBytes).toBe(2 * SEGMENT_BYTES)
  })

  it('leaves to nobody what the getter owes when it is lost and the giver has not sent', () => {
    const { core } = moved(['x', 'y'])
    core.handle({ type: 'routeClosed', route: 1, reason: 'gone' }, 0)
    core.handle({ type: 'reassigned', route: 0, id: 1, kept: [{ from: 8, to: 9 }] }, 0)
    expect(core.nobodys).toEqual([9])
  })
})
