import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { Directory, relayId, sourceId } from '../../bench/internet/directory.ts'
import { makeInternet, pick, roundTripMs } from '../../bench/internet/network.ts'
import { offerOf, RULES } from '../../bench/internet/rules.ts'
import { Run } from '../../bench/internet/run.ts'
import { type Flows, fairRates } from '../../bench/internet/shares.ts'
import { estimateOf, quantilesOf } from '../../bench/internet/summary.ts'
import { DIRECTOR_LIMITS } from '../../src/director/limits.ts'
import { createRandom } from '../../src/simulation/index.ts'

const SIZE = { relays: 200, clients: 400, demand: 0.6 }

/** Flows over links, each for so many like ones. */
function flowsOf(ways: readonly (readonly number[])[], weights = ways.map(() => 1)): Flows {
  const starts = [0]
  for (const way of ways) starts.push(starts.at(-1)! + way.length)
  return {
    count: ways.length,
    weights: Float64Array.from(weights),
    starts: Int32Array.from(starts),
    links: Int32Array.from(ways.flat())
  }
}

describe('fair rates', () => {
  it('share a link evenly, and give to some what others cannot use', () => {
    const rates = fairRates(flowsOf([[0], [0], [0, 1]]), Float64Array.of(10, 2))
    expect([...rates]).toEqual([4, 4, 2])
  })

  it('are those of one of the flows for which each stands', () => {
    expect([...fairRates(flowsOf([[0], [0]], [3, 1]), Float64Array.of(8))]).toEqual([2, 2])
  })

  it('are nothing over a link that carries nothing', () => {
    expect([...fairRates(flowsOf([[0, 1], [1]]), Float64Array.of(0, 6))]).toEqual([0, 6])
  })

  it('fill no link beyond its capacity, and hold back no flow but at a full link where none is faster', () => {
    const way = fc.uniqueArray(fc.nat({ max: 5 }), { minLength: 1, maxLength: 3 })
    const capacities = fc.array(fc.integer({ min: 1, max: 50 }), { minLength: 6, maxLength: 6 })
    fc.assert(
      fc.property(fc.array(way, { minLength: 1, maxLength: 12 }), capacities, (ways, limits) => {
        const rates = fairRates(flowsOf(ways), Float64Array.from(limits))
        const over = (link: number) =>
          ways.flatMap((some, flow) => (some.includes(link) ? [rates[flow]!] : []))
        const used = limits.map((_, link) => over(link).reduce((sum, rate) => sum + rate, 0))
        for (const [link, limit] of limits.entries()) expect(used[link]).toBeLessThanOrEqual(limit * 1.000001)
        ways.forEach((links, flow) => {
          const isHeldBack = links.some(
            link =>
              used[link]! >= limits[link]! * 0.999999 && rates[flow]! >= Math.max(...over(link)) * 0.999999
          )
          expect(isHeldBack).toBe(true)
        })
      })
    )
  })
})

describe('the internet of a seed', () => {
  it('is always the same, and another one than that of another seed', () => {
    expect(makeInternet(3, SIZE)).toEqual(makeInternet(3, SIZE))
    expect(makeInternet(3, SIZE).relayRates).not.toEqual(makeInternet(4, SIZE).relayRates)
  })

  it('has relays that could carry what the clients want in parts of the demand, most of it by few of them', () => {
    const { relayRates } = makeInternet(3, { ...SIZE, relays: 2_000 })
    const sorted = [...relayRates].sort((a, b) => b - a)
    const sum = (some: number[]) => some.reduce((all, rate) => all + rate, 0)
    expect(sum(sorted)).toBeCloseTo((400 * (0.4 * 2e6 + 0.4 * 6e6 + 0.2 * 12e6)) / 0.6, -3)
    expect(sum(sorted.slice(0, 200)) / sum(sorted)).toBeGreaterThan(0.4)
    expect(sum(sorted.slice(0, 200)) / sum(sorted)).toBeLessThan(0.65)
  })

  it('gives all addresses once, and holders to all contents', () => {
    const { relayAddresses, contents, popularity, sourceRates } = makeInternet(5, SIZE)
    expect(new Set(relayAddresses).size).toBe(SIZE.relays)
    expect(contents.reduce((sum, { holders }) => sum + holders, 0)).toBe(sourceRates.length)
    expect(popularity.at(-1)).toBeCloseTo(1)
    expect(pick(popularity, 0)).toBe(0)
    expect(pick(popularity, 0.999_999)).toBe(contents.length - 1)
  })
})

describe('a directory', () => {
  it('knows the round trips of the internet, and links each source to as many relays as a director names', () => {
    const internet = makeInternet(3, SIZE)
    const directory = new Directory(internet, 3)
    const linked = directory.linkedTo(sourceId(0))
    expect(linked).toHaveLength(DIRECTOR_LIMITS.maxNeighbors)
    const relay = Number(linked[0]!.slice('relay-'.length))
    const rttMs = roundTripMs(internet.sources, 0, internet.relays, relay)
    expect(directory.linkRttMs(sourceId(0), relayId(relay))).toBeCloseTo(rttMs)
    directory.offer = (_, all) => all.slice(0, 2)
    expect(directory.linkedTo(sourceId(0))).toEqual(linked.slice(0, 2))
    expect(directory.linkedTo(relayId(0)).length).toBeGreaterThan(2)
  })
})

describe('the rules', () => {
  it('offer as many links as they are meant to, and the freest where that is the rule', () => {
    const directory = new Directory(makeInternet(3, SIZE), 3)
    const linked = directory.linkedTo(sourceId(0))
    const offers = RULES.map(rule => [
      rule.name,
      offerOf(rule, directory, 2, createRandom(1))?.(sourceId(0), linked)
    ])
    const { places, director, ...rest } = Object.fromEntries(offers) as Record<string, string[] | undefined>
    expect([places, director]).toEqual([undefined, undefined])
    expect(rest['by-rate']).toHaveLength(2)
    expect(rest['two-freer']).toHaveLength(2)
    const rateOf = (peerId: string) => directory.node(peerId)!.capacityBytesPerSecond!
    const fastest = linked.toSorted((a, b) => rateOf(b) - rateOf(a)).slice(0, 2)
    expect(rest['most-free']).toEqual(fastest)
    expect(rest.thinned).toHaveLength(linked.length)
  })
})

describe('a run', () => {
  const runOf = (name: string) => {
    const internet = makeInternet(2, SIZE)
    const rule = RULES.find(each => each.name === name)!
    return new Run(internet, new Directory(internet, 2), rule, { clients: 400, every: 4, seed: 2 }).run()
  }

  it('is the same for the same seed but for the time that it takes', () => {
    const timeless = () => {
      const { searchMs: _, seconds, ...rest } = runOf('director')
      return { ...rest, seconds: seconds.map(({ processor: __, ...second }) => second) }
    }
    expect(timeless()).toEqual(timeless())
  })

  it('gives clients no more than their lines take, and takes no more of relays than they have', () => {
    const { clientShares, utilisation, pairs, lost, seconds } = runOf('director')
    expect(Math.max(...clientShares)).toBeLessThanOrEqual(1.000001)
    expect(Math.max(...utilisation)).toBeLessThanOrEqual(1.000001)
    expect(pairs).toMatchObject({ sameRelay: 0, sameNetwork: 0 })
    expect(lost.relays.none + lost.relays.some + lost.relays.all).toBeCloseTo(1)
    expect(seconds.at(-1)!.withoutRoute).toBeLessThan(0.01)
  })
})

describe('an estimate', () => {
  it('has the mean within its interval, which is a point where all values are the same', () => {
    expect(estimateOf([2, 2, 2])).toEqual({ mean: 2, low: 2, high: 2 })
    const { mean, low, high } = estimateOf([1, 2, 3, 4, 10])
    expect(mean).toBe(4)
    expect(low).toBeLessThan(mean)
    expect(high).toBeGreaterThan(mean)
    expect(high).toBeLessThan(10)
  })

  it('tells a distribution by its hundredths', () => {
    const quantiles = quantilesOf(Array.from({ length: 201 }, (_, at) => 200 - at))
    expect([quantiles[0], quantiles[50], quantiles[100]]).toEqual([0, 100, 200])
  })
})
