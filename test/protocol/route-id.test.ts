import { describe, expect, it } from 'vitest'
import { pathIdsOf, routeId } from '../../src/protocol/route-id.ts'

describe('the id of a route', () => {
  it('is its relays from the client on, and then its source', () => {
    expect(routeId({ relays: ['near', 'far'], source: 's' })).toBe('near>far>s')
  })

  it('differs between two sources behind one relay', () => {
    const [one, other] = ['s1', 's2'].map(source => routeId({ relays: ['r'], source }))
    expect(one).not.toBe(other)
  })

  it('is the source where the client dials that itself', () => {
    expect(routeId({ relays: [], source: 's' })).toBe('s')
  })

  it('is made of peer ids, however much is known of the relays', () => {
    const route = { relays: [{ peerId: 'r', addresses: ['/dns/r/tcp/1'] }], source: 's', costMs: 5 }
    expect(pathIdsOf(route)).toEqual({ relays: ['r'], source: 's' })
  })
})
