import { describe, expect, it } from 'vitest'
import { withNearAddresses } from '../../src/discovery/near-addresses.ts'
import type { AnswerReply, DirectorReply } from '../../src/protocol/director-messages.ts'

const [NEAR, FAR] = ['/ip4/8.8.8.8/tcp/1', '/ip4/10.0.0.5/tcp/1']

function relay(peerId: string, addresses: string[]) {
  return { peerId, addresses, labels: [], capabilities: [] }
}

function near<R extends DirectorReply>(reply: R): R {
  return withNearAddresses(reply, address => address === NEAR) as R
}

describe('withNearAddresses', () => {
  it('leaves out what may not be dialled, of neighbours and of holders and relays', () => {
    const both = [{ peerId: 'a', addresses: [NEAR, FAR] }]
    const one = [{ peerId: 'a', addresses: [NEAR] }]
    expect(near({ kind: 'neighbors', peers: both, linked: both, attach: true })).toEqual({
      kind: 'neighbors',
      peers: one,
      linked: one,
      attach: true
    })
  })

  it('leaves out routes that begin at a relay which may not be dialled, and keeps relays further on', () => {
    const begun = relay('a', [FAR, NEAR])
    const behind = relay('b', [FAR])
    const answer: AnswerReply = {
      ...{ kind: 'answer', status: 100, message: '', settling: false, gained: [], lost: [] },
      holders: [{ peerId: 's', addresses: [FAR], record: new Uint8Array(), capabilities: [] }],
      routes: [
        { relays: [begun, behind], source: 's', costMs: 1 },
        { relays: [behind, begun], source: 's', costMs: 1 }
      ]
    }
    const { holders, routes } = near(answer)
    expect(holders[0]!.addresses).toEqual([])
    expect(routes.map(route => route.relays)).toEqual([[relay('a', [NEAR]), relay('b', [])]])
  })
})
