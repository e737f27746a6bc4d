import { describe, expect, it } from 'vitest'
import { type RoutePath, RouteTable } from '../../src/client/route-table.ts'
import { MAX_ROUTES } from '../../src/pattern/pattern.ts'
import { routeId } from '../../src/protocol/route-id.ts'

const path = (...relays: string[]): RoutePath => ({
  relays: relays.map(peerId => ({ peerId, addresses: [] }))
})
const idOf = ({ relays }: RoutePath) => routeId(relays.map(({ peerId }) => peerId))
const routesOf = (table: RouteTable, nowMs: number) => table.due(nowMs).map(({ route }) => route)

describe('RouteTable', () => {
  it('gives every path once, in the order of the offers, as far as routes are wanted', () => {
    const table = new RouteTable(2)
    for (const relay of ['r1', 'r2', 'r1', 'r3']) table.offer(path(relay), 0)
    expect(table.due(0).map(({ path }) => path.relays[0]!.peerId)).toEqual(['r1', 'r2'])
    expect(table.due(0)).toEqual([])
    expect(table.relaysOf(1)).toEqual(['r2'])
  })

  it('tries a path that failed again under a new letter, each time after twice as long, up to 15 s', () => {
    const table = new RouteTable(1)
    table.offer(path('r'), 0)
    let nowMs = 0
    for (const [attempt, waitMs] of [1_000, 2_000, 4_000, 8_000, 15_000, 15_000].entries()) {
      expect(routesOf(table, nowMs)).toEqual([attempt])
      table.closed(attempt, nowMs)
      expect(routesOf(table, nowMs + waitMs - 1)).toEqual([])
      nowMs += waitMs
    }
  })

  it('tries at once what is offered anew', () => {
    const table = new RouteTable(1)
    table.offer(path('r'), 0)
    table.closed(routesOf(table, 0)[0]!, 0)
    table.offer(path('r'), 10)
    expect(routesOf(table, 10)).toEqual([1])
  })

  it('does not try again what was withdrawn', () => {
    const table = new RouteTable(1)
    table.offer(path('r'), 0)
    const [route] = routesOf(table, 0)
    table.withdraw(idOf(path('r')))
    table.closed(route!, 0)
    expect(routesOf(table, 60_000)).toEqual([])
    expect(table.isUsedUp).toBe(false)
  })

  it('is used up when every letter has been given out', () => {
    const table = new RouteTable(MAX_ROUTES + 1)
    for (let i = 0; i <= MAX_ROUTES; i++) table.offer(path(`r${i}`), 0)
    expect(table.isUsedUp).toBe(false)
    expect(table.due(0)).toHaveLength(MAX_ROUTES)
    expect(table.isUsedUp).toBe(true)
    expect(table.due(0)).toEqual([])
  })
})
