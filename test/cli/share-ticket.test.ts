import { describe, expect, it } from 'vitest'
import { Reporter } from '../../src/cli/reporter.ts'
import { ShareTicket, type ShareTicketInit } from '../../src/cli/share-ticket.ts'
import { decodeTicket } from '../../src/protocol/ticket.ts'
import { VirtualScheduler } from '../virtual-scheduler.ts'

const SOURCE = '12D3KooWDpJ7As7BWAwRMfu1VU2WCqNjvq387JEYKDBj4kx6nXTN'
const [RELAY, OTHER] = [
  '12D3KooWK99VoVxNE7XzyBwXEzW7xhK7Gpv85r9F3V3fyKSUKPH5',
  '12D3KooWPogrV31Ymffx6ZWK4PwoT5msyi28mpCwAZxouS27uNNr'
]
const DIRECTOR = '/ip4/198.51.100.9/tcp/4001'

const peer = (peerId: string) => ({ peerId, addresses: ['/ip4/198.51.100.8/tcp/4003'] })
const record = (byte: number) => ({
  name: 'a',
  sizeBytes: 1,
  segmentBytes: 1,
  rootHash: new Uint8Array(32).fill(byte),
  sourcePeerId: SOURCE
})

function make(init: Partial<ShareTicketInit> = {}) {
  const [scheduler, told, complaints] = [new VirtualScheduler(), [] as string[], [] as string[]]
  const reporter = new Reporter({
    ...{ json: false, quiet: false, verbosity: 0 },
    stdout: { write: text => told.push(text.trim()) },
    stderr: { write: text => complaints.push(text.trim()) }
  })
  const ticket = new ShareTicket({
    reporter,
    peerId: SOURCE,
    addresses: () => ['/ip4/198.51.100.7/tcp/4002'],
    relays: [],
    addressesOf: peerId => peer(peerId).addresses,
    directors: [],
    scheduler,
    ...init
  })
  return { ticket, scheduler, complaints, tickets: () => told.map(decodeTicket) }
}

describe('the ticket of a shared file', () => {
  it('is printed once the file is hashed, and anew when it is another content', () => {
    const { ticket, tickets } = make()
    ticket.offered(record(1))
    ticket.offered(record(2))
    expect(tickets().map(({ rootHash }) => rootHash[0])).toEqual([1, 2])
  })

  it('waits for the directors, and names the relays to which they have led', () => {
    const { ticket, tickets } = make({ directors: [DIRECTOR] })
    ticket.offered(record(1))
    ticket.attached([RELAY])
    expect(tickets()).toEqual([])
    ticket.registered()
    expect(tickets()).toMatchObject([{ directors: [DIRECTOR], relays: [peer(RELAY)] }])
  })

  it('waits for all relays of the user', () => {
    const { ticket, tickets } = make({ relays: [peer(RELAY), peer(OTHER)] })
    ticket.offered(record(1))
    ticket.attachedByHand([OTHER])
    expect(tickets()).toEqual([])
    ticket.attachedByHand([OTHER, RELAY])
    expect(tickets()).toMatchObject([{ relays: [peer(RELAY), peer(OTHER)] }])
  })

  it('does not wait for those that do not answer', () => {
    const { ticket, tickets, scheduler } = make({ relays: [peer(RELAY)], directors: [DIRECTOR] })
    ticket.offered(record(1))
    scheduler.advance(5_000)
    expect(tickets()).toHaveLength(1)
  })

  it('is not printed where it would lead nowhere', () => {
    const { ticket, tickets, complaints } = make({ addresses: () => [] })
    ticket.offered(record(1))
    expect(tickets()).toEqual([])
    expect(complaints.join()).toMatch(/--relay or --director/)
  })

  it('names no more than a ticket holds', () => {
    const many = Array.from({ length: 20 }, (_, at) => `/ip4/198.51.100.7/tcp/${at + 1}`)
    const { ticket, tickets } = make({
      addresses: () => many,
      directors: many,
      relays: many.map(() => peer(RELAY))
    })
    ticket.offered(record(1))
    ticket.attachedByHand(many)
    ticket.registered()
    const [only] = tickets()
    expect([only!.holders[0]!.addresses, only!.relays, only!.directors].map(({ length }) => length)).toEqual([
      8, 16, 8
    ])
  })
})
