import { describe, expect, it } from 'vitest'
import { NODE_PAGE_LIMITS } from '../../src/node-page/limits.ts'
import { MemberStanding } from '../../src/node-page/member-standing.ts'
import { RelayPageMeter } from '../../src/node-page/relay-page-view.ts'
import { answeredRelay } from './answers.ts'

const relayOf = (downBytes: number) => answeredRelay(downBytes, 0).relay!

describe('what the page of a relay shows', () => {
  it('remembers the rates of the last minutes and no more', () => {
    const meter = new RelayPageMeter('r')
    let view = meter.follow(relayOf(0), [], 0)
    expect(view.history).toEqual({ down: [], up: [] })
    for (let second = 1; second <= NODE_PAGE_LIMITS.relaySlots + 5; second++)
      view = meter.follow(relayOf(second * 1_000), [], second * 1_000)
    expect(view.history.down).toHaveLength(NODE_PAGE_LIMITS.relaySlots)
    expect(new Set(view.history.down)).toEqual(new Set([1_000]))
    expect(view.routes).toMatchObject([{ letter: 'A', downBytesPerSecond: 1_000 }])
  })

  it('names problems before what is only to be known, and what to do', () => {
    const relay = { ...relayOf(0), takesNone: 'allowance used' }
    const { problems } = new RelayPageMeter('r').follow(relay, [{ severity: 'notice', what: 'x' }], 0)
    expect(problems.map(({ severity }) => severity)).toEqual(['problem', 'notice', 'notice'])
    expect(problems[0]).toMatchObject({ remedy: expect.stringContaining('--max-bytes-per-day') })
    expect(problems[2]).toMatchObject({ what: 'all places for routes are taken (1)' })
  })

  it('shows the busiest routes where there are many, and counts the others', () => {
    const relay = relayOf(0)
    const many = (bytes: number) => ({
      ...relay,
      routes: Array.from({ length: NODE_PAGE_LIMITS.maxRoutes + 3 }, (_, at) => ({
        ...{ ...relay.routes[0]!, sessionId: String(at), downBytes: bytes * at }
      }))
    })
    const meter = new RelayPageMeter('r')
    meter.follow(many(0), [], 0)
    const { routes, leftOut } = meter.follow(many(10), [], 1_000)
    expect([routes.length, leftOut]).toEqual([NODE_PAGE_LIMITS.maxRoutes, 3])
    expect(routes[0]!.sessionId).toBe(String(NODE_PAGE_LIMITS.maxRoutes + 2))
  })
})

describe('how a node stands with its directors', () => {
  const ONE = { named: 1, registered: 1 }
  const UNREACHED = { message: 'the director says: open port 4003', isUnreached: true }

  it('says since when nobody finds it, and what the director says', () => {
    const standing = new MemberStanding()
    standing.registered()
    standing.problem(UNREACHED, 5)
    const what = 'not reachable from outside'
    expect(standing.problems(ONE)).toEqual([
      { severity: 'problem', sinceMs: 5, what, remedy: UNREACHED.message }
    ])
    standing.attached(2)
    expect(standing.problems(ONE)).toMatchObject([
      { severity: 'notice', what: `${what}; others come here over 2 relays` }
    ])
  })

  it('forgets what was before the last connection once it is registered again', () => {
    const standing = new MemberStanding()
    standing.problem(UNREACHED, 1)
    standing.problem({ message: 'the connection was lost', isUnreached: false }, 2)
    expect(standing.problems({ named: 2, registered: 0 }).map(({ what }) => what)).toEqual([
      'registered with no director: nobody is led here',
      'not reachable from outside',
      'director: the connection was lost'
    ])
    standing.registered()
    expect(standing.problems(ONE)).toEqual([])
    standing.problem(UNREACHED, 3)
    standing.registered()
    expect(standing.problems(ONE)).toHaveLength(1)
  })
})
