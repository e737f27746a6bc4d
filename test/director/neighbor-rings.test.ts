import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import type { Placed } from '../../src/director/neighbor-choice.ts'
import { NeighborRings } from '../../src/director/neighbor-rings.ts'
import { ROUTE_PROTOCOL } from '../../src/protocol/route-codec.ts'

function nodeOf(at: number, more: Partial<Placed> = {}): Placed {
  return { peerId: `node-${at}`, role: 'relay', routeProtocol: ROUTE_PROTOCOL, ...more }
}

function ringsOf(nodes: readonly Placed[], limit: number): NeighborRings {
  const rings = new NeighborRings(limit)
  for (const node of nodes) rings.put(node, true)
  return rings
}

describe('NeighborRings', () => {
  it('has everybody choose among all while these are few', () => {
    const nodes = Array.from({ length: 100 }, (_, at) => nodeOf(at))
    const rings = ringsOf(nodes, 32)
    expect(rings.candidatesOf(nodes[0]!)).toBeUndefined()
    expect(rings.choosersAround('node-0')).toBeUndefined()
  })

  it('has a node choose among as few of 5,000 as of 500, and more than it can take', () => {
    for (const count of [500, 5_000]) {
      const nodes = Array.from({ length: count }, (_, at) => nodeOf(at))
      const rings = ringsOf(nodes, 32)
      const { size } = rings.candidatesOf(nodes[7]!)!
      expect(size).toBeGreaterThan(48)
      expect(size).toBeLessThan(80)
      expect(rings.choosersAround('node-7')!.size).toBeLessThan(100)
    }
  })

  it('brings nodes of many networks though most are of one', () => {
    const crowd = Array.from({ length: 2_000 }, (_, at) => nodeOf(at, { network: '5.9.1.0/24' }))
    const honest = Array.from({ length: 300 }, (_, at) => nodeOf(2_000 + at, { network: `8.1.${at}.0/24` }))
    const rings = ringsOf([...crowd, ...honest], 32)
    for (const of of [crowd[5]!, honest[5]!]) {
      const found = [...rings.candidatesOf(of)!].filter(peerId => Number(peerId.slice(5)) >= 2_000)
      expect(found.length).toBeGreaterThan(32)
    }
  })

  it('brings as many as a node can take also where all are of one network', () => {
    const nodes = Array.from({ length: 1_000 }, (_, at) => nodeOf(at, { host: '10.0.0.7' }))
    expect(ringsOf(nodes, 32).candidatesOf(nodes[3]!)!.size).toBeGreaterThan(32)
  })

  it('brings those whom a node names, and who name it, and nobody else to a node that names any', () => {
    const nodes = Array.from({ length: 400 }, (_, at) => nodeOf(at))
    const picky = nodeOf(400, { neighbors: ['node-3'] })
    const rings = ringsOf([...nodes, picky], 32)
    expect(rings.candidatesOf(picky)).toEqual(new Set(['node-3']))
    expect(rings.candidatesOf(nodes[3]!)).toContain('node-400')
    expect(rings.choosersAround('node-400')).toEqual(new Set(['node-400', 'node-3']))
    rings.remove('node-400')
    expect(rings.candidatesOf(nodes[3]!)).not.toContain('node-400')
  })

  it('names for each node all who may choose it, whatever networks and roles there are', () => {
    const kinds = fc.record({
      crowds: fc.integer({ min: 1, max: 400 }),
      sources: fc.integer({ min: 0, max: 100 }),
      hidden: fc.integer({ min: 0, max: 50 }),
      limit: fc.integer({ min: 1, max: 40 })
    })
    fc.assert(
      fc.property(kinds, ({ crowds, sources, hidden, limit }) => {
        const nodes = Array.from({ length: 420 }, (_, at) =>
          nodeOf(at, { role: at < sources ? 'source' : 'relay', network: `net-${(at * 7) % crowds}` })
        )
        const rings = new NeighborRings(limit)
        for (const [at, node] of nodes.entries()) rings.put(node, at >= hidden)
        const candidates = new Map(nodes.map(node => [node.peerId, rings.candidatesOf(node)!]))
        for (const { peerId } of nodes.slice(hidden).filter((_, at) => at % 20 === 0)) {
          const around = rings.choosersAround(peerId)!
          for (const [chooser, among] of candidates) if (among.has(peerId)) expect(around).toContain(chooser)
        }
      }),
      { numRuns: 30 }
    )
  })
})
