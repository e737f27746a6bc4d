import { peerIdFromString } from '@libp2p/peer-id'
import { describe, expect, it } from 'vitest'
import { InvalidPathError } from '../../src/relay/errors.ts'
import { nextHopOf } from '../../src/relay/path.ts'

const OWN = '12D3KooWEyoppNCUx8Yx66oV9fJnriXwCcXwDDUA2kj6vnc6iDEp'
const A = '12D3KooWGCy3rTbqTnGDLCWxkuJPXvaAqYwrQWEzQbCyzpCfEJHo'
const B = '12D3KooWJWYFX1Y6pqYYDWEBNCDZ5WVqpCmxrZtBqXdoNdmTTTMC'

const hop = (peerId: string, ...addresses: string[]) => ({ peerId, addresses })
/** The same peer id in its other form. */
const inOtherForm = (peerId: string) => peerIdFromString(peerId).toCID().toString()

describe('nextHopOf', () => {
  it('gives the first hop, its id in the usual form', () => {
    const first = hop(A, `/ip4/10.0.0.1/tcp/1/p2p/${A}`, '/ip4/10.0.0.2/tcp/1')
    expect(nextHopOf([first, hop(B)], OWN)).toEqual(first)
    expect(nextHopOf([hop(inOtherForm(A))], OWN)).toEqual(hop(A))
  })

  it.each([
    ['ends here', []],
    ['leads back at once', [hop(OWN)]],
    ['leads back later', [hop(A), hop(OWN), hop(B)]],
    ['names a node twice', [hop(A), hop(B), hop(A)]],
    ['names a node twice in two forms', [hop(A), hop(inOtherForm(A))]],
    ['names no node', [hop('nonsense')]],
    ['names no node later', [hop(A), hop('nonsense')]],
    ['has an address that is none', [hop(A, 'nonsense')]],
    ["has another node's address", [hop(A, `/ip4/10.0.0.1/tcp/1/p2p/${B}`)]]
  ])('refuses a path that %s', (_, hops) => {
    expect(() => nextHopOf(hops, OWN)).toThrow(InvalidPathError)
  })
})
