import type { Interval, OverTime, Random, SimulatedHop, SimulatedRoute } from '../../src/simulation/index.ts'

/** What a random history may contain. */
export interface HistoryOptions {
  /** Finite black holes. */
  outages: boolean
  /** Changes of rate while the transfer runs. */
  changes: boolean
  /** The most times that a route breaks down and can be opened again later; 0 for never. */
  comebacks: number
  /** The most sources among which the routes are divided. */
  sources?: number
}

/** Routes that die, join late, fall silent, change and come back, one at least of which does not die for good. */
export function randomRoutes(
  random: Random,
  { outages, changes, comebacks, sources = 1 }: HistoryOptions
): SimulatedRoute[] {
  const count = 1 + Math.floor(random() * 5)
  const routes = Array.from({ length: count }, (): SimulatedRoute => {
    const route: SimulatedRoute = { hops: randomHops(random, changes), joinsAtMs: 0 }
    if (random() < 0.3) route.joinsAtMs = random() * 3_000
    if (random() < 0.5) route.diesAtMs = route.joinsAtMs! + random() * 4_000
    if (random() < 0.3) route.deathNoticeMs = random() * 1_000
    if (outages && random() < 0.3) route.outages = randomOutages(random)
    if (random() < 0.5) route.costMs = random() * 300
    if (comebacks > 0 && random() < 0.5) route.breakdowns = randomBreakdowns(random, comebacks)
    return route
  })
  const stays = routes[Math.floor(random() * count)]!
  delete stays.diesAtMs
  if (sources > 1) divide(routes, stays, 2 + Math.floor(random() * (sources - 1)), random)
  return routes
}

/** Leads the routes to several sources, of which some come late, die at once with all routes, or lie. */
function divide(routes: SimulatedRoute[], stays: SimulatedRoute, count: number, random: Random): void {
  for (const route of routes) route.source = `source ${Math.floor(random() * count)}`
  for (const name of new Set(routes.map(({ source }) => source))) {
    if (name === stays.source) continue
    const [joinsAtMs, diesAtMs, liesAtMs] = [2_000, 4_000, 3_000].map(mostMs => random() * mostMs)
    const [joins, dies, lies] = [random() < 0.3, random() < 0.3, random() < 0.3]
    for (const route of routes.filter(({ source }) => source === name)) {
      if (joins) route.joinsAtMs = Math.max(route.joinsAtMs ?? 0, joinsAtMs!)
      if (dies) route.diesAtMs = (route.joinsAtMs ?? 0) + diesAtMs!
      // The honest source is known by then: a fetch that knows liars alone fails.
      if (lies) route.liesAtMs = (stays.joinsAtMs ?? 0) + liesAtMs!
    }
  }
}

function randomHops(random: Random, changes: boolean): SimulatedHop[] {
  return Array.from({ length: 1 + Math.floor(random() * 3) }, () => ({
    rateBytesPerSecond: randomRate(random, changes),
    delayMs: random() * 60,
    queueBytes: 20_000 + random() * 400_000,
    loss: random() < 0.2 ? random() * 0.02 : 0
  }))
}

/** From 0.4 to 40 Mbit/s. */
function randomRate(random: Random, changes: boolean): OverTime {
  const rate = () => 50_000 * 100 ** random()
  if (!changes || random() < 0.5) return rate()
  const steps = [{ fromMs: 0, value: rate() }]
  for (let fromMs = random() * 3_000; fromMs < 20_000; fromMs += 200 + random() * 5_000) {
    steps.push({ fromMs, value: rate() })
  }
  return steps
}

function randomOutages(random: Random): Interval[] {
  const fromMs = random() * 3_000
  return [{ fromMs, toMs: fromMs + random() * 3_000 }]
}

/** One to `most`, each over before the next begins. */
function randomBreakdowns(random: Random, most: number): Interval[] {
  let atMs = 0
  return Array.from({ length: 1 + Math.floor(random() * most) }, () => {
    const fromMs = atMs + random() * 3_000
    atMs = fromMs + random() * 3_000
    return { fromMs, toMs: atMs }
  })
}
