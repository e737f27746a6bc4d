import { describe, expect, it } from 'vitest'
import { FetchQueue } from '../../src/client/fetch-queue.ts'

const COMPANY_BYTES = 1_000
function begun(queue: FetchQueue): number[] {
  const places: number[] = []
  for (let place = queue.begin(); place !== undefined; place = queue.begin()) places.push(place)
  return places
}

describe('the queue of many contents', () => {
  it('lets small ones go side by side, in their order, 16 at most', () => {
    const queue = new FetchQueue(
      Array.from({ length: 40 }, () => ({ sizeBytes: 1 })),
      COMPANY_BYTES
    )
    expect(begun(queue)).toEqual(Array.from({ length: 16 }, (_, at) => at))
    queue.end(3)
    queue.end(7)
    expect(begun(queue)).toEqual([16, 17])
  })

  it('lets a large one go alone until little of it is left', () => {
    const queue = new FetchQueue([{ sizeBytes: 5_000 }, { sizeBytes: 1 }], COMPANY_BYTES)
    expect(begun(queue)).toEqual([0])
    queue.progress(0, 1_000)
    expect(begun(queue)).toEqual([])
    queue.progress(0, 999)
    expect(begun(queue)).toEqual([1])
  })

  it('lets one go on whose size was not known while there is room, and puts others back in front', () => {
    const queue = new FetchQueue([{}, {}, {}], COMPANY_BYTES)
    expect(begun(queue)).toEqual([0, 1, 2])
    expect(queue.goesOn(1, 5_000)).toBe(true)
    expect(queue.goesOn(0, 5_000)).toBe(false)
    expect(queue.goesOn(2, 10)).toBe(false)
    expect(begun(queue)).toEqual([])
    queue.end(1)
    expect(begun(queue)).toEqual([2, 0])
    expect(queue.goesOn(0, 5_000)).toBe(true)
  })

  it('does not wait for one that nobody can deliver', () => {
    const queue = new FetchQueue([{ sizeBytes: 5_000 }, { sizeBytes: 1 }], COMPANY_BYTES)
    begun(queue)
    queue.progress(0, 0)
    expect(begun(queue)).toEqual([1])
  })
})
