import { parseArgs } from 'node:util'
import { UsageError } from '../src/errors.ts'
import { BULK, type Tuning } from '../src/planner/tuning.ts'
import { tunedBy } from '../src/planner/tuning-keys.ts'
import { parseBytes } from '../src/units/units.ts'
import { percentile, type SweepOutcome, sweepNetwork } from './sweep-network.ts'

// How near does a policy come to the capacity of random networks? The transfers are simulated, so
// that thousands can be tried.
// Usage: npm run sweep -- [networks, default 2000] [policy, default adaptive] [first seed, default 1]
//        [--policy NAME, as often as wanted: a table with a line for each instead]
//        [--memory SIZE, such as 2MiB: most bytes between the output and the horizon]
//        [--tuning KEY=VALUE, as often as needed: a number of src/planner/tuning.ts to try, such as moves.copyGainMs=200]
const { positionals, values } = parseArgs({
  allowPositionals: true,
  options: {
    tuning: { type: 'string', multiple: true, default: [] },
    policy: { type: 'string', multiple: true, default: [] },
    memory: { type: 'string' }
  }
})
const networks = Number(positionals[0] ?? 2000)
const firstSeed = Number(positionals[2] ?? 1)
const memoryBytes = values.memory === undefined ? undefined : parseBytes(values.memory)
const tuning = tuningOf(values.tuning)

console.log(
  `${networks} random networks from seed ${firstSeed} on, memory ${values.memory ?? '64MiB'}${describeTuning(values.tuning)}`
)
if (values.policy.length === 0) tellOne(positionals[1] ?? 'adaptive')
else tellAll(values.policy)

/** A line for each policy. */
function tellAll(policies: readonly string[]): void {
  console.log(
    'policy         mean  median  worst 10th  worst   stall median / 95th / longest  sent twice, mean'
  )
  for (const policy of policies) console.log(policyLineOf(policy, outcomesOf(policy)))
}

/** All of one policy: each kind of networks, and the worst of them. */
function tellOne(policy: string): void {
  const outcomes = outcomesOf(policy)
  console.log(`policy ${policy}`)
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
}

/** What became of each network; those that failed are told and left out. */
function outcomesOf(policy: string): SweepOutcome[] {
  const outcomes: SweepOutcome[] = []
  for (let seed = firstSeed; seed < firstSeed + networks; seed++) {
    try {
      outcomes.push(sweepNetwork(seed, policy, tuning, memoryBytes))
    } catch (error) {
      process.exitCode = 1
      console.log(`seed ${seed}: ${error instanceof Error ? error.message : error}`)
    }
  }
  return outcomes
}

function policyLineOf(policy: string, outcomes: SweepOutcome[]): string {
  const shares = outcomes.map(({ efficiency }) => efficiency)
  const stalls = outcomes.map(({ longestStallMs }) => longestStallMs)
  const mean = (values: number[]) => values.reduce((sum, value) => sum + value, 0) / values.length
  const [median, most] = [percentile(stalls, 0.5), percentile(stalls, 0.95)].map(Math.round)
  return [
    policy.padEnd(13),
    mean(shares).toFixed(3).padStart(5),
    percentile(shares, 0.5).toFixed(3).padStart(7),
    percentile(shares, 0.1).toFixed(3).padStart(11),
    Math.min(...shares)
      .toFixed(3)
      .padStart(6),
    `${median} / ${most} / ${Math.round(Math.max(...stalls))} ms`.padStart(30),
    `${(mean(outcomes.map(({ duplicateShare }) => duplicateShare)) * 100).toFixed(2)} %`.padStart(17)
  ].join(' ')
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
