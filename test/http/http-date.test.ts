import { expect, it } from 'vitest'
import { parseHttpDate } from '../../src/http/http-date.ts'

const TIME_MS = Date.UTC(1994, 10, 6, 8, 49, 37)

it('reads the three forms of dates that HTTP has had, all in GMT', () => {
  const forms = [
    'Sun, 06 Nov 1994 08:49:37 GMT',
    'Sunday, 06-Nov-94 08:49:37 GMT',
    'Sun Nov  6 08:49:37 1994'
  ]
  for (const text of forms) expect([text, parseHttpDate(text)]).toEqual([text, TIME_MS])
})

it('takes nothing else for a date', () => {
  const others = [
    '1994-11-06',
    'tomorrow',
    '',
    '784111777',
    'Sun, 06 Nov 1994 08:49:37 CET',
    'Sun, 99 Foo 1994 08:49:37 GMT'
  ]
  for (const text of [undefined, ...others]) expect(parseHttpDate(text)).toBeUndefined()
})
