import { describe, expect, it } from 'vitest'
import { plainJson, plainText } from '../../src/cli/plain-text.ts'

/** What a terminal would act on, and how it is shown. */
const UNSEEN: Array<[string, string, string]> = [
  ['an escape', '\u001b', '\\u{1b}'],
  ['a new line', '\n', '\\u{a}'],
  ['a carriage return', '\r', '\\u{d}'],
  ['DEL', '\u007f', '\\u{7f}'],
  ['a C1 control sequence introducer', '\u009b', '\\u{9b}'],
  ['a C1 operating system command', '\u009d', '\\u{9d}'],
  ['an Arabic letter mark', '\u061c', '\\u{61c}'],
  ['a left-to-right mark', '\u200e', '\\u{200e}'],
  ['a right-to-left mark', '\u200f', '\\u{200f}'],
  ['a right-to-left embedding', '\u202b', '\\u{202b}'],
  ['a right-to-left override', '\u202e', '\\u{202e}'],
  ['a direction isolate', '\u2067', '\\u{2067}'],
  ['the end of an isolate', '\u2069', '\\u{2069}'],
  ['a zero width space', '\u200b', '\\u{200b}'],
  ['a byte order mark', '\ufeff', '\\u{feff}'],
  ['a line separator', '\u2028', '\\u{2028}'],
  ['a paragraph separator', '\u2029', '\\u{2029}'],
  ['a tag character', '\u{e0041}', '\\u{e0041}'],
  ['half a surrogate pair', '\ud800', '\\u{d800}']
]

describe('plainText', () => {
  it.each(UNSEEN)('shows %s as what it is', (_, character, shown) => {
    expect(plainText(`a${character}b`)).toBe(`a${shown}b`)
  })

  it('leaves all else as it is', () => {
    const text = 'Größe 10 %, "日本語" é 🎬 \\u{1b} ->'
    expect(plainText(text)).toBe(text)
  })
})

describe('plainJson', () => {
  it.each(UNSEEN)('holds %s only as an escape, and means it all the same', (_, character) => {
    const value = { event: 'x', [`k${character}`]: [`a${character}b`] }
    const json = plainJson(value)
    expect(json).not.toContain(character)
    expect(JSON.parse(json)).toEqual(value)
  })

  it('leaves all else as JSON.stringify gives it', () => {
    const value = { text: 'Größe "日本語" 🎬', numbers: [1, null, true] }
    expect(plainJson(value)).toBe(JSON.stringify(value))
  })
})
