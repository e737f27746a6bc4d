import { describe, expect, it } from 'vitest'
import { mistakesBetween, nearestText } from '../../src/units/nearest-text.ts'

describe('the nearest text', () => {
  it.each([
    ['directr', 'director'],
    ['max-rate', 'maxRate'],
    ['MAXRATE', 'maxRate'],
    ['lsiten', 'listen'],
    ['qiet', 'quiet']
  ])('takes %s for %s', (given, meant) => {
    expect(nearestText(given, ['director', 'maxRate', 'listen', 'quiet', 'json'])).toBe(meant)
  })

  it('finds nothing where nothing is near', () => {
    expect(nearestText('elephant', ['director', 'json'])).toBeUndefined()
    expect(nearestText('x', ['json', 'yes'])).toBeUndefined()
    expect(nearestText('', ['json'])).toBeUndefined()
  })

  it('prefers fewer mistakes, and the first of those alike', () => {
    expect(nearestText('abcdef', ['abxyef', 'abcdeg', 'abcdeh'])).toBe('abcdeg')
  })
})

describe('mistakes between two texts', () => {
  it.each([
    ['', 'abc', 3],
    ['kitten', 'sitting', 3],
    ['ab', 'ba', 1],
    ['abcd', 'acbd', 1],
    ['same', 'same', 0]
  ])('are between %s and %s: %i', (a, b, mistakes) => {
    expect(mistakesBetween(a, b, 10)).toBe(mistakes)
    expect(mistakesBetween(b, a, 10)).toBe(mistakes)
    expect(mistakesBetween(a, b, mistakes - 1)).toBeUndefined()
  })

  it('are not counted for texts of any length', () => {
    expect(mistakesBetween('a'.repeat(1000), 'b'.repeat(1000), 1000)).toBeUndefined()
  })
})
