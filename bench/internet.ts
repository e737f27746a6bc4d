import { mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { cpus, loadavg } from 'node:os'
import { join } from 'node:path'
import { parseArgs } from 'node:util'
import { Directory } from './internet/directory.ts'
import { makeInternet } from './internet/network.ts'
import { pagesOf } from './internet/plots.ts'
import { RULES } from './internet/rules.ts'
import { Run } from './internet/run.ts'
import { csvOf, estimateOf, type Summary, summaryOf } from './internet/summary.ts'

// How does the load of very many clients spread over very many relays, by the rule after which a director chooses? Routes
// are found by the director's own route finder in a registry that holds the whole internet; what flows over them is a
// fluid. docs/internet-scale.md has the model. Writes results.json, figures.csv and plots into --out.
// Usage: npm run simulate:internet -- [--relays 1000] [--clients 10000] [--every 4: clients for each search] [--demand 0.6]
//        [--seeds 5] [--first-seed 1] [--rules cheapest,director] [--out DIR] [RESULTS.json ...: draw these, and run nothing]
const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    relays: { type: 'string', default: '1000' },
    clients: { type: 'string', default: '10000' },
    every: { type: 'string', default: '4' },
    demand: { type: 'string', default: '0.6' },
    seeds: { type: 'string', default: '5' },
    'first-seed': { type: 'string', default: '1' },
    rules: { type: 'string', default: RULES.map(({ name }) => name).join() },
    out: { type: 'string', default: 'internet-scale' }
  }
})
const size = { relays: number('relays'), clients: number('clients'), demand: number('demand') }
const names = values.rules.split(',')
const rules = RULES.filter(({ name }) => names.includes(name))
if (rules.length < names.length) fail(`--rules takes some of ${RULES.map(({ name }) => name).join()}`)
if (size.clients < number('every')) fail('--clients must be at least --every')

const summaries = positionals.length > 0 ? positionals.flatMap(readSummaries) : simulate()
mkdirSync(values.out, { recursive: true })
for (const [name, svg] of Object.entries(pagesOf(summaries))) writeFileSync(join(values.out, name), svg)
writeFileSync(join(values.out, 'figures.csv'), csvOf(summaries))
if (positionals.length === 0)
  writeFileSync(join(values.out, 'results.json'), JSON.stringify({ size, every: number('every'), summaries }))
for (const [rule, some] of Map.groupBy(summaries, summary => summary.rule)) console.log(lineOf(rule, some))

function simulate(): Summary[] {
  console.log(`${cpus().length} processors, load ${loadavg()[0]!.toFixed(1)}`)
  const summaries: Summary[] = []
  const firstSeed = number('first-seed')
  for (let seed = firstSeed; seed < firstSeed + number('seeds'); seed++) {
    const internet = makeInternet(seed, size)
    for (const rule of rules) {
      const startedMs = Date.now()
      const options = { clients: size.clients, every: number('every'), seed }
      summaries.push(summaryOf(new Run(internet, new Directory(internet, seed), rule, options).run(), seed))
      const tookSeconds = ((Date.now() - startedMs) / 1_000).toFixed(0)
      const { rss } = process.memoryUsage()
      console.log(`seed ${seed}, ${rule.name}: ${tookSeconds} s, ${(rss / 1e6).toFixed(0)} MB`)
    }
  }
  return summaries
}

function lineOf(rule: string, some: readonly Summary[]): string {
  const told = (figure: string) => {
    const { mean, low, high } = estimateOf(some.map(({ figures }) => figures[figure]!))
    return `${mean.toFixed(3)} (${low.toFixed(3)} to ${high.toFixed(3)})`
  }
  const shares = `clients' mean ${told('clientMean')}, worst hundredth ${told('clientWorstHundredth')}`
  return `${rule}: ${shares}, full relays ${told('relaysFull')}, ${told('rttMs')} ms, ${told('searchMs')} ms a search`
}

function readSummaries(file: string): Summary[] {
  return (JSON.parse(readFileSync(file, 'utf8')) as { summaries: Summary[] }).summaries
}

function number(name: 'relays' | 'clients' | 'every' | 'demand' | 'seeds' | 'first-seed'): number {
  const value = Number(values[name])
  const isMeant = value > 0 && (name === 'demand' || Number.isInteger(value))
  return isMeant ? value : fail(`--${name} has to be a number above 0, not ${values[name]}`)
}

function fail(problem: string): never {
  console.error(problem)
  process.exit(2)
}
