import { expect, it } from 'vitest'
import { REMEMBERED_MS, REMEMBERED_ROUTES } from '../../src/client/defaults.ts'
import { RouteMemory } from '../../src/client/route-memory.ts'

const route = { rateBytesPerSecond: 1_000_000, rttMs: 20 }

it('knows of a route what was learnt last', () => {
  const memory = new RouteMemory()
  memory.learn('a', { rateBytesPerSecond: 5, rttMs: 5 }, 0)
  memory.learn('a', route, 10)
  expect(memory.recall('a', 20)).toEqual(route)
  expect(memory.recall('b', 20)).toBeUndefined()
  memory.forget('a')
  expect(memory.recall('a', 20)).toBeUndefined()
})

it('forgets what is old', () => {
  const memory = new RouteMemory()
  memory.learn('a', route, 100)
  expect(memory.recall('a', 100 + REMEMBERED_MS)).toEqual(route)
  expect(memory.recall('a', 101 + REMEMBERED_MS)).toBeUndefined()
  expect(memory.size).toBe(0)
})

it('forgets the route that it has not heard of for longest when there are too many', () => {
  const memory = new RouteMemory()
  for (let i = 0; i < REMEMBERED_ROUTES; i++) memory.learn(String(i), route, i)
  memory.learn('0', route, REMEMBERED_ROUTES)
  memory.learn('more', route, REMEMBERED_ROUTES)
  expect(memory.size).toBe(REMEMBERED_ROUTES)
  expect(memory.recall('0', REMEMBERED_ROUTES)).toEqual(route)
  expect(memory.recall('1', REMEMBERED_ROUTES)).toBeUndefined()
})
