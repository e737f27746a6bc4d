import { describe, expect, it } from 'vitest'
import { explainRoutes, shortfallText } from '../../src/cli/routes-explained.ts'

const relay = {
  peerId: '12D3KooWabcdef',
  addresses: [],
  labels: ['operator=me'],
  capabilities: [],
  capacityBytesPerSecond: 1_000_000
}
const route = {
  id: 'x',
  relays: [relay, { peerId: '12D3KooWuvwxyz', addresses: [], labels: [], capabilities: [] }],
  source: { peerId: '12D3KooWsource', addresses: [] },
  costMs: 12.34
}
const shared = { reason: 'shared', relays: [relay.peerId], links: [], message: 'x' } as const

describe('routes explained', () => {
  it('are drawn from the client to the source, with what stands in the way of more', () => {
    const shortfall = {
      ...shared,
      relays: [...shared.relays],
      links: [['12D3KooWabcdef', '12D3KooWsource']] as [string, string][]
    }
    const lines = explainRoutes({ routes: [route], shortfall }, 4)
    expect(lines).toEqual([
      '1 of 4 routes at most',
      'A  cost 12.3 ms',
      '     client',
      '       -> relay ..abcdef (at most 8.0 Mbit/s, operator=me)',
      '       -> relay ..uvwxyz (no limit told)',
      '       -> source ..source',
      'A cost is a sum of round trips, with penalties of the director; it tells neither apart.',
      'In the way of a further route:',
      '  relay ..abcdef, which route A uses',
      '  the link ..abcdef - ..source',
      '  two routes never share a relay or a link; start another relay to have one more'
    ])
  })

  it('name what to do where there is no route, and nothing where there are enough', () => {
    const shortfall = { reason: 'no-relay' as const, relays: [], links: [], message: 'x' }
    expect(explainRoutes({ routes: [], shortfall }, 8)).toEqual([
      '0 of 8 routes at most',
      'In the way of a further route:',
      '  no relay is there that takes new routes: start one, or wait for one'
    ])
    expect(explainRoutes({ routes: [route] }, 1).join()).not.toContain('In the way')
  })

  it('are all that there are where every further one would share something, and else come with why', () => {
    expect(
      shortfallText({ ...shared, relays: [...shared.relays], links: [['12D3KooWabcdef', '12D3KooWsource']] })
    ).toBe(
      'these are all that there are: every further route would share relay ..abcdef or the link ..abcdef - ..source'
    )
    const gaveUp = { reason: 'shared' as const, relays: [], links: [], message: 'not looked farther' }
    expect(shortfallText(gaveUp)).toBe('why there are no more: not looked farther')
    const none = { reason: 'no-relay' as const, relays: [], links: [], message: 'no relay' }
    expect(shortfallText(none)).toBe('why there are no more: no relay')
  })
})
