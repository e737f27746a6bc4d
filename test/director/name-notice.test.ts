import { expect, it } from 'vitest'
import { NameNotice } from '../../src/director/name-notice.ts'

it('names are told once, when the catalog is listed: the first of them and the number of all', () => {
  const notice = new NameNotice()
  notice.add(['a', 'b'])
  expect(notice.take(false)).toBeUndefined()
  notice.add(['c', 'd', 'e'])
  expect(notice.take(true)).toEqual({ names: 'the names "a", "b", "c" and 2 more (5 in all)', count: 5 })
  notice.add(['f'])
  expect(notice.take(true)).toBeUndefined()
})

it('one name is told as one, and none is not told', () => {
  const notice = new NameNotice()
  expect(notice.take(true)).toBeUndefined()
  notice.add(['a'])
  expect(notice.take(true)).toEqual({ names: 'the name "a"', count: 1 })
})
