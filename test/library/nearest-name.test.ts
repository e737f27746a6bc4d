import { describe, expect, it } from 'vitest'
import { NearestName } from '../../src/library/nearest-name.ts'

function nearest(given: string, names: string[]): string | undefined {
  const found = new NearestName(given)
  for (const name of names) found.offer(name)
  return found.found
}

const NAMES = ['holiday/a.mkv', 'holiday/winter.mkv', 'work/notes.txt', 'readme.md']

describe('the nearest name', () => {
  it.each([
    ['holiday/a.mvk', 'holiday/a.mkv'],
    ['Holiday/A.MKV', 'holiday/a.mkv'],
    ['a.mkv', 'holiday/a.mkv'],
    ['wniter.mkv', 'holiday/winter.mkv'],
    ['holidays/winter.mkv', 'holiday/winter.mkv'],
    ['raedme.md', 'readme.md']
  ])('takes %s for %s', (given, meant) => {
    expect(nearest(given, NAMES)).toBe(meant)
  })

  it('finds nothing where nothing is near', () => {
    expect(nearest('quarterly-report.pdf', NAMES)).toBeUndefined()
    expect(nearest('pictures/readme.md', NAMES)).toBeUndefined()
  })

  it('prefers the right name in another directory to a wrong one in this', () => {
    expect(nearest('a.mkv', ['x/a.mkv', 'b.mkv'])).toBe('x/a.mkv')
    expect(nearest('c.mkv', ['x/a.mkv', 'b.mkv'])).toBe('b.mkv')
  })
})
