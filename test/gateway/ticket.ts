import { encodeTicket } from '../../src/protocol/ticket.ts'

/** A ticket that can be read. */
export const TICKET_TEXT = encodeTicket({
  rootHash: new Uint8Array(32).fill(7),
  sizeBytes: 19,
  segmentBytes: 32 * 1024,
  name: 'a.mkv',
  holders: [
    {
      peerId: '12D3KooWK99VoVxNE7XzyBwXEzW7xhK7Gpv85r9F3V3fyKSUKPH5',
      addresses: ['/ip4/192.0.2.7/tcp/4002']
    }
  ],
  relays: [],
  directors: []
})
