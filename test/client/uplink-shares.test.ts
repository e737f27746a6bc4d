import { describe, expect, it } from 'vitest'
import { idOf, type RoutePath, RouteTable } from '../../src/client/route-table.ts'

const by = (uplink: string, relay: string, more: Partial<RoutePath> = {}): RoutePath => ({
  relays: [{ peerId: relay, addresses: [] }],
  source: { peerId: 'source', addresses: [] },
  uplink,
  ...more
})
const nobody = () => false

/** A table with these paths, the first in the order of which come first. */
function tableOf(maxRoutes: number, paths: RoutePath[]): RouteTable {
  const table = new RouteTable(maxRoutes, nobody)
  for (const path of paths) table.offer(path)
  return table
}

/** Opens what is due; returns its paths as `uplink:relay`. */
function openDue(table: RouteTable, nowMs = 0): string[] {
  return table.due(nowMs, true).map(({ route, path }) => {
    table.opened(route, nowMs)
    return `${path.uplink}:${path.relays[0]!.peerId}`
  })
}

const many = (uplink: string, count: number, more: Partial<RoutePath> = {}) =>
  Array.from({ length: count }, (_, i) => by(uplink, `r${i}`, more))

describe('the places for routes', () => {
  it('tell routes over one relay by two uplinks apart', () => {
    expect(idOf(by('a', 'r'))).not.toBe(idOf(by('b', 'r')))
    const table = tableOf(8, [by('a', 'r'), by('b', 'r')])
    expect(openDue(table)).toEqual(['a:r', 'b:r'])
    expect([table.uplinkOf(0), table.uplinkOf(1), table.uplinkOf(2)]).toEqual(['a', 'b', undefined])
  })

  it('are shared equally by uplinks that have paths for them, whatever the order', () => {
    expect(openDue(tableOf(4, [...many('a', 6), ...many('b', 6)])).sort()).toEqual([
      'a:r0',
      'a:r1',
      'b:r0',
      'b:r1'
    ])
  })

  it('go to others where an uplink has few paths', () => {
    expect(openDue(tableOf(4, [...many('a', 6), ...many('b', 1)]))).toEqual(['a:r0', 'a:r1', 'a:r2', 'b:r0'])
  })

  it('are but one of a backup that is its own, and those that are left', () => {
    const backups = many('b', 6, { isBackup: true })
    expect(openDue(tableOf(4, [...many('a', 6), ...backups]))).toEqual(['a:r0', 'a:r1', 'a:r2', 'b:r0'])
    expect(openDue(tableOf(4, [...many('a', 1), ...backups]))).toEqual(['a:r0', 'b:r0', 'b:r1', 'b:r2'])
  })

  it('are taken from the others for an uplink that joins: their last ones', () => {
    const table = tableOf(4, many('a', 6))
    expect(openDue(table)).toHaveLength(4)
    expect(table.surplus()).toEqual([])
    for (const path of many('b', 6)) table.offer(path)
    expect(table.surplus()).toEqual([3, 2])
    for (const route of [3, 2]) table.closed(route, 1_000)
    expect(table.surplus()).toEqual([])
    expect(openDue(table, 1_000)).toEqual(['b:r0', 'b:r1'])
    expect(openDue(table, 60_000)).toEqual([])
  })

  it('but one go back to the others where all paths by an uplink fail, and are not taken from them again', () => {
    const table = tableOf(4, [...many('a', 6), ...many('b', 6)])
    expect(openDue(table)).toHaveLength(4)
    for (const route of [2, 3]) table.closed(route, 0)
    const joined: string[] = []
    for (let nowMs = 0; nowMs < 120_000; nowMs += 500) {
      for (const { route, path } of table.due(nowMs, true)) {
        if (path.uplink === 'b') table.closed(route, nowMs)
        else joined.push(path.relays[0]!.peerId)
      }
      expect(table.surplus()).toEqual([])
    }
    expect(joined).toEqual(['r2'])
  })

  it('are enough for no more uplinks than there are places', () => {
    const table = tableOf(1, [by('a', 'r'), by('b', 'r')])
    expect(openDue(table)).toEqual(['a:r'])
    expect(table.surplus()).toEqual([])
  })
})
