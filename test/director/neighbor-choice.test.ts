import { describe, expect, it } from 'vitest'
import { chooseNeighbors, mayBeLinked, type Neighborly } from '../../src/director/neighbor-choice.ts'

function relay(peerId: string, neighbors?: string[]): Neighborly {
  return { peerId, role: 'relay', ...(neighbors ? { neighbors } : {}) }
}

function source(peerId: string): Neighborly {
  return { peerId, role: 'source' }
}

describe('mayBeLinked', () => {
  it('joins relays with relays and sources, never sources with each other or a node with itself', () => {
    expect(mayBeLinked(relay('a'), relay('b'))).toBe(true)
    expect(mayBeLinked(relay('a'), source('s'))).toBe(true)
    expect(mayBeLinked(source('s'), source('t'))).toBe(false)
    expect(mayBeLinked(relay('a'), relay('a'))).toBe(false)
  })

  it('holds to a list of neighbours, from whichever end it comes', () => {
    expect(mayBeLinked(relay('a', ['b']), relay('b'))).toBe(true)
    expect(mayBeLinked(relay('b'), relay('a', ['b']))).toBe(true)
    expect(mayBeLinked(relay('a', ['b']), relay('c'))).toBe(false)
    expect(mayBeLinked(relay('a', ['b']), relay('c', ['a']))).toBe(true)
    expect(mayBeLinked(relay('a', []), relay('b'))).toBe(false)
  })
})

describe('chooseNeighbors', () => {
  it('takes all that there are up to the limit', () => {
    const nodes = [relay('a'), relay('b'), source('s')]
    expect(chooseNeighbors(relay('a'), nodes, 2).map(node => node.peerId)).toEqual(['b', 's'])
  })

  it('takes relays before sources when there are too many', () => {
    const nodes = [source('s'), source('t'), relay('b'), relay('c'), relay('d')]
    const chosen = chooseNeighbors(relay('a'), nodes, 4)
    expect(chosen.filter(node => node.role === 'relay')).toHaveLength(3)
    expect(chosen).toHaveLength(4)
  })

  it('spreads links over all nodes and mostly chooses both ways', () => {
    const nodes = Array.from({ length: 200 }, (_, index) => relay(`relay-${index}`))
    const chosen = new Map(
      nodes.map(node => [node.peerId, new Set(chooseNeighbors(node, nodes, 16).map(other => other.peerId))])
    )
    const times = nodes.map(({ peerId }) => [...chosen.values()].filter(others => others.has(peerId)).length)
    expect(Math.min(...times)).toBeGreaterThan(0)
    expect(Math.max(...times)).toBeLessThan(60)
    let mutual = 0
    for (const [from, others] of chosen) for (const to of others) if (chosen.get(to)!.has(from)) mutual++
    expect(mutual / (200 * 16)).toBeGreaterThan(0.5)
  })
})
