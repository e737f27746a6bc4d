import { describe, expect, it } from 'vitest'
import { directorSaying, saying, shortPeer } from '../../src/protocol/peer-word.ts'

describe("a peer's word", () => {
  it('is marked as that, in one line and without effects', () => {
    expect(saying('relay ..abcdef', 'no\n\tanabranch: \u001b[2Jall\u202e is well\u0000')).toBe(
      'relay ..abcdef says: no anabranch: [2Jall is well'
    )
  })

  it('is cut where it goes on and on, between characters', () => {
    const told = saying('the source', '\u{1f3ac}'.repeat(10_000))
    expect(told.length).toBeLessThan(1_000)
    expect(told).toMatch(/^the source says: .*\u{1f3ac} \(and more\)$/u)
    expect(directorSaying('x'.repeat(1_000))).toBe(`the director says: ${'x'.repeat(1_000)}`)
  })

  it('may be nothing', () => {
    expect(saying('a relay', ' \u200b ')).toBe('a relay says: nothing')
  })

  it('is named by the end of the peer id', () => {
    expect(shortPeer('12D3KooWabcdef')).toBe('..abcdef')
  })
})
