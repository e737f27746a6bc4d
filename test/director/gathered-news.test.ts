import { describe, expect, it } from 'vitest'
import { GatheredNews } from '../../src/director/gathered-news.ts'
import { VirtualScheduler } from '../virtual-scheduler.ts'

function set() {
  const clock = new VirtualScheduler()
  const told: number[] = []
  return { clock, told, news: new GatheredNews(clock, 250, () => told.push(clock.nowMs())) }
}

describe('GatheredNews', () => {
  it('tells the first few at once, and all further ones together', () => {
    const { clock, told, news } = set()
    for (let each = 0; each < 30; each++) news.add()
    expect(told).toEqual([0, 0, 0, 0])
    clock.advance(1_000)
    expect(told).toEqual([0, 0, 0, 0, 250])
  })

  it('tells at once again after a rest', () => {
    const { clock, told, news } = set()
    for (let each = 0; each < 30; each++) news.add()
    clock.advance(1_000)
    news.add()
    expect(told.at(-1)).toBe(1_000)
  })

  it('tells what is gathered when somebody needs it, and nothing twice', () => {
    const { clock, told, news } = set()
    for (let each = 0; each < 5; each++) news.add()
    clock.advance(10)
    news.tellNow()
    news.tellNow()
    clock.advance(1_000)
    expect(told).toEqual([0, 0, 0, 0, 10])
  })

  it('tells nothing once it is stopped', () => {
    const { clock, told, news } = set()
    for (let each = 0; each < 5; each++) news.add()
    news.stop()
    clock.advance(1_000)
    expect(told).toHaveLength(4)
  })
})
