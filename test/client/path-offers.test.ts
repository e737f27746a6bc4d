import { describe, expect, it } from 'vitest'
import { areChoosing, overUplinks, PathOffers, wishedPaths } from '../../src/client/path-offers.ts'
import type { RoutePath } from '../../src/client/route-table.ts'

const SOURCE = { peerId: 'source', addresses: [] }
/** A path over relays, each by its peer id and its labels behind colons. */
const path = (...relays: string[]): RoutePath => ({
  relays: relays.map(text => {
    const [peerId, ...labels] = text.split(':') as [string, ...string[]]
    return { peerId, addresses: [], labels }
  }),
  source: SOURCE
})
const shown = (paths: readonly RoutePath[]) =>
  paths.map(({ relays, uplink, isBackup }) => {
    const via = relays.map(({ peerId }) => peerId).join('>')
    return `${uplink ? `${uplink}:` : ''}${via}${isBackup ? ' (backup)' : ''}`
  })
const main = (...names: string[]) => names.map(name => ({ name, isBackup: false }))
const backup = (name: string) => ({ name, isBackup: true })

describe('wishes for relays', () => {
  const paths = [path('r1:de'), path('r2:fr'), path('r3:de', 'r4:fr'), path()]

  it('leave all as it is where there are none', () => {
    expect(wishedPaths(paths, {})).toEqual(paths)
    expect(areChoosing({ prefer: [], via: [] })).toBe(false)
    expect(areChoosing({ avoid: ['r1'] })).toBe(true)
  })

  it('put first what is preferred, by peer id or label', () => {
    expect(shown(wishedPaths(paths, { prefer: ['r2'] }))).toEqual(['r2', 'r1', 'r3>r4', ''])
    expect(shown(wishedPaths(paths, { prefer: ['fr'] }))).toEqual(['r2', 'r3>r4', 'r1', ''])
  })

  it('make of what is to be avoided the last choice, also where it is preferred', () => {
    const avoid = ['r1', 'r4']
    expect(shown(wishedPaths(paths, { avoid, prefer: ['r1'] }))).toEqual([
      'r2',
      '',
      'r1 (backup)',
      'r3>r4 (backup)'
    ])
  })

  it('allow only paths all of whose relays are named, so none without a relay', () => {
    expect(shown(wishedPaths(paths, { via: ['de'] }))).toEqual(['r1'])
    expect(shown(wishedPaths(paths, { via: ['r3', 'fr'] }))).toEqual(['r2', 'r3>r4'])
    expect(wishedPaths(paths, { via: ['nobody'] })).toEqual([])
  })
})

describe('paths over uplinks', () => {
  it('stay as they are without uplinks', () => {
    expect(overUplinks([path('r1')], undefined)).toEqual([path('r1')])
  })

  it('use each uplink and each relay once before any pair with a relay that is in use', () => {
    expect(shown(overUplinks([path('r1'), path('r2'), path('r3')], main('a', 'b')))).toEqual([
      ...['a:r1', 'b:r2', 'a:r3'],
      ...['b:r1', 'a:r2', 'b:r3']
    ])
  })

  it.each([
    [1, 1],
    [1, 3],
    [2, 2],
    [3, 2],
    [2, 3],
    [6, 4],
    [4, 6]
  ])(
    'offer each of %i paths by each of %i uplinks once, all of both in the first round',
    (paths, uplinks) => {
      const names = (letter: string, count: number) => Array.from({ length: count }, (_, i) => letter + i)
      const offered = shown(
        overUplinks(
          names('r', paths).map(name => path(name)),
          main(...names('u', uplinks))
        )
      )
      expect(new Set(offered).size).toBe(paths * uplinks)
      expect(offered).toHaveLength(paths * uplinks)
      const first = offered.slice(0, Math.max(paths, uplinks)).map(text => text.split(':'))
      expect(new Set(first.map(([uplink]) => uplink)).size).toBe(uplinks)
      expect(new Set(first.map(([, relay]) => relay)).size).toBe(paths)
    }
  )

  it('offer what is for emergencies behind all else', () => {
    const paths = wishedPaths([path('r1'), path('r2')], { avoid: ['r2'] })
    expect(shown(overUplinks(paths, [backup('b'), ...main('a')]))).toEqual([
      'a:r1',
      'b:r1 (backup)',
      'a:r2 (backup)',
      'b:r2 (backup)'
    ])
  })

  it('cost what their uplinks cost', () => {
    const offered = overUplinks([path('r1')], [{ name: 'a', isBackup: false, price: 5 }, ...main('b')])
    expect(offered.map(({ uplink, price }) => [uplink, price])).toEqual([
      ['a', 5],
      ['b', undefined]
    ])
  })

  it('are none where there is no uplink', () => {
    expect(overUplinks([path('r1')], [])).toEqual([])
  })
})

describe('PathOffers', () => {
  /** Offers of a session that only writes down what it is told. */
  const withOffers = () => {
    const told: Record<'paths' | 'gained', string[]>[] = []
    const first: RoutePath[] = []
    const uplinks = { now: main('a') }
    const session = {
      offer: (offered: RoutePath) => void first.push(offered),
      add: (added: RoutePath) => void first.push(added),
      follow: (paths: readonly RoutePath[], gained: readonly RoutePath[]) =>
        void told.push({ paths: shown(paths), gained: shown(gained) })
    }
    const offers = new PathOffers(session, uplinks, [path('r1'), path('r2')])
    return { offers, uplinks, told, first }
  }

  it('offers the first paths over the uplinks that there are', () => {
    expect(shown(withOffers().first)).toEqual(['a:r1', 'a:r2'])
  })

  it('tells of an uplink that has come, and takes back what went by one that is gone', () => {
    const { offers, uplinks, told } = withOffers()
    uplinks.now = main('a', 'b')
    offers.uplinksChanged()
    uplinks.now = main('b')
    offers.uplinksChanged()
    expect(told).toEqual([
      { paths: ['a:r1', 'b:r2', 'b:r1', 'a:r2'], gained: ['b:r2', 'b:r1'] },
      { paths: ['b:r1', 'b:r2'], gained: [] }
    ])
  })

  it('tells of an uplink that has come back', () => {
    const { offers, uplinks, told } = withOffers()
    uplinks.now = []
    offers.uplinksChanged()
    uplinks.now = main('a')
    offers.uplinksChanged()
    expect(told.map(({ gained }) => gained)).toEqual([[], ['a:r1', 'a:r2']])
  })

  it('offers what the directors name later over all uplinks', () => {
    const { offers, uplinks, told } = withOffers()
    uplinks.now = main('a', 'b')
    offers.follow([path('r3')], [path('r3')])
    expect(told).toEqual([{ paths: ['a:r3', 'b:r3'], gained: ['a:r3', 'b:r3'] }])
  })
})
