import { describe, expect, it } from 'vitest'
import { UsageError } from '../../src/errors.ts'
import { parseRange } from '../../src/units/byte-range.ts'

describe('a range on the command line', () => {
  it.each([
    ['0-499', { start: 0, end: 500 }],
    ['7-7', { start: 7, end: 8 }],
    ['100MB-200MB', { start: 100e6, end: 200e6 + 1 }],
    ['1KiB - 2KiB', { start: 1024, end: 2049 }],
    ['500-', { start: 500 }],
    ['1.5GB-', { start: 1.5e9 }],
    ['-500', { last: 500 }],
    ['-1MiB', { last: 2 ** 20 }]
  ])('%s is as curl has it', (text, wish) => {
    expect(parseRange(text)).toEqual(wish)
  })

  it.each(['', '-', '5', '9-3', '-0', '1-2-3', 'a-b', '0x1-2', '1MB-2furlongs'])('%j is refused', text => {
    expect(() => parseRange(text)).toThrow(UsageError)
  })
})
