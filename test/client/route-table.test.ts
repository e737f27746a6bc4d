import { describe, expect, it } from 'vitest'
import { hopsOf, idOf, type RoutePath, RouteTable } from '../../src/client/route-table.ts'
import { MAX_ROUTES } from '../../src/pattern/pattern.ts'

const path = (...relays: string[]): RoutePath => ({
  relays: relays.map(peerId => ({ peerId, addresses: [] })),
  source: { peerId: 'source', addresses: [] }
})
/** No orders name any letter. */
const nobody = () => false
const routesOf = (table: RouteTable, nowMs: number, isDelivering = false) =>
  table.due(nowMs, isDelivering).map(({ route }) => route)

describe('RouteTable', () => {
  it('gives every path once, in the order of the offers, as far as routes are wanted', () => {
    const table = new RouteTable(2, nobody)
    for (const relay of ['r1', 'r2', 'r1', 'r3']) table.offer(path(relay))
    expect(table.due(0, false).map(({ path }) => path.relays[0]!.peerId)).toEqual(['r1', 'r2'])
    expect(table.due(0, false)).toEqual([])
    expect(table.relaysOf(1)).toEqual(['r2'])
  })

  it('tries a path that failed again, each time after twice as long, at most 2 s while no route delivers', () => {
    const table = new RouteTable(1, nobody)
    table.offer(path('r'))
    let nowMs = 0
    for (const waitMs of [1_000, 2_000, 2_000, 2_000]) {
      fail(table, nowMs)
      expect(routesOf(table, nowMs + waitMs - 1)).toEqual([])
      nowMs += waitMs
    }
  })

  it('waits up to five minutes with a dead path while another route delivers', () => {
    const table = withOpenRoute()
    table.offer(path('dead'))
    let nowMs = 0
    for (const waitMs of [
      1_000, 2_000, 4_000, 8_000, 16_000, 32_000, 64_000, 128_000, 256_000, 300_000, 300_000
    ]) {
      fail(table, nowMs, true)
      expect(routesOf(table, nowMs + waitMs - 1, true)).toEqual([])
      nowMs += waitMs
    }
  })

  it('waits five minutes with a path that has lied, however long it was open', () => {
    const table = withOpenRoute()
    table.offer(path('liar'))
    const { route } = table.due(0, true)[0]!
    table.opened(route, 0)
    table.closed(route, 60_000, { hasLied: true })
    expect(routesOf(table, 60_000 + 299_999, true)).toEqual([])
    expect(routesOf(table, 60_000 + 300_000, true)).toHaveLength(1)
  })

  it('tries a path again soon that was open for ten seconds, however often it failed before', () => {
    const table = withOpenRoute()
    table.offer(path('r'))
    for (const nowMs of [0, 1_000, 3_000]) fail(table, nowMs, true)
    const [route] = routesOf(table, 7_000, true)
    table.opened(route!, 7_000)
    table.closed(route!, 17_000)
    expect(routesOf(table, 17_999, true)).toEqual([])
    expect(routesOf(table, 18_000, true)).toHaveLength(1)
  })

  it('does not take a path for proven that was open for a moment', () => {
    const table = withOpenRoute()
    table.offer(path('r'))
    for (const nowMs of [0, 1_000, 3_000]) fail(table, nowMs, true)
    const [route] = routesOf(table, 7_000, true)
    table.opened(route!, 7_000)
    table.closed(route!, 7_100)
    expect(routesOf(table, 15_000, true)).toEqual([])
    expect(routesOf(table, 15_100, true)).toHaveLength(1)
  })

  it('tries at once what is offered anew', () => {
    const table = new RouteTable(1, nobody)
    table.offer(path('r'))
    fail(table, 0)
    table.offer(path('r'))
    expect(routesOf(table, 10)).toHaveLength(1)
  })

  it('dials a known path at the addresses that were told last, and no sooner for that', () => {
    const table = new RouteTable(1, nobody)
    table.offer(path('r'))
    fail(table, 0)
    const moved = { ...path('r'), source: { peerId: 'source', addresses: ['/dns/new/tcp/1'] } }
    for (const told of [moved, path('unknown')]) table.readdress(told)
    expect(table.due(999, false)).toEqual([])
    expect(table.due(1_000, false).map(({ path }) => path)).toEqual([moved])
  })

  it('keeps paths over one relay to two sources apart', () => {
    const table = new RouteTable(3, nobody)
    const other = { ...path('r'), source: { peerId: 'other', addresses: [] } }
    for (const offered of [path('r'), other, path()]) table.offer(offered)
    expect(table.ids).toEqual(['r>source', 'r>other', 'source'])
    table.withdraw(idOf(path('r')))
    expect(table.due(0, false).map(({ path }) => hopsOf(path).map(({ peerId }) => peerId))).toEqual([
      ['r', 'other'],
      ['source']
    ])
  })

  it('does not try a path before the time that it was told, though the director names it or none is open', () => {
    const table = new RouteTable(1, nobody)
    table.offer(path('r'))
    const [route] = routesOf(table, 0)
    table.closed(route!, 5_000, { retryAfterMs: 3_600_000 })
    expect(routesOf(table, 3_604_999)).toEqual([])
    table.offer(path('r'))
    expect(routesOf(table, 3_604_999)).toEqual([])
    expect(routesOf(table, 3_605_000)).toHaveLength(1)
  })

  it('does not try again what was withdrawn', () => {
    const table = new RouteTable(1, nobody)
    table.offer(path('r'))
    const [route] = routesOf(table, 0)
    table.withdraw(idOf(path('r')))
    table.closed(route!, 0)
    expect(routesOf(table, 60_000)).toEqual([])
    expect(table.isUsedUp).toBe(false)
  })

  it('never runs out of letters for paths that never open', () => {
    const table = withOpenRoute()
    for (const relay of ['d1', 'd2', 'd3']) table.offer(path(relay))
    const hourMs = 3_600_000
    let tries = 0
    for (let nowMs = 0; nowMs < 24 * hourMs; nowMs += 1_000) {
      for (const { route } of table.due(nowMs, true)) {
        table.closed(route, nowMs)
        tries++
      }
    }
    expect(tries).toBeGreaterThan(5 * MAX_ROUTES)
    table.offer(path('new'))
    expect(routesOf(table, 24 * hourMs, true)).not.toEqual([])
  })

  it('gives no letter out that orders still name, and any other again', () => {
    const named = new Set<number>()
    const table = new RouteTable(1, route => named.has(route))
    table.offer(path('r'))
    const [first] = routesOf(table, 0)
    table.opened(first!, 0)
    named.add(first!)
    table.closed(first!, 0)
    const [second] = routesOf(table, 1_000)
    expect(second).not.toBe(first)
    named.delete(first!)
    named.add(second!)
    table.closed(second!, 1_000)
    expect(routesOf(table, 10_000)).toEqual([first])
  })

  it('lets a path keep its letter, and gives others those that were never used', () => {
    const table = new RouteTable(8, nobody)
    for (const relay of ['r0', 'r1', 'r2']) table.offer(path(relay))
    const routes = routesOf(table, 0)
    for (const route of routes) table.opened(route, 0)
    for (const route of routes.toReversed()) table.closed(route, 20_000)
    table.offer(path('r3'))
    const again = table.due(30_000, false).map(({ route, path }) => [path.relays[0]!.peerId, route])
    expect(again).toEqual([
      ['r0', 0],
      ['r1', 1],
      ['r2', 2],
      ['r3', 3]
    ])
  })

  it('gives out the letter that has been unused for longest when all were used', () => {
    const table = new RouteTable(MAX_ROUTES, nobody)
    for (let i = 0; i < MAX_ROUTES; i++) table.offer(path(`r${i}`))
    routesOf(table, 0)
    for (const route of [7, 3, 5]) {
      table.withdraw(idOf(path(`r${route}`)))
      table.closed(route, 0)
    }
    table.offer(path('new'))
    expect(routesOf(table, 10)).toEqual([7])
    expect(table.relaysOf(7)).toEqual(['new'])
  })

  it.each([
    [3, 1],
    [0, 4]
  ])('never runs out of letters in a day beside %i good routes with %i that flap', (good, flapping) => {
    const namedUntilMs = new Map<number, number>()
    let nowMs = 0
    const table = new RouteTable(8, route => nowMs < (namedUntilMs.get(route) ?? 0))
    for (let i = 0; i < good + flapping; i++) table.offer(path(`r${i}`))
    const open = new Map<number, number>()
    let opened = 0
    for (; nowMs < 24 * 3_600_000; nowMs += 1_000) {
      for (const [route, closesAtMs] of open) {
        if (closesAtMs > nowMs) continue
        open.delete(route)
        table.closed(route, nowMs)
        // A pattern may name a letter for two minutes after its route has closed.
        namedUntilMs.set(route, nowMs + 120_000)
      }
      for (const { route, path } of table.due(nowMs, false)) {
        expect(namedUntilMs.get(route) ?? 0).toBeLessThanOrEqual(nowMs)
        const isGood = Number(path.relays[0]!.peerId.slice(1)) < good
        table.opened(route, nowMs)
        open.set(route, isGood ? Number.POSITIVE_INFINITY : nowMs + 15_000)
        opened++
      }
      expect(table.isUsedUp).toBe(false)
    }
    expect(opened).toBeGreaterThan(flapping * 5_000)
    expect(opened).toBeGreaterThan(50 * MAX_ROUTES)
  })

  describe('beside a route that is lost', () => {
    const lost = (...routes: number[]) => new Set(routes)
    const besideOf = (table: RouteTable, nowMs: number, ...routes: number[]) =>
      table.dueBeside(nowMs, lost(...routes)).map(({ route }) => route)

    it('opens one other over the same path, at once', () => {
      const table = withOpenRoute()
      expect(besideOf(table, 60_000)).toEqual([])
      expect(besideOf(table, 60_000, 0)).toEqual([1])
      expect([table.othersOver(0), table.othersOver(1)]).toEqual([[1], [0]])
      expect(besideOf(table, 90_000, 0)).toEqual([])
    })

    it('opens a third where the second is lost, too, and no more', () => {
      const table = withOpenRoute()
      besideOf(table, 60_000, 0)
      expect(besideOf(table, 62_000, 0, 1)).toEqual([2])
      expect(besideOf(table, 90_000, 0, 1, 2)).toEqual([])
      expect(table.othersOver(2)).toEqual([0, 1])
    })

    it('leaves the path in use when either of the two ends', () => {
      const table = withOpenRoute()
      besideOf(table, 60_000, 0)
      table.closed(0, 61_000)
      expect(routesOf(table, 120_000)).toEqual([])
      expect(besideOf(table, 120_000, 1)).toHaveLength(1)
    })

    it('tries again a second after a failure', () => {
      const table = withOpenRoute()
      const [beside] = besideOf(table, 60_000, 0)
      table.closed(beside!, 60_100)
      expect(besideOf(table, 61_099, 0)).toEqual([])
      expect(besideOf(table, 61_100, 0)).toHaveLength(1)
    })

    it('replaces one that opens and brings nothing ever more slowly, until one brings something', () => {
      const table = withOpenRoute()
      let route = 0
      let nowMs = 60_000
      const replace = () => {
        const [beside] = besideOf(table, nowMs, route)
        table.closed(route, nowMs)
        table.opened(beside!, nowMs)
        route = beside!
      }
      for (const waitMs of [2_000, 4_000, 8_000, 16_000, 16_000]) {
        replace()
        expect(besideOf(table, nowMs + waitMs - 1, route)).toEqual([])
        nowMs += waitMs
      }
      replace()
      table.brought(route)
      nowMs += 16_000
      replace()
      expect(besideOf(table, nowMs + 1_000, route)).toHaveLength(1)
    })
  })

  it('is used up when every letter has been given out', () => {
    const table = new RouteTable(MAX_ROUTES + 1, nobody)
    for (let i = 0; i <= MAX_ROUTES; i++) table.offer(path(`r${i}`))
    expect(table.isUsedUp).toBe(false)
    expect(table.due(0, true)).toHaveLength(MAX_ROUTES)
    expect(table.isUsedUp).toBe(true)
    expect(table.due(0, true)).toEqual([])
  })
})

/** A table with a route that stays open, and room for others. */
function withOpenRoute(): RouteTable {
  const table = new RouteTable(8, nobody)
  table.offer(path('good'))
  table.opened(routesOf(table, 0)[0]!, 0)
  return table
}

/** All that is due is tried now, and fails at once. */
function fail(table: RouteTable, nowMs: number, isDelivering = false): void {
  const routes = routesOf(table, nowMs, isDelivering)
  expect(routes).not.toEqual([])
  for (const route of routes) table.closed(route, nowMs)
}
