import type { Registry } from '../../src/director/registry.ts'
import type { Random } from '../../src/simulation/index.ts'
import type { Offer } from './directory.ts'

/** What a relay tells of its load: the share of its places for routes, or the rate that a further route would not get. */
export type LoadReport = 'sessions' | 'rate'

/** One way to choose among the relays of a source. */
export interface Rule {
  name: string
  label: string
  report: LoadReport
  /** True where the director draws by the client's host, as it does. */
  draws: boolean
  /** Chooses some of a source's links for a client that wants so many routes to this source. */
  choose?: (links: Candidate[], routes: number, random: Random) => Candidate[]
}

export interface Candidate {
  peerId: string
  /** Bytes a second that it has in all, and that a further route would get as far as it has told. */
  rate: number
  free: number
}

/** Rules without `choose` leave the choice to the director, which takes the cheapest routes. */
export const RULES: readonly Rule[] = [
  { name: 'places', label: 'before: cheapest, load by places', report: 'sessions', draws: false },
  { name: 'cheapest', label: 'cheapest, load by rate', report: 'rate', draws: false },
  {
    ...{ name: 'most-free', label: 'most free rate', report: 'rate', draws: false },
    choose: (links, routes) => links.toSorted((a, b) => b.free - a.free).slice(0, routes)
  },
  {
    ...{ name: 'by-rate', label: 'drawn by rate', report: 'rate', draws: false },
    choose: (links, routes, random) => drawn(links, routes, ({ rate }) => rate, random)
  },
  {
    ...{ name: 'two-freer', label: 'two by rate, the freer', report: 'rate', draws: false },
    choose: (links, routes, random) =>
      drawn(links, 2 * routes, ({ rate }) => rate, random)
        .sort((a, b) => b.free / b.rate - a.free / a.rate)
        .slice(0, routes)
  },
  {
    ...{ name: 'thinned', label: 'cheapest, some left out by load', report: 'rate', draws: false },
    choose: (links, routes, random) =>
      links
        .map(link => ({ link, key: random() - link.free / link.rate }))
        .sort((a, b) => a.key - b.key)
        .filter(({ key }, at) => key < 0 || at < routes)
        .map(({ link }) => link)
  },
  { name: 'director', label: 'director: two by free rate, cheaper', report: 'rate', draws: true }
]

/** The offer of a rule to one client that wants so many routes to each source. */
export function offerOf(
  { choose }: Rule,
  registry: Registry,
  routes: number,
  random: Random
): Offer | undefined {
  if (!choose) return undefined
  return (_, linked) => {
    const candidates = linked.map(peerId => {
      const { capacityBytesPerSecond: rate = 0, load } = registry.node(peerId)!
      return { peerId, rate, free: rate * (1 - load) }
    })
    return choose(candidates, routes, random).map(({ peerId }) => peerId)
  }
}

/** So many of them at random without putting back, by their weights: the first of as many exponential races. */
function drawn(
  links: Candidate[],
  count: number,
  weightOf: (link: Candidate) => number,
  random: Random
): Candidate[] {
  const keys = new Map(links.map(link => [link, -Math.log(1 - random()) / Math.max(1e-9, weightOf(link))]))
  return links.toSorted((a, b) => keys.get(a)! - keys.get(b)!).slice(0, count)
}
