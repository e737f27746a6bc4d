import { expect, it } from 'vitest'
import { SourceNews } from '../../src/client/source-news.ts'

it('of a fetch of several transfers is what has changed since the one before', () => {
  const news = new SourceNews('first')
  const isNews = (source: string, state: 'joined' | 'left') =>
    news.isNews({ event: 'source', source, state, reason: '', atMs: 0 })
  expect(isNews('first', 'joined')).toBe(false)
  expect(isNews('second', 'joined')).toBe(true)
  expect(isNews('second', 'joined')).toBe(false)
  expect(isNews('second', 'left')).toBe(true)
  expect(isNews('second', 'joined')).toBe(true)
  expect(isNews('first', 'left')).toBe(true)
  expect(news.isNews({ event: 'resumed', waitedMs: 1, atMs: 0 })).toBe(true)
})
