import { createRandom, type Random } from '../../src/simulation/index.ts'

/** A made-up internet. Places in it are indexes; rates are bytes a second. */
export interface Internet {
  relays: Hosts
  /** By relay: the autonomous system that it stands in. */
  relaySystems: Int32Array
  relayAddresses: string[]
  relayRates: Float64Array
  sources: Hosts
  sourceRates: Float64Array
  sourceAddresses: string[]
  /** By content: the sources that hold it, the first of them and how many. */
  contents: { firstSource: number; holders: number }[]
  /** By content: the share of clients that ask for it or for one before it. */
  popularity: Float64Array
}

/** Where hosts stand: five coordinates each, and the delay of their access line, in milliseconds. */
export interface Hosts {
  places: Float64Array
  accessMs: Float64Array
}

/** What a client's access line brings, in bytes a second, and how many of all clients have it. */
export const ACCESS_CLASSES = [
  { name: 'DSL', rate: 2e6, share: 0.4 },
  { name: 'cable', rate: 6e6, share: 0.4 },
  { name: 'fibre', rate: 12e6, share: 0.2 }
] as const

export interface InternetSize {
  relays: number
  clients: number
  /** What all clients' access lines could take, in parts of what all relays could carry. */
  demand: number
}

const DIMENSIONS = 5
const REGIONS = 12
/** Milliseconds: the spread of regions, and of the hosts of one. */
const REGION_SPREAD_MS = 45
const HOST_SPREAD_MS = 6
const RELAYS_PER_SYSTEM = 20
const RELAYS_PER_SOURCE = 10
/** Of the logarithm of a relay's rate: the best tenth of all then have about half of the whole rate. */
const RATE_SIGMA = 1.4
/** A relay carries between so many times less and more than the median one. */
const MOST_OVER_MEDIAN = 60
const MOST_HOLDERS = 3
/** What a source's uplink has beyond what its clients want on average. */
const UPLINK_MARGIN = 1.5

/** Makes the internet of a seed. */
export function makeInternet(seed: number, { relays, clients, demand }: InternetSize): Internet {
  const random = createRandom(seed)
  const centers = Float64Array.from({ length: REGIONS * DIMENSIONS }, () => REGION_SPREAD_MS * normal(random))
  const systems = Math.max(8, Math.round(relays / RELAYS_PER_SYSTEM))
  const regionOfSystem = Int32Array.from({ length: systems }, () => Math.floor(random() * REGIONS))
  const systemShares = cumulative(Float64Array.from({ length: systems }, (_, at) => 1 / (at + 1) ** 0.9))
  const relaySystems = Int32Array.from({ length: relays }, () => pick(systemShares, random()))
  const wanted = meanAccess() * clients
  const relayRates = scaledTo(
    wanted / demand,
    Float64Array.from({ length: relays }, () => boundedRate(random))
  )
  const sources = Math.max(2, Math.round(relays / RELAYS_PER_SOURCE))
  const contents = makeContents(sources, random)
  const weights = Float64Array.from(contents, ({ holders }) => holders * Math.exp(0.5 * normal(random)))
  const popularity = cumulative(weights)
  const sourceRates = new Float64Array(sources)
  contents.forEach(({ firstSource, holders }, at) => {
    const share = popularity[at]! - (popularity[at - 1] ?? 0)
    for (let source = firstSource; source < firstSource + holders; source++)
      sourceRates[source] = (UPLINK_MARGIN * wanted * share * Math.exp(0.3 * normal(random))) / holders
  })
  return {
    relays: placed(relays, at => regionOfSystem[relaySystems[at]!]!, 4, centers, random),
    relaySystems,
    relayAddresses: addressesIn(relaySystems, random),
    relayRates,
    sources: placed(sources, () => Math.floor(random() * REGIONS), 8, centers, random),
    sourceRates,
    sourceAddresses: Array.from(
      { length: sources },
      (_, at) => `/ip4/${198}.${51 + (at >> 16)}.${(at >> 8) & 255}.${at & 255}/tcp/1`
    ),
    contents,
    popularity
  }
}

/** The round trip between two hosts, in milliseconds. */
export function roundTripMs(a: Hosts, at: number, b: Hosts, other: number): number {
  let squares = 0
  for (let axis = 0; axis < DIMENSIONS; axis++)
    squares += (a.places[at * DIMENSIONS + axis]! - b.places[other * DIMENSIONS + axis]!) ** 2
  return Math.sqrt(squares) + a.accessMs[at]! + b.accessMs[other]!
}

/** The first place of a rising list of shares that is not below a value. */
export function pick(shares: Float64Array, value: number): number {
  let low = 0
  let high = shares.length - 1
  while (low < high) {
    const middle = (low + high) >> 1
    if (shares[middle]! <= value) low = middle + 1
    else high = middle
  }
  return low
}

function makeContents(sources: number, random: Random): Internet['contents'] {
  const contents: Internet['contents'] = []
  for (let first = 0; first < sources; ) {
    const holders = Math.min(1 + Math.floor(random() * MOST_HOLDERS), sources - first)
    contents.push({ firstSource: first, holders })
    first += holders
  }
  return contents
}

function placed(
  count: number,
  regionOf: (at: number) => number,
  accessMs: number,
  centers: Float64Array,
  random: Random
): Hosts {
  const places = new Float64Array(count * DIMENSIONS)
  for (let at = 0; at < count; at++) {
    const region = regionOf(at)
    for (let axis = 0; axis < DIMENSIONS; axis++)
      places[at * DIMENSIONS + axis] = centers[region * DIMENSIONS + axis]! + HOST_SPREAD_MS * normal(random)
  }
  return {
    places,
    accessMs: Float64Array.from({ length: count }, () => accessMs * Math.exp(0.6 * normal(random)))
  }
}

/** One relay in three stands in a network of 256 addresses with another one before it of the same system. */
function addressesIn(systems: Int32Array, random: Random): string[] {
  const last = new Map<number, { network: number; host: number }>()
  let networks = 0
  return Array.from(systems, system => {
    const known = last.get(system)
    const at =
      known && known.host < 250 && random() < 1 / 3
        ? { ...known, host: known.host + 1 }
        : { network: networks++, host: 1 }
    last.set(system, at)
    return `/ip4/${20 + (at.network >> 16)}.${(at.network >> 8) & 255}.${at.network & 255}.${at.host}/tcp/1`
  })
}

function boundedRate(random: Random): number {
  return Math.min(MOST_OVER_MEDIAN, Math.max(1 / MOST_OVER_MEDIAN, Math.exp(RATE_SIGMA * normal(random))))
}

function scaledTo(total: number, values: Float64Array): Float64Array {
  const sum = values.reduce((all, value) => all + value, 0)
  return values.map(value => (value * total) / sum)
}

function meanAccess(): number {
  return ACCESS_CLASSES.reduce((sum, { rate, share }) => sum + rate * share, 0)
}

function cumulative(weights: Float64Array): Float64Array {
  const total = weights.reduce((sum, weight) => sum + weight, 0)
  let sum = 0
  return weights.map(weight => {
    sum += weight
    return sum / total
  })
}

/** Of the normal distribution, by Box and Muller. */
function normal(random: Random): number {
  return Math.sqrt(-2 * Math.log(1 - random())) * Math.cos(2 * Math.PI * random())
}
