import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { askerAt, countAlike, isWithinShare } from '../../src/transport/share.ts'

/** How many places each of those who ask for all that they can get has in the end, one after the other. */
function greedy(asking: number, places: number, weight = 1): number[] {
  const held: number[] = []
  for (let i = 0; i < asking; i++) {
    let own = 0
    const others = held.reduce((sum, count) => sum + count, 0)
    while (isWithinShare(own, others + own, places, weight)) own++
    held.push(own)
  }
  return held
}

describe('countAlike', () => {
  const others = [
    askerAt('a', '/ip4/8.8.8.8/tcp/1'),
    askerAt('b', '/ip4/8.8.8.8/tcp/2'),
    askerAt('b', '/ip6/2a00:1:2:3::4/tcp/2'),
    askerAt('c', '/ip4/127.0.0.1/tcp/3'),
    askerAt('c', '/ip4/127.0.0.1/tcp/4')
  ]

  it.each([
    ['b', '/ip4/8.8.8.8/tcp/9', 2, 2],
    ['x', '/ip6/2a00:1:2:3:9::9/tcp/9', 0, 1],
    ['x', '/ip4/8.8.4.4/tcp/9', 0, 0]
  ])('counts for %s at %s', (peerId, address, sessionsOfPeer, sessionsOfHost) => {
    const counts = countAlike(askerAt(peerId, address), others)
    expect(counts).toEqual({ sessions: 5, sessionsOfPeer, sessionsOfHost })
  })

  it('takes nobody on loopback for one host', () => {
    const counts = countAlike(askerAt('c', '/ip4/127.0.0.1/tcp/9'), others)
    expect(counts).toEqual({ sessions: 5, sessionsOfPeer: 2, sessionsOfHost: 0 })
  })
})

describe('isWithinShare', () => {
  it('gives one who is alone half of the places, and each further one half of the rest', () => {
    expect(greedy(7, 64)).toEqual([32, 16, 8, 4, 2, 1, 1])
  })

  it('gives more to who weighs more', () => {
    expect(greedy(2, 64, 3)).toEqual([48, 12])
  })

  it('never gives more places than there are, and always one to who has none while one is free', () => {
    fc.assert(
      fc.property(fc.nat(200), fc.nat(200), fc.nat(200), (held, others, places) => {
        const taken = held + others
        if (isWithinShare(held, taken, places)) expect(taken).toBeLessThan(places)
        if (others < places) expect(isWithinShare(0, others, places)).toBe(true)
      })
    )
  })
})
