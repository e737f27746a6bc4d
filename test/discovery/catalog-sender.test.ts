import { setImmediate as nextTurn } from 'node:timers/promises'
import { describe, expect, it } from 'vitest'
import { type AnnouncedContent, CatalogSender } from '../../src/discovery/catalog-sender.ts'
import { encodeDirectorRequest } from '../../src/protocol/director-codec.ts'
import { DIRECTOR_WIRE_LIMITS } from '../../src/protocol/director-limits.ts'
import type { CatalogRequest } from '../../src/protocol/director-messages.ts'
import { VirtualScheduler } from '../virtual-scheduler.ts'

function contents(count: number, recordBytes = 200): AnnouncedContent[] {
  return Array.from({ length: count }, (_, index) => ({
    record: { name: `content-${index}`, rootHash: new Uint8Array(32) },
    recordBytes: new Uint8Array(recordBytes)
  }))
}

function names(frames: CatalogRequest[]): string[] {
  return frames.flatMap(frame => frame.put.map(item => item.name))
}

function sender(catalog: Iterable<AnnouncedContent>, takes: () => boolean = () => true) {
  const frames: CatalogRequest[] = []
  const send = (frame: CatalogRequest) => {
    frames.push(frame)
    return takes()
  }
  return { under: new CatalogSender(catalog, send, new VirtualScheduler()), frames }
}

describe('CatalogSender', () => {
  it('tells everything in frames that the director takes, then that it is complete', () => {
    const { under, frames } = sender(contents(5_000, 1_200))
    under.start()
    expect(names(frames)).toEqual(contents(5_000).map(({ record }) => record.name))
    expect(frames.map(frame => frame.complete).indexOf(true)).toBe(frames.length - 1)
    for (const frame of frames) {
      expect(encodeDirectorRequest(frame).byteLength).toBeLessThan(DIRECTOR_WIRE_LIMITS.maxRequestBytes)
      expect(frame.put.length).toBeLessThanOrEqual(DIRECTOR_WIRE_LIMITS.maxRecordsPerDelta)
    }
  })

  it('tells an empty catalog as complete', () => {
    const { under, frames } = sender([])
    under.start()
    expect(frames).toEqual([{ kind: 'catalog', put: [], remove: [], complete: true }])
  })

  it('sends no faster than the stream takes it, and changes only after the whole', () => {
    const { under, frames } = sender(contents(1_000, 1_000), () => false)
    under.start()
    under.add({ put: contents(1), remove: ['content-7'] })
    expect(frames).toHaveLength(1)
    const order: string[] = []
    for (let drains = 0; drains < 100; drains++) under.onDrain()
    for (const frame of frames)
      order.push(frame.complete ? 'complete' : frame.remove.length > 0 ? 'remove' : 'put')
    expect(order.slice(-4)).toEqual(['put', 'complete', 'remove', 'put'])
  })

  it('is stored once every frame was acknowledged', async () => {
    const { under, frames } = sender(contents(1_000, 1_000))
    under.start()
    expect(under.isStored).toBe(false)
    for (const _ of frames) under.onStored()
    expect(under.isStored).toBe(true)
    under.add({ remove: ['content-7'] })
    expect(under.isStored).toBe(false)
    await nextTurn()
    expect(under.isStored).toBe(false)
    under.onStored()
    expect(under.isStored).toBe(true)
  })

  it('gathers changes that come one by one, and tells the last of each content', async () => {
    const { under, frames } = sender([])
    under.start()
    for (const content of contents(2_000)) under.add({ put: [content] })
    under.add({ remove: ['content-7', 'content-8'] })
    under.add({ put: contents(8).slice(7) })
    expect(frames).toHaveLength(1)
    await nextTurn()
    const told = frames.slice(1)
    expect(told.flatMap(frame => frame.remove)).toEqual(['content-8'])
    expect(names(told).sort()).toEqual(
      contents(2_000)
        .map(({ record }) => record.name)
        .filter(name => name !== 'content-8')
        .sort()
    )
    expect(told.length).toBeLessThan(20)
  })
})
