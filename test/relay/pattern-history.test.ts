import { describe, expect, it } from 'vitest'
import { Pattern } from '../../src/pattern/pattern.ts'
import { PatternHistory } from '../../src/relay/pattern-history.ts'

function change(version: number, from: number, pattern: string) {
  return { version, from, pattern: Pattern.parse(pattern) }
}

describe('PatternHistory', () => {
  it("counts the route's segments by the patterns as they were ordered", () => {
    const history = new PatternHistory(1, 1_000)
    history.order([change(1, 0, 'AB'), change(2, 4, 'B')], 0)
    for (const seq of [1, 2, 3, 4, 5]) history.count(seq, false)
    history.count(0, true)
    expect(history.counts).toEqual({ scheduled: 4, repairs: 1, unscheduled: 1 })
    expect(history.current?.toString()).toBe('B')
  })

  it('follows the source where it began a pattern later than ordered', () => {
    const history = new PatternHistory(0, 1_000)
    history.order([change(1, 0, 'A'), change(2, 10, 'B')], 0)
    expect(history.schedule.routesOf(12)).toEqual([1])
    history.order([change(2, 14, 'B')], 0)
    expect(history.schedule.routesOf(12)).toEqual([0])
    expect(history.schedule.routesOf(14)).toEqual([1])
  })

  it('takes an order that is repeated once', () => {
    const history = new PatternHistory(0, 1_000)
    history.order([change(1, 0, 'A'), change(2, 5, 'B')], 0)
    history.order([change(1, 0, 'A')], 0)
    expect(history.schedule.routesOf(6)).toEqual([1])
  })

  it('forgets patterns that apply only to what the client has', () => {
    const history = new PatternHistory(0, 1_000)
    history.order([change(1, 0, 'A'), change(2, 5, 'B'), change(3, 9, 'C')], 0)
    history.order([], 9)
    expect(history.schedule.entries.map(({ from }) => from)).toEqual([9])
  })

  it('counts an element of several routes as that many', () => {
    const history = new PatternHistory(0, 1_000)
    for (let version = 1; version <= 50; version++)
      history.order([change(version, version, '[ABCDEFGHIJ]'.repeat(20))], 0)
    expect(history.schedule.entries.length).toBe(5)
  })

  it('stays bounded when a client never says that it has anything', () => {
    const history = new PatternHistory(0, 1_000)
    for (let version = 1; version <= 500; version++)
      history.order([change(version, version, 'A'.repeat(100))], 0)
    const elements = history.schedule.entries.reduce((sum, { pattern }) => sum + pattern.length, 0)
    expect(elements).toBeLessThanOrEqual(1_000)
    for (let version = 501; version <= 1_000; version++) history.order([change(version, version, 'A')], 0)
    expect(history.schedule.entries.length).toBeLessThanOrEqual(64)
    expect(history.current?.toString()).toBe('A')
  })
})
