import { describe, expect, it } from 'vitest'
import { chooseNeighbors, mayBeLinked, type Neighborly } from '../../src/director/neighbor-choice.ts'
import { ROUTE_PROTOCOL } from '../../src/protocol/route-codec.ts'

function relay(peerId: string, neighbors?: string[]): Neighborly {
  return { peerId, role: 'relay', routeProtocol: ROUTE_PROTOCOL, ...(neighbors ? { neighbors } : {}) }
}

const nobody = () => false

function source(peerId: string): Neighborly {
  return { peerId, role: 'source', routeProtocol: ROUTE_PROTOCOL }
}

describe('mayBeLinked', () => {
  it('joins relays with relays and sources, never sources with each other or a node with itself', () => {
    expect(mayBeLinked(relay('a'), relay('b'))).toBe(true)
    expect(mayBeLinked(relay('a'), source('s'))).toBe(true)
    expect(mayBeLinked(source('s'), source('t'))).toBe(false)
    expect(mayBeLinked(relay('a'), relay('a'))).toBe(false)
  })

  it('joins no node that speaks another route protocol, or tells none', () => {
    const other = { ...relay('b'), routeProtocol: '/anabranch/route/99.0.0' }
    expect(mayBeLinked(relay('a'), other)).toBe(false)
    expect(mayBeLinked(other, relay('a', ['b']))).toBe(false)
    expect(mayBeLinked(other, { ...other, peerId: 'c' })).toBe(false)
    expect(mayBeLinked(source('s'), { peerId: 'a', role: 'relay' })).toBe(false)
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
    expect(chooseNeighbors(relay('a'), nodes, 2, nobody).map(node => node.peerId)).toEqual(['b', 's'])
  })

  it('takes relays before sources when there are too many', () => {
    const nodes = [source('s'), source('t'), relay('b'), relay('c'), relay('d')]
    const chosen = chooseNeighbors(relay('a'), nodes, 4, nobody)
    expect(chosen.filter(node => node.role === 'relay')).toHaveLength(3)
    expect(chosen).toHaveLength(4)
  })

  it('spreads links over all nodes and mostly chooses both ways', () => {
    const nodes = Array.from({ length: 200 }, (_, index) => relay(`relay-${index}`))
    const chosen = new Map(
      nodes.map(node => [
        node.peerId,
        new Set(chooseNeighbors(node, nodes, 16, nobody).map(other => other.peerId))
      ])
    )
    const times = nodes.map(({ peerId }) => [...chosen.values()].filter(others => others.has(peerId)).length)
    expect(Math.min(...times)).toBeGreaterThan(0)
    expect(Math.max(...times)).toBeLessThan(60)
    let mutual = 0
    for (const [from, others] of chosen) for (const to of others) if (chosen.get(to)!.has(from)) mutual++
    expect(mutual / (200 * 16)).toBeGreaterThan(0.5)
  })

  it('gives nodes of one network, or of one host, few places while others want them', () => {
    const honest = Array.from({ length: 300 }, (_, index) => ({
      ...relay(`relay-${index}`),
      network: `8.${index >> 8}.${index & 255}.0/24`
    }))
    for (const crowd of [{ network: '5.9.1.0/24' }, { host: '10.0.0.7' }]) {
      const sybils = Array.from({ length: 1_000 }, (_, index) => ({ ...relay(`sybil-${index}`), ...crowd }))
      for (const of of [source('s'), honest[0]!, sybils[0]!]) {
        const chosen = chooseNeighbors(of, [...sybils, ...honest], 32, nobody)
        expect(chosen).toHaveLength(32)
        expect(chosen.filter(({ peerId }) => peerId.startsWith('sybil')).length).toBeLessThanOrEqual(4)
      }
      expect(chooseNeighbors(source('s'), [...sybils, ...honest.slice(0, 5)], 32, nobody)).toHaveLength(32)
    }
  })

  it('keeps those that are to be kept, up to half of the places, when newcomers would rank before them', () => {
    const old = Array.from({ length: 20 }, (_, index) => relay(`old-${index}`))
    const fresh = Array.from({ length: 2_000 }, (_, index) => relay(`new-${index}`))
    const isKept = (peerId: string) => peerId.startsWith('old')
    const chosen = chooseNeighbors(relay('a'), [...fresh, ...old], 32, isKept)
    expect(chosen.filter(({ peerId }) => isKept(peerId)).length).toBeGreaterThanOrEqual(16)
    expect(chosen).toHaveLength(32)
    expect(chosen.filter(({ peerId }) => !isKept(peerId)).length).toBeGreaterThan(10)
  })
})
