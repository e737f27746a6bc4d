import { expect, it } from 'vitest'
import { OutputPosition } from '../../src/client/output-position.ts'

it('the position of an output that takes everything is the next segment that it takes', () => {
  const position = new OutputPosition(5)
  expect(position.consumed).toBe(5)
  position.handed(5, 8)
  position.taken(2)
  expect(position.consumed).toBe(7)
  position.handed(8, 9)
  position.taken(2)
  expect(position.consumed).toBe(9)
})

it('the position of an output that does without some goes over these as soon as it comes to them', () => {
  const position = new OutputPosition(0)
  position.handed(0, 2)
  position.handed(4, 5)
  position.goOnAt(7)
  position.taken(1)
  expect(position.consumed).toBe(1)
  position.taken(1)
  expect(position.consumed).toBe(4)
  position.taken(1)
  expect(position.consumed).toBe(7)
  position.goOnAt(20)
  expect(position.consumed).toBe(20)
})
