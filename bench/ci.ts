import { execFileSync } from 'node:child_process'
import { existsSync, readFileSync, writeFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { parseArgs } from 'node:util'
import { machine } from './processes.ts'

// Does a byte cost more than it did, or does memory grow with a content? Short forms of bench:one-relay and bench:memory, as
// ratios within the same run: processor time and not the clock's, which other work on the machine would stretch. Ends with 1
// where a ratio is below LEAST_SHARE of the recorded one; --record keeps those of this run instead. Needs root and a build.
// Usage: npm run bench:ci -- [--record]
const { values } = parseArgs({ options: { record: { type: 'boolean', default: false } } })
const RECORDED = fileURLToPath(new URL('recorded-ratios.json', import.meta.url))
const LEAST_SHARE = 0.85
const SMALL_MB = 50
const LARGE_MB = 250
const ROLES = ['source', 'relay', 'client'] as const

interface Recorded {
  machine: string
  date: string
  /** By name; more is better for each. */
  ratios: Record<string, number>
}

if (!values.record && !existsSync(RECORDED)) {
  console.error(`no ratios are recorded in ${RECORDED}; run this with --record on an idle machine`)
  process.exit(2)
}
const ratios = { ...cpuRatio(), ...memoryRatios() }
if (values.record) {
  const recorded: Recorded = { machine: machine(), date: new Date().toISOString().slice(0, 10), ratios }
  writeFileSync(RECORDED, `${JSON.stringify(recorded, null, 2)}\n`)
} else compare(JSON.parse(readFileSync(RECORDED, 'utf8')))

/** Processor time of a bare libp2p pipe for a content, over ours. */
function cpuRatio(): Record<string, number> {
  const { ratios } = told('one-relay', ['--only', 'ours,pipe', '--mb', '150', '--runs', '3'])
  return { 'processor time of a bare pipe / ours': ratios[0].cpu }
}

/** Most memory of each role with a small content, over that with a large one. */
function memoryRatios(): Record<string, number> {
  const { sizes } = told('memory', ['--sizes', `${SMALL_MB},${LARGE_MB}`, '--sessions', '0'])
  const [small, large] = sizes
  return Object.fromEntries(
    ROLES.map(role => [`memory of the ${role}, ${SMALL_MB} MB / ${LARGE_MB} MB`, small[role] / large[role]])
  )
}

function told(name: string, args: string[]) {
  const file = fileURLToPath(new URL(`${name}.ts`, import.meta.url))
  const flags = ['--experimental-transform-types', '--no-warnings']
  const said = execFileSync(process.execPath, [...flags, file, '--json', ...args], {
    stdio: ['ignore', 'pipe', 'inherit'],
    encoding: 'utf8'
  })
  return JSON.parse(said.trim().split('\n').at(-1)!)
}

function compare(recorded: Recorded): void {
  console.log('| ratio | now | recorded |\n|---|---|---|')
  for (const [name, ratio] of Object.entries(ratios)) {
    const before = recorded.ratios[name]
    const isLess = before !== undefined && ratio < LEAST_SHARE * before
    console.log(
      `| ${name} | ${ratio.toFixed(2)}${isLess ? ', too little' : ''} | ${before?.toFixed(2) ?? '-'} |`
    )
    if (isLess) process.exitCode = 1
  }
}
