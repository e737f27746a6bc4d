import { describe, expect, it } from 'vitest'
import { requestOf } from '../../src/client/ticket-request.ts'

const SOURCE = { peerId: 'S', addresses: ['/ip4/198.51.100.7/tcp/4002'] }
const RELAY = { peerId: 'R', addresses: ['/ip4/198.51.100.8/tcp/4003'] }
const TICKET = { rootHash: new Uint8Array(32), sizeBytes: 1, segmentBytes: 1, name: 'a', directors: ['/d'] }

describe('the request that a ticket stands for', () => {
  it('goes straight to the holder first, then over each relay', () => {
    expect(requestOf({ ...TICKET, holders: [SOURCE], relays: [RELAY] })).toEqual({
      name: 'a',
      rootHash: TICKET.rootHash,
      otherDirectors: ['/d'],
      paths: [
        { relays: [], source: SOURCE },
        { relays: [RELAY], source: SOURCE }
      ]
    })
  })

  it('goes over relays alone to a holder that tells no address', () => {
    const hidden = { peerId: 'S', addresses: [] }
    const { paths } = requestOf({ ...TICKET, holders: [hidden], relays: [RELAY] })
    expect(paths).toEqual([{ relays: [RELAY], source: hidden }])
  })

  it('asks directors alone where the ticket knows no path', () => {
    const request = requestOf({ ...TICKET, holders: [{ peerId: 'S', addresses: [] }], relays: [] })
    expect(request).not.toHaveProperty('paths')
    expect(request.otherDirectors).toEqual(['/d'])
  })
})
