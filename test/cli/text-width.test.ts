import { describe, expect, it } from 'vitest'
import { cutToWidth, padStartToWidth, textWidth } from '../../src/cli/text-width.ts'

describe('the width of a text', () => {
  it.each([
    ['plain ASCII', 'film.mkv', 8],
    ['a composed letter', '\u00e9', 1],
    ['a decomposed letter', 'e\u0301', 1],
    ['East Asian letters', '\u65e5\u672c\u8a9e', 6],
    ['composed Hangul', '\ud55c', 2],
    ['decomposed Hangul', '\u1112\u1161\u11ab', 2],
    ['a fullwidth letter', '\uff21', 2],
    ['an emoji', '\u{1f3ac}', 2],
    ['Cyrillic and Hebrew', '\u0444\u05d0', 2]
  ])('of %s', (_, text, width) => {
    expect(textWidth(text)).toBe(width)
  })

  it('bounds what is cut, without halving a character', () => {
    expect(cutToWidth('a\u65e5b', 2)).toBe('a')
    expect(cutToWidth('a\u65e5b', 3)).toBe('a\u65e5')
    expect(cutToWidth('e\u0301x', 1)).toBe('e\u0301')
    expect(cutToWidth('\u{1f3ac}', 1)).toBe('')
    expect(cutToWidth('abc', Number.POSITIVE_INFINITY)).toBe('abc')
  })

  it('counts for filling up', () => {
    expect(padStartToWidth('\u65e5', 4)).toBe('  \u65e5')
    expect(padStartToWidth('long', 2)).toBe('long')
  })
})
