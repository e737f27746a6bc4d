import { parseArgs } from 'node:util'
import { UsageError } from '../src/errors.ts'
import { BULK, type Tuning } from '../src/planner/tuning.ts'
import { tunedBy } from '../src/planner/tuning-keys.ts'
import { percentile, type SweepOutcome, sweepNetwork } from './sweep-network.ts'

// How near does a policy come to the capacity of random networks? The transfers are simulated, so
// that thousands can be tried.
// Usage: npm run sweep -- [networks, default 2000] [policy, default adaptive] [first seed, default 1]
//        [--tuning KEY=VALUE, as often as needed: a number of src/planner/tuning.ts to try, such as moves.copyGainMs=200]
const { positionals, values } = parseArgs({
  allowPositionals: true,
  options: { tuning: { type: 'string', multiple: true, default: [] } }
})
const networks = Number(positionals[0] ?? 2000)
const policy = positionals[1] ?? 'adaptive'
const firstSeed = Number(positionals[2] ?? 1)
const tuning = tuningOf(values.tuning)

const outcomes: SweepOutcome[] = []
for (let seed = firstSeed; seed < firstSeed + networks; seed++) {
  try {
    outcomes.push(sweepNetwork(seed, policy, tuning))
  } catch (error) {
    process.exitCode = 1
    console.log(`seed ${seed}: ${error instanceof Error ? error.message : error}`)
  }
}

console.log(
  `policy ${policy}, ${networks} random networks from seed ${firstSeed} on${describeTuning(values.tuning)}`
)
console.log('networks   number  median  5th pct  worst  stall median / 95th pct  sent twice, mean')
for (const kind of ['steady', 'changing', 'failing', undefined] as const) {
  const some = outcomes.filter(outcome => kind === undefined || outcome.kind === kind)
  if (some.length > 0) console.log(lineOf(kind ?? 'all', some))
}
const slower = outcomes.filter(({ ofBestRoute }) => ofBestRoute > 1.02)
console.log(`slower than the best single route by more than 2 %: ${slower.length}`)
for (const outcome of slower.toSorted((a, b) => b.ofBestRoute - a.ofBestRoute).slice(0, 10)) {
  console.log(`  ${describe(outcome)}, ${((outcome.ofBestRoute - 1) * 100).toFixed(1)} % slower`)
}
console.log('least efficient:')
for (const outcome of outcomes.toSorted((a, b) => a.efficiency - b.efficiency).slice(0, 10)) {
  console.log(`  ${describe(outcome)}`)
}

function lineOf(name: string, some: SweepOutcome[]): string {
  const efficiencies = some.map(({ efficiency }) => efficiency)
  const stalls = some.map(({ longestStallMs }) => longestStallMs)
  const twice = some.reduce((sum, { duplicateShare }) => sum + duplicateShare, 0) / some.length
  return [
    name.padEnd(10),
    String(some.length).padStart(6),
    percentile(efficiencies, 0.5).toFixed(3).padStart(7),
    percentile(efficiencies, 0.05).toFixed(3).padStart(8),
    Math.min(...efficiencies)
      .toFixed(3)
      .padStart(6),
    `${percentile(stalls, 0.5).toFixed(0)} / ${percentile(stalls, 0.95).toFixed(0)} ms`.padStart(24),
    `${(twice * 100).toFixed(2)} %`.padStart(17)
  ].join(' ')
}

function describe({ seed, kind, routes, efficiency, longestStallMs }: SweepOutcome): string {
  return `seed ${seed}: ${kind}, ${routes} routes, efficiency ${efficiency.toFixed(3)}, stall ${longestStallMs.toFixed(0)} ms`
}

function tuningOf(changes: string[]): Tuning {
  try {
    return tunedBy(BULK, changes)
  } catch (error) {
    if (!(error instanceof UsageError)) throw error
    console.error(error.message)
    process.exit(error.exitCode)
  }
}

function describeTuning(changes: string[]): string {
  return changes.length > 0 ? `, ${changes.join(', ')}` : ''
}
