import { describe, expect, it } from 'vitest'
import { STANDING } from '../../src/director/limits.ts'
import { StandingBook } from '../../src/director/standing.ts'

const { halfLifeMs, maxHosts } = STANDING

/** A book with these complaints, made at time 0. */
function bookOf(...complaints: [host: string, ...relays: string[]][]): StandingBook {
  const book = new StandingBook()
  for (const [host, ...relays] of complaints) book.complain(host, relays, 0)
  return book
}

describe('a standing book', () => {
  it('holds nothing against relays of which nobody has complained', () => {
    expect(bookOf(['h1', 'bad']).of('good', 0)).toEqual({ hosts: 0, blame: 0 })
  })

  it('counts each host once, however often it complains', () => {
    expect(bookOf(['h1', 'bad'], ['h1', 'bad'], ['h2', 'bad']).of('bad', 0)).toEqual({ hosts: 2, blame: 2 })
  })

  it('splits the blame of a route over its relays: the one that is in all bad routes gets most', () => {
    const book = bookOf(['h1', 'bad', 'a'], ['h2', 'b', 'bad'], ['h3', 'bad', 'c', 'd', 'e'])
    expect(book.of('bad', 0)).toEqual({ hosts: 3, blame: 1.25 })
    expect(book.of('b', 0)).toEqual({ hosts: 1, blame: 0.5 })
    expect(book.of('e', 0)).toEqual({ hosts: 1, blame: 0.25 })
  })

  it('adds up what a host says of a relay in several routes, up to a whole complaint', () => {
    const book = bookOf(['h1', 'bad', 'a'])
    book.complain('h1', ['bad', 'b', 'c', 'd'], 0)
    expect(book.of('bad', 0).blame).toBe(0.75)
    book.complain('h1', ['bad'], 0)
    expect(book.of('bad', 0)).toEqual({ hosts: 1, blame: 1 })
  })

  it('forgets: half in a half-life, and all in four', () => {
    const book = bookOf(['h1', 'bad'], ['h2', 'bad'])
    expect(book.of('bad', halfLifeMs)).toEqual({ hosts: 2, blame: 1 })
    expect(book.of('bad', 4 * halfLifeMs)).toEqual({ hosts: 2, blame: 1 / 8 })
    expect(book.of('bad', 4 * halfLifeMs + 1)).toEqual({ hosts: 0, blame: 0 })
  })

  it('takes a complaint that comes again for as bad as the first', () => {
    const book = bookOf(['h1', 'bad'])
    book.complain('h1', ['bad'], halfLifeMs)
    expect(book.of('bad', halfLifeMs).blame).toBe(1)
  })

  it('believes one host a few complaints at a time, so that it cannot run all others down', () => {
    const book = bookOf()
    const relays = Array.from({ length: 100 }, (_, at) => `relay ${at}`)
    for (const relay of relays) book.complain('liar', [relay], 0)
    const blamed = () => relays.filter(relay => book.of(relay, halfLifeMs).hosts > 0)
    expect(blamed()).toEqual(['relay 0', 'relay 1', 'relay 2'])
    book.complain('liar', ['relay 9', 'relay 8'], halfLifeMs)
    expect(book.of('relay 9', halfLifeMs).blame).toBe(0.5)
    const all = () => relays.reduce((sum, relay) => sum + book.of(relay, halfLifeMs).blame, 0)
    for (const relay of relays) book.complain('liar', [relay], halfLifeMs)
    expect(all()).toBe(STANDING.maxBlameOfHost)
  })

  it('keeps the complaints of so many hosts, those that have complained last', () => {
    const book = bookOf(['first', 'bad'], ['second', 'bad'])
    for (let at = 2; at < maxHosts; at++) book.complain(`h${at}`, ['other'], 0)
    book.complain('first', ['worse'], 0)
    book.complain('newcomer', ['other'], 0)
    expect([book.of('bad', 0).hosts, book.of('worse', 0).hosts]).toEqual([1, 1])
    expect(book.of('other', 0).hosts).toBe(maxHosts - 1)
  })
})
