import { describe, expect, test } from 'vitest'
import { disjointPaths, legsAlong, neighborsOf, wayBetween } from '../../src/topology/paths.ts'
import type { Topology } from '../../src/topology/topology.ts'
import { behindRouter, parallelRoutes } from '../lab/fixtures.ts'

const namesOf = (topology: Topology, legs: { link: number }[][]) =>
  legs.map(leg => leg.map(({ link }) => topology.links[link]!.endpoints.join('-')))

describe('paths of the overlay', () => {
  test('the quickest comes first and the director carries nothing', () => {
    const topology = parallelRoutes(['delay: 20ms', 'delay: 5ms'])
    expect(disjointPaths(topology).map(path => [path.nodes.join('-'), path.delayMs])).toEqual([
      ['src-r2-cli', 10],
      ['src-r1-cli', 40]
    ])
  })

  test('pass routers unseen, which several of them may share', () => {
    const topology = behindRouter()
    const paths = disjointPaths(topology)
    expect(paths.map(path => [path.nodes.join('-'), path.delayMs])).toEqual([
      ['src-r1-cli', 19],
      ['src-r2-cli', 20],
      ['src-r3-cli', 20]
    ])
    expect(namesOf(topology, paths[0]!.legs)).toEqual([['src-hub', 'hub-r1'], ['r1-cli']])
    expect(namesOf(topology, legsAlong(topology, ['r1', 'r2']))).toEqual([['hub-r1', 'hub-r2']])
    expect(legsAlong(topology, ['r1', 'r2'])[0]!.map(({ direction }) => direction)).toEqual(['up', 'down'])
  })

  test('nodes are neighbours over links and routers, not over relays', () => {
    const topology = behindRouter()
    expect(neighborsOf(topology, 'src').toSorted()).toEqual(['r1', 'r2', 'r3'])
    expect(neighborsOf(topology, 'r1').toSorted()).toEqual(['r2', 'src'])
    expect(neighborsOf(topology, 'r3')).toEqual(['src'])
    expect(neighborsOf(topology, 'cli').toSorted()).toEqual(['r1', 'r2', 'r3'])
  })
})

describe('ways of packets', () => {
  test('to a neighbour lead over no relay, though one would be quicker', () => {
    const topology = behindRouter()
    topology.links[5]!.down.delayMs = 200
    expect(wayBetween(topology, 'src', 'r3')!.nodes).toEqual(['src', 'r3'])
    expect(wayBetween(topology, 'src', 'r2')!.nodes).toEqual(['src', 'hub', 'r2'])
  })

  test('to others are the quickest, and of equally quick ones the one with fewer hops', () => {
    expect(wayBetween(behindRouter(), 'r1', 'r3')!.nodes).toEqual(['r1', 'cli', 'r3'])
    expect(wayBetween(parallelRoutes(['delay: 5ms', 'delay: 6ms']), 'r1', 'dir')!.nodes).toEqual([
      'r1',
      'cli',
      'dir'
    ])
    const topology = behindRouter()
    for (const link of topology.links) for (const way of [link.down, link.up]) way.delayMs = 0
    expect(wayBetween(topology, 'src', 'cli')!.nodes).toEqual(['src', 'r3', 'cli'])
  })

  test('there is none along links that are not there', () => {
    const topology = { ...behindRouter(), links: [] }
    expect(wayBetween(topology, 'src', 'cli')).toBeUndefined()
  })
})
