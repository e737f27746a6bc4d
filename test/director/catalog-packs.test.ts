import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { CatalogPacks } from '../../src/director/catalog-packs.ts'
import type { ToldEntry } from '../../src/director/registry-change.ts'
import { SHARED } from '../../src/director/shared-limits.ts'
import { encodePack } from '../../src/director/shared-values.ts'

function entry(name: string, record = `record of ${name}`): ToldEntry {
  return { name, rootHash: '00'.repeat(32), record }
}

function packsOf(packs: CatalogPacks): string[][] {
  return Array.from(packs.numbers(), number => packs.entries(number).map(({ name }) => name))
}

describe('CatalogPacks', () => {
  it('puts as many contents into a pack as it may have, and changes one pack for one content', () => {
    const packs = new CatalogPacks()
    for (let i = 0; i <= SHARED.maxPackEntries; i++) packs.put(entry(`n${i}`))
    expect(packsOf(packs).map(names => names.length)).toEqual([SHARED.maxPackEntries, 1])
    expect(packs.put(entry('n3', 'another record'))).toEqual([0])
    expect(packs.put(entry('n3', 'another record'))).toEqual([])
    expect(packs.remove('n3')).toEqual([0])
    expect(packs.remove('n3')).toEqual([])
    expect(packs.put(entry('new'))).toEqual([0])
  })

  it('forgets what a source that tells all anew did not repeat', () => {
    const packs = new CatalogPacks()
    for (const name of ['a', 'b']) packs.put(entry(name))
    packs.begin()
    expect(packs.put(entry('b'))).toEqual([])
    expect(packs.complete()).toEqual([0])
    expect(packsOf(packs)).toEqual([['b']])
    packs.begin()
    expect(packs.complete()).toEqual([0])
    expect(packsOf(packs)).toEqual([])
  })

  it('keeps within the bytes that a value may have, whatever the records', () => {
    const step = fc.record({
      name: fc.string({ minLength: 1, maxLength: 200, unit: 'binary' }),
      length: fc.nat(4_096),
      isGone: fc.boolean()
    })
    fc.assert(
      fc.property(fc.array(step, { maxLength: 200 }), steps => {
        const packs = new CatalogPacks()
        const held = new Set<string>()
        for (const { name, length, isGone } of steps) {
          if (isGone) packs.remove(name)
          else packs.put(entry(name, '\u00ff'.repeat(length)))
          if (isGone) held.delete(name)
          else held.add(name)
        }
        const all = [...packs.numbers()].map(number => packs.entries(number))
        expect(new Set(all.flat().map(({ name }) => name))).toEqual(held)
        expect(all.flat().length).toBe(held.size)
        for (const entries of all) expect(encodePack(entries).length).toBeLessThan(2 * SHARED.maxPackBytes)
      })
    )
  })
})
