import {
  createRandom,
  type OverTime,
  type Random,
  type SimulatedHop,
  type SimulatedRoute
} from '../src/simulation/index.ts'

/** The kind of changes in a network while it is used. */
export type NetworkKind = 'steady' | 'changing' | 'failing'

export interface RandomNetwork {
  kind: NetworkKind
  sizeBytes: number
  routes: SimulatedRoute[]
}

const KINDS: readonly NetworkKind[] = ['steady', 'changing', 'failing']
/** Least and most time, in milliseconds, that the content takes with all routes, approximately. */
const SHORTEST_MS = 10_000
const LONGEST_MS = 25_000

/**
 * Makes the network of a seed: one to six routes of one or two hops, 2 to 100 Mbit/s, 2 to 80 ms of
 * round trip a hop, queues of 50 to 400 packets, one route in six with up to 1 % of loss. A third
 * of the networks stay as they are; in a third rates change; in a third routes die, join late, or
 * are silent for a while.
 */
export function randomNetwork(seed: number): RandomNetwork {
  const random = createRandom(seed)
  const kind = KINDS[seed % KINDS.length]!
  const routes = Array.from({ length: 1 + Math.floor(random() * 6) }, () => randomRoute(random, kind))
  if (kind === 'failing') breakSome(routes, random)
  const steadyRate = routes.reduce((sum, route) => sum + startRate(route), 0)
  const sizeBytes = (steadyRate * (SHORTEST_MS + random() * (LONGEST_MS - SHORTEST_MS))) / 1000
  return { kind, sizeBytes: Math.ceil(sizeBytes), routes }
}

function randomRoute(random: Random, kind: NetworkKind): SimulatedRoute {
  const rate = () => 250_000 * 50 ** random()
  const loss = random() < 1 / 6 ? random() * 0.01 : 0
  const hops = Array.from(
    { length: random() < 0.7 ? 2 : 1 },
    (): SimulatedHop => ({
      rateBytesPerSecond: kind === 'changing' ? changingRate(rate(), random) : rate(),
      delayMs: 40 ** random(),
      queueBytes: 1514 * Math.floor(50 + 350 * random()),
      loss
    })
  )
  return { hops }
}

/** Makes a rate over time: some rates stay; others fall and recover, or wander. */
function changingRate(rate: number, random: Random): OverTime {
  if (random() < 0.4) return rate
  const steps = [{ fromMs: 0, value: rate }]
  let fromMs = 0
  for (let i = 0; i < 40; i++) {
    fromMs += 1_000 + random() * 7_000
    steps.push({ fromMs, value: random() < 0.4 ? rate : rate * (0.05 + 1.2 * random()) })
  }
  return steps
}

/** Makes routes fail; at least the first one stays from the beginning to the end. */
function breakSome(routes: SimulatedRoute[], random: Random): void {
  for (const route of routes.slice(1)) {
    const fate = random()
    const atMs = 500 + random() * 8_000
    if (fate < 0.25) route.diesAtMs = atMs
    else if (fate < 0.5) route.joinsAtMs = atMs
    else if (fate < 0.75) route.outages = [{ fromMs: atMs, toMs: atMs + 500 + random() * 6_000 }]
    else if (fate < 0.8) route.outages = [{ fromMs: atMs, toMs: Number.POSITIVE_INFINITY }]
  }
}

function startRate({ hops, joinsAtMs }: SimulatedRoute): number {
  if (joinsAtMs !== undefined) return 0
  return Math.min(
    ...hops.map(({ rateBytesPerSecond: rate }) => (typeof rate === 'number' ? rate : rate[0]!.value))
  )
}
