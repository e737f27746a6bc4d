import { readFileSync } from 'node:fs'
import { describe, expect, test } from 'vitest'
import { type DesignError, parseDesign } from '../../../src/lab/design/design.ts'
import { pointsOf } from '../../../src/lab/design/points.ts'
import { allTransfers, scenariosOf } from '../../../src/lab/design/transfers.ts'
import { parseTopology } from '../../../src/topology/topology.ts'

const ready = (name: string) =>
  parseDesign(readFileSync(new URL(`../../../topology/designs/${name}.yaml`, import.meta.url), 'utf8'), name)

function parsed(paths: string, design: string, more = '') {
  return parseDesign(`name: d\npaths: ${paths}\ndesign: ${design}\nsize: 1MB\n${more}`, 'd.yaml')
}

const faultsOf = (...design: Parameters<typeof parsed>) => {
  try {
    parsed(...design)
  } catch (error) {
    return (error as DesignError).problems.map(({ path, message }) => `${path}: ${message}`)
  }
  return []
}

describe('points of a design', () => {
  test('a grid has all combinations, of lists and of ranges in steps', () => {
    const { paths, plan } = parsed(
      '[{capacity: [8mbit, 16mbit], roundTrip: 10ms}, {capacity: {from: 8mbit, to: 800mbit, scale: log, steps: 3}}]',
      '{kind: grid}'
    )
    const rates = pointsOf({ paths, plan }).map(point =>
      point.map(({ capacityBytesPerSecond }) => Math.round(capacityBytesPerSecond / 1e6))
    )
    expect(rates).toEqual([
      [1, 1],
      [1, 10],
      [1, 100],
      [2, 1],
      [2, 10],
      [2, 100]
    ])
    expect(pointsOf({ paths, plan })[0]![0]!.roundTripMs).toBe(10)
  })

  test('a list takes the values of all lists in step', () => {
    const design = parsed('[{capacity: [8mbit, 16mbit], roundTrip: [10ms, 150ms]}]', '{kind: list}')
    expect(pointsOf(design).map(([path]) => [path!.capacityBytesPerSecond, path!.roundTripMs])).toEqual([
      [1e6, 10],
      [2e6, 150]
    ])
  })

  test('a Latin hypercube keeps within its ranges, on a scale of logarithms too', () => {
    const design = parsed(
      '[{count: 2, capacity: {from: 1mbit, to: 100mbit, scale: log}, loss: {from: 0%, to: 2.5%}}]',
      '{kind: latin, points: 50}'
    )
    const paths = pointsOf(design).flat()
    expect(paths).toHaveLength(100)
    expect(paths.every(({ loss }) => loss >= 0 && loss < 0.025)).toBe(true)
    const low = paths.filter(({ capacityBytesPerSecond }) => capacityBytesPerSecond < 10e6 / 8)
    expect(low).toHaveLength(50)
  })

  test('faults are told with their place', () => {
    expect(faultsOf('[{capacity: {from: 2mbit, to: 1mbit}}]', '{kind: wsp, points: 3}')).toEqual([
      'paths.0.capacity: must have its lower end first'
    ])
    expect(faultsOf('[{capacity: {from: 1mbit, to: 2mbit}}]', '{kind: grid}')).toEqual([
      'paths.0.capacity: needs steps in a grid'
    ])
    expect(faultsOf('[{capacity: [1mbit, 2mbit], loss: [1%]}]', '{kind: list}')).toEqual([
      'paths: all lists must have the same length'
    ])
    expect(faultsOf('[{capacity: 5}]', '{kind: list}')[0]).toContain('paths.0.capacity: must be a rate')
  })
})

describe('the ready designs', () => {
  const names = ['low-bdp-clean', 'low-bdp-loss', 'high-bdp-clean', 'high-bdp-loss']

  test('are one design in eight dimensions, scaled to each class', () => {
    const classes = names.map(name => pointsOf(ready(name)))
    const [low, lowLoss, high, highLoss] = classes as [(typeof classes)[0], ...(typeof classes)[0][]]
    for (const points of classes) expect(points).toHaveLength(253)
    for (const [index, [first]] of low.entries()) {
      expect(high![index]![0]!.capacityBytesPerSecond).toBe(first!.capacityBytesPerSecond)
      expect(high![index]![0]!.roundTripMs).toBeCloseTo(8 * first!.roundTripMs, 9)
      expect(high![index]![0]!.queueingMs).toBeCloseTo(20 * first!.queueingMs, 9)
      expect(first!.loss).toBe(0)
      expect(highLoss![index]![0]!.loss).toBe(lowLoss![index]![0]!.loss)
    }
    expect(Math.max(...lowLoss!.flat().map(({ loss }) => loss))).toBeGreaterThan(0.024)
  })

  test('have 506 runs, with transfers over one path in common', () => {
    const design = ready('low-bdp-loss')
    const choice = { means: ['anabranch'] as const, isSimulated: true }
    const scenarios = scenariosOf(design, choice)
    expect(scenarios).toHaveLength(506)
    expect(scenarios.slice(0, 2).map(({ order }) => order)).toEqual([
      [1, 2],
      [2, 1]
    ])
    const transfers = allTransfers(design, scenarios, true)
    expect(transfers).toHaveLength(3 * (506 + 506))
    expect(new Set(transfers.map(({ key }) => key)).size).toBe(transfers.length)
    const clean = ready('low-bdp-clean')
    expect(allTransfers(clean, scenariosOf(clean, choice), true)).toHaveLength(506 + 506)
    expect(scenariosOf(design, { ...choice, every: 8 })).toHaveLength(64)
  })
})

describe('the topology of a transfer', () => {
  const design = parsed(
    '[{capacity: 80mbit, roundTrip: 20ms, queueing: 30ms, loss: 1%}, {capacity: 8mbit, roundTrip: 200ms}]',
    '{kind: list}',
    'order: each\nlongestAlone: 1s\nmemory: 8MiB\npolicy: fixed\nsegmentSize: 64KiB'
  )
  const scenarios = scenariosOf(design, { means: ['anabranch'], isSimulated: false })
  const transfers = allTransfers(design, scenarios, false)
  const topologyOf = (used: string) =>
    parseTopology(transfers.find(({ paths }) => paths.join() === used)!.topology, 'point.yaml')

  test('has a queue of the bandwidth-delay product and rate x queueing delay', () => {
    const [, link] = topologyOf('1,2').links
    expect(link!.down).toMatchObject({ rateBytesPerSecond: 10e6, delayMs: 10, loss: 0.01 })
    // 10 MB/s x (20 + 30 ms) is 500 kB, in packets of 1514 bytes.
    expect(link!.down.queueBytes).toBe(331 * 1514)
    expect(topologyOf('1,2').segmentBytes).toBe(64 * 1024)
    expect(topologyOf('1,2').client).toMatchObject({ policy: 'fixed', args: ['--memory', '8388608B'] })
  })

  test('has the first path first, and the same round trips whatever the order is', () => {
    for (const [used, roundTrips] of [
      ['1,2', [20, 200]],
      ['2,1', [200, 20]]
    ] as const) {
      const { links } = topologyOf(used)
      const delays = [0, 2].map(first => 2 * (links[first]!.down.delayMs + links[first + 1]!.down.delayMs))
      expect(delays).toEqual(roundTrips)
      expect([links[0]!.down.delayMs, links[2]!.down.delayMs]).toEqual([0, 1])
    }
  })

  test('of a slow path alone carries as much as fits into the longest time', () => {
    expect(topologyOf('1').contentBytes).toBe(1_000_000)
    expect(topologyOf('2').contentBytes).toBe(Math.ceil((1e6 * 1448) / 1514))
    expect(topologyOf('2').links).toHaveLength(3)
  })
})
