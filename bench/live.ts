/**
 * Live contents in virtual time: how late they come, and what is left out. `npm run bench:live --
 * [MINUTES] [SEEDS]`.
 */
import { createPlanner } from '../src/planner/policies/index.ts'
import { type SimulatedRoute, simulate } from '../src/simulation/index.ts'

const mbit = (rate: number) => rate * 125_000
const route = (rate: number, delayMs: number, more: Partial<SimulatedRoute> = {}): SimulatedRoute => ({
  hops: [{ rateBytesPerSecond: mbit(rate), delayMs }],
  ...more
})
const lossy = (rate: number, delayMs: number): SimulatedRoute => ({
  hops: [{ rateBytesPerSecond: mbit(rate), delayMs, loss: 0.02 }]
})
const outages = [{ fromMs: 20_000, toMs: 23_000 }]

const rows = [
  { name: '10/8/4, clean', latencyMs: 800, routes: [route(10, 20), route(8, 20), route(4, 20)] },
  {
    name: '10 black-holed',
    latencyMs: 800,
    routes: [route(10, 20, { outages }), route(8, 20), lossy(4, 20)]
  },
  { name: '8 black-holed', latencyMs: 800, routes: [route(10, 20), route(8, 20, { outages }), lossy(4, 20)] },
  {
    name: '8 black-holed, 10 lossy',
    latencyMs: 800,
    routes: [lossy(10, 20), route(8, 20, { outages }), route(4, 20)]
  },
  {
    name: '10 black-holed, 60 ms',
    latencyMs: 800,
    routes: [route(10, 60, { outages }), route(8, 60), lossy(4, 60)]
  },
  { name: '10/8/4, clean', latencyMs: 200, routes: [route(10, 10), route(8, 10), route(4, 10)] },
  {
    name: '10 black-holed',
    latencyMs: 200,
    routes: [route(10, 10, { outages }), route(8, 10), lossy(4, 10)]
  },
  { name: '8 black-holed', latencyMs: 200, routes: [route(10, 10), route(8, 10, { outages }), lossy(4, 10)] },
  {
    name: '8 black-holed, 10 lossy',
    latencyMs: 200,
    routes: [lossy(10, 10), route(8, 10, { outages }), route(4, 10)]
  },
  {
    name: '10 black-holed, 20 one way',
    latencyMs: 200,
    routes: [route(10, 20, { outages }), route(8, 20), lossy(4, 20)]
  },
  {
    name: '8 black-holed, 20 one way',
    latencyMs: 200,
    routes: [route(10, 20), route(8, 20, { outages }), lossy(4, 20)]
  }
]

const minutes = Number(process.argv[2] ?? 10)
const seeds = Number(process.argv[3] ?? 3)
const rateBytesPerSecond = mbit(8)
const sizeBytes = Math.round(minutes * 60 * rateBytesPerSecond) + 321
console.log('latency  routes                       seed   skipped   p50   p99 p99.9   max ms   copied')
for (const { name, latencyMs, routes } of rows)
  for (let seed = 1; seed <= seeds; seed++) {
    const { delays, skippedBytes, duplicateBytes } = simulate({
      sizeBytes,
      segmentBytes: 8 * 1024,
      createPlanner: init => createPlanner('adaptive', init),
      live: { rateBytesPerSecond, latencyMs },
      routes,
      seed,
      maxMs: minutes * 60_000 + 60_000
    })
    const sorted = delays.map(({ delayMs }) => delayMs).sort((a, b) => a - b)
    const at = (share: number) => sorted[Math.floor(share * (sorted.length - 1))]!.toFixed(0).padStart(6)
    const share = (bytes: number) => `${((100 * bytes) / sizeBytes).toFixed(3)} %`.padStart(9)
    const figures = [at(0.5), at(0.99), at(0.999), at(1)].join('')
    console.log(
      `${latencyMs} ms   ${name.padEnd(28)} ${seed}   ${share(skippedBytes)} ${figures}   ${share(duplicateBytes)}`
    )
  }
