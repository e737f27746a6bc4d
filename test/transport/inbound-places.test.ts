import { describe, expect, it } from 'vitest'
import { InboundPlaces, type Visit } from '../../src/transport/inbound-places.ts'
import { INBOUND_LIMITS } from '../../src/transport/limits.ts'

const LIMITS = {
  ...INBOUND_LIMITS,
  maxConnections: 6,
  placesForKnown: 2,
  maxHandshakes: 8,
  connectionsPerHost: 5,
  arrivals: { most: 20, perSecond: 1 },
  barredMs: 1_000
}

class House {
  nowMs = 0
  readonly known = new Set<string>()
  readonly places = new InboundPlaces(peerId => this.known.has(peerId), LIMITS)
  readonly gone: string[] = []

  /** A connection that has knocked and, with a peer id, has done its handshake; undefined when it was refused. */
  visit(host: string | undefined, peerId?: string, idleSinceMs?: number): Visit | undefined {
    const visit: Visit = {
      host,
      peerId: undefined,
      idleSinceMs: () => idleSinceMs,
      giveWay: () => {
        this.gone.push(visit.peerId!)
        this.places.left(visit)
      }
    }
    if (!this.places.knock(visit, this.nowMs)) return undefined
    if (peerId === undefined || this.places.enter(visit, peerId)) return visit
    this.places.left(visit)
    return undefined
  }

  count(visits: number, host: string | undefined, peerId?: string): number {
    let taken = 0
    for (let at = 0; at < visits; at++) if (this.visit(host, peerId && peerId + at)) taken++
    return taken
  }
}

describe('places for inbound connections', () => {
  it('leave room for handshakes of others, however many hosts there are', () => {
    const house = new House()
    expect(['a', 'b', 'c'].map(host => house.count(10, host))).toEqual([4, 2, 1])
  })

  it('are so many for one host, and more when one of them is free again', () => {
    const house = new House()
    house.known.add('friend')
    const first = house.visit('a', 'friend')!
    for (let at = 0; at < 4; at++) expect(house.visit('a', 'friend')).toBeDefined()
    expect(house.visit('a', 'friend')).toBeUndefined()
    house.places.left(first)
    house.places.left(first)
    expect(house.visit('a', 'friend')).toBeDefined()
    expect(house.visit('a', 'friend')).toBeUndefined()
  })

  it('are not taken faster than handshakes can be afforded', () => {
    const house = new House()
    for (let at = 0; at < 20; at++) house.places.left(house.visit('a')!)
    expect(house.visit('a')).toBeUndefined()
    expect(house.visit('b')).toBeDefined()
    house.nowMs += 3_000
    expect(house.visit('a')).toBeDefined()
  })

  it('are without a limit by host where hosts cannot be told apart', () => {
    const house = new House()
    for (let at = 0; at < 30; at++) house.places.left(house.visit(undefined)!)
    expect(house.count(8, undefined)).toBe(8)
  })

  it('are kept for known peers, the last ones', () => {
    const house = new House()
    expect(house.count(6, undefined, 'stranger')).toBe(4)
    house.known.add('friend')
    expect(house.visit(undefined, 'friend')).toBeDefined()
    expect(house.visit(undefined, 'friend')).toBeDefined()
    expect(house.visit(undefined, 'friend')).toBeUndefined()
  })

  it('go to newcomers when those who hold them have been idle, the longest idle first', () => {
    const house = new House()
    house.known.add('friend')
    house.visit(undefined, 'friend', 10)
    house.visit(undefined, 'busy')
    house.visit(undefined, 'idle', 30)
    house.visit(undefined, 'idler', 20)
    expect(house.visit(undefined, 'newcomer', 40)).toBeDefined()
    expect(house.gone).toEqual(['idler'])
  })

  it('are closed for a while to the host of a peer that broke a limit', () => {
    const house = new House()
    house.places.bar(house.visit('a', 'flooder')!, house.nowMs)
    expect(house.visit('a')).toBeUndefined()
    expect(house.visit('b')).toBeDefined()
    house.nowMs += LIMITS.barredMs
    expect(house.visit('a')).toBeDefined()
  })
})
