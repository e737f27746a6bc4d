import { describe, expect, it } from 'vitest'
import {
  decodeTicket,
  encodeTicket,
  InvalidTicketError,
  isTicket,
  type Ticket
} from '../../src/protocol/ticket.ts'

const SOURCE = '12D3KooWDpJ7As7BWAwRMfu1VU2WCqNjvq387JEYKDBj4kx6nXTN'
const RELAY = '12D3KooWK99VoVxNE7XzyBwXEzW7xhK7Gpv85r9F3V3fyKSUKPH5'

const TICKET: Ticket = {
  rootHash: new Uint8Array(32).fill(7),
  sizeBytes: 5_000_000_000,
  segmentBytes: 32 * 1024,
  name: 'film ü.mkv',
  holders: [{ peerId: SOURCE, addresses: ['/ip4/198.51.100.7/tcp/4002', '/ip6/2001:db8::1/tcp/4002'] }],
  relays: [{ peerId: RELAY, addresses: ['/dns4/relay.example/tcp/443/tls/ws'] }],
  directors: [`/ip4/198.51.100.9/tcp/4001/p2p/${RELAY}`]
}

describe('a ticket', () => {
  it('comes back as it was, and is one word', () => {
    const text = encodeTicket(TICKET)
    expect(text).toMatch(/^anabranch1[a-z2-7]+$/)
    expect(text.length).toBeLessThan(500)
    expect(isTicket(text)).toBe(true)
    expect(decodeTicket(text)).toEqual(TICKET)
  })

  it('leaves out what the peer id says again', () => {
    const full = TICKET.holders.map(({ peerId, addresses }) => ({
      peerId,
      addresses: addresses.map(address => `${address}/p2p/${peerId}`)
    }))
    expect(encodeTicket({ ...TICKET, holders: full })).toBe(encodeTicket(TICKET))
  })

  it('may be broken into lines and written in capitals', () => {
    const text = encodeTicket(TICKET)
    const broken = text.toUpperCase().replace(/.{60}/g, '$&\r\n  ')
    expect(isTicket(broken)).toBe(true)
    expect(decodeTicket(broken)).toEqual(TICKET)
  })

  it.each([
    [
      'with a character exchanged',
      (text: string) => text.slice(0, 40) + (text[40] === 'a' ? 'b' : 'a') + text.slice(41)
    ],
    ['with a character that none has', (text: string) => `${text.slice(0, 40)}0${text.slice(41)}`],
    ['cut off', (text: string) => text.slice(0, -3)],
    [
      'with two characters swapped',
      (text: string) => text.replace(/(.)(.)(?=.{5}$)/, (_, a, b) => (a === b ? 'zz' : b + a))
    ]
  ])('%s is told to be mistyped', (_, mistype) => {
    const text = mistype(encodeTicket(TICKET))
    expect(isTicket(text)).toBe(true)
    expect(() => decodeTicket(text)).toThrow(/copy it once more/)
  })

  it('of another version is told to be one', () => {
    const text = encodeTicket(TICKET).replace('anabranch1', 'anabranch2')
    expect(isTicket(text)).toBe(true)
    expect(() => decodeTicket(text)).toThrow(/version 2/)
  })

  it.each<[string, Partial<Ticket>]>([
    ['no holder', { holders: [] }],
    ['a name that leads elsewhere', { name: '../a' }],
    ['a root hash of another length', { rootHash: new Uint8Array(31) }],
    ['no size of segments', { segmentBytes: 0 }],
    ['a negative size', { sizeBytes: -1 }],
    ['too many relays', { relays: Array.from({ length: 17 }, () => TICKET.relays[0]!) }],
    ['an address that is none', { directors: ['relay.example:4001'] }],
    ['a peer that is none', { holders: [{ peerId: 'me', addresses: [] }] }]
  ])('has to be whole: %s', (_, change) => {
    const make = () => decodeTicket(encodeTicket({ ...TICKET, ...change }))
    expect(make).toThrow(InvalidTicketError)
  })

  it.each(['film.bin', 'anabranch1.tar', 'anabranch1', 'films/anabranch1abc'])('is not %s', name => {
    expect(isTicket(name)).toBe(false)
  })
})
