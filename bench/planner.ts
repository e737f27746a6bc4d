import { execFileSync } from 'node:child_process'
import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { cpus, release, tmpdir } from 'node:os'
import { basename, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { parseArgs } from 'node:util'
import { median } from '../src/units/median.ts'

// How near does the default policy come to the links' capacity, under real netem? Prints a table in
// Markdown.
// "From the query" is the efficiency without the start of the client's process, as the client
// itself measures it.
// Usage: npm run bench:planner -- [--runs 3] [--with single,aria2,mptcp] [topology files; default those below]
const PROGRAM = fileURLToPath(new URL('../dist/bin/anabranch.js', import.meta.url))
const TOPOLOGIES = [
  'three-equal-routes',
  'unequal-routes',
  'collapse-and-recovery',
  'black-hole',
  'one-percent-loss',
  'swapping-rates',
  'three-fast-routes-100',
  'eight-routes',
  'fast-and-hopeless',
  'small-object'
].map(name => fileURLToPath(new URL(`../topology/${name}.yaml`, import.meta.url)))

/**
 * Least share of idle processor time, 0 to 1. With less, or with frames lost, a run measures the
 * machine more than the program.
 */
const LEAST_IDLE_SHARE = 0.05

interface Means {
  means: string
  seconds: number
  efficiency: number
  longestStallMs: number
  wireOverhead?: number
  lostFrames: number
  idleShare: number
  /**
   * Ideal time divided by the time from the question to the director until the end; only for this
   * program.
   */
  fromQuery?: number
}

const { values, positionals } = parseArgs({
  options: { runs: { type: 'string', default: '3' }, with: { type: 'string' } },
  allowPositionals: true
})
const runs = Number(values.runs)
if (!(runs >= 1)) throw new RangeError(`--runs wants a number from 1 on, not '${values.runs}'`)
const files = positionals.length > 0 ? positionals : TOPOLOGIES
const names = new Map(files.map(file => [file, nameIn(file)]))
console.log(
  `${new Date().toISOString().slice(0, 10)}, ${cpus().length} processors, Linux ${release()}, medians of ${runs}\n`
)
console.log('| network | means | efficiency | from the query | longest stall | time | wire / content |')
console.log('|---|---|---|---|---|---|---|')
for (const file of files) {
  const results = Array.from({ length: runs }, () => measure(file))
  for (const means of new Set(results.flat().map(result => result.means))) {
    console.log(
      rowOf(
        basename(file, '.yaml'),
        means,
        results.flat().filter(result => result.means === means)
      )
    )
  }
}

function measure(file: string): Means[] {
  const directory = mkdtempSync(join(tmpdir(), 'anabranch-bench-'))
  const command = values.with === undefined ? ['run'] : ['compare', '--with', values.with]
  try {
    execFileSync(process.execPath, [PROGRAM, 'lab', ...command, file, '--report', directory, '--quiet'], {
      stdio: ['ignore', 'ignore', 'inherit']
    })
  } catch {
    // The command exits with 1 when expectations are not met; the report is there all the same.
  }
  const path = join(directory, names.get(file)!, 'latest', 'report.json')
  const report = existsSync(path) ? JSON.parse(readFileSync(path, 'utf8')) : undefined
  rmSync(directory, { recursive: true })
  if (report === undefined) {
    console.error(`${basename(file)}: a run ended without a report and is left out`)
    process.exitCode = 1
    return []
  }
  const { seconds } = report.story?.done ?? {}
  return report.means.map((means: Means) =>
    means.means === 'anabranch' && seconds ? { ...means, fromQuery: report.idealSeconds / seconds } : means
  )
}

function nameIn(file: string): string {
  return /^name: *(\S+)/m.exec(readFileSync(file, 'utf8'))?.[1] ?? basename(file, '.yaml')
}

function rowOf(network: string, means: string, results: Means[]): string {
  const warned = results.some(({ lostFrames, idleShare }) => lostFrames > 0 || idleShare < LEAST_IDLE_SHARE)
    ? ' (machine too slow)'
    : ''
  return `| ${[
    network,
    means,
    median(results.map(result => result.efficiency)).toFixed(3) + warned,
    medianText(results, 'fromQuery'),
    `${median(results.map(result => result.longestStallMs)).toFixed(0)} ms`,
    `${median(results.map(result => result.seconds)).toFixed(2)} s`,
    medianText(results, 'wireOverhead')
  ].join(' | ')} |`
}

function medianText(results: Means[], figure: 'fromQuery' | 'wireOverhead'): string {
  const values = results.flatMap(result => result[figure] ?? [])
  return values.length === 0 ? '' : median(values).toFixed(3)
}
