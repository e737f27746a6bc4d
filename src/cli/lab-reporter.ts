import { join } from 'node:path'
import { ExitCode } from '../errors.ts'
import type { LabResult } from '../lab/lab-run.ts'
import type { Figures } from '../lab/report/figures.ts'
import type { Provenance } from '../lab/report/report.ts'
import type { CliRun } from './command.ts'
import { Reporter } from './reporter.ts'
import { programVersion } from './version.ts'

/** Makes the reporter that a lab command's flags ask for; the run uses it from then on. */
export function labReporter(run: CliRun, flags: { json?: boolean; quiet?: boolean }): Reporter {
  const { stdout, stderr } = run
  run.reporter = new Reporter({
    json: flags.json === true,
    quiet: flags.quiet === true,
    verbosity: 0,
    stdout,
    stderr
  })
  return run.reporter
}

/** This program's version and the command line that it runs. */
export function provenance(): Provenance {
  return { version: programVersion(), command: ['anabranch', ...process.argv.slice(2)] }
}

/**
 * Measures as often as it is asked to, reports each time, and of several times a summary too.
 * `measure` is told the number of the run, from 0 on. Returns the exit code.
 */
export async function reportRuns(
  reporter: Reporter,
  { repeat, reports }: { repeat: number; reports: string },
  measure: (run: number) => LabResult | Promise<LabResult>
): Promise<number> {
  const { makeReportDirectory, pointLatest } = await import('../lab/report/report-directory.ts')
  const { reportName } = await import('../lab/report/report.ts')
  const all: Figures[] = []
  const codes: number[] = []
  let directory: string | undefined
  let text = ''
  for (let run = 0; run < repeat; run++) {
    if (repeat > 1) reporter.tell({ event: 'run', run: run + 1, of: repeat }, `run ${run + 1} of ${repeat}`)
    const result = await measure(run)
    directory ??= await makeReportDirectory(reports, reportName(result), result.startedAt)
    const figures = await tellResult(reporter, result, directory, repeat > 1 ? run + 1 : undefined)
    if (run === 0) await pointLatest(directory)
    text = result.topology.text
    all.push(figures)
    codes.push(await exitCodeOf(figures))
  }
  if (repeat > 1) await tellSummary(reporter, all, text, directory!)
  // One run that counts and misses what is expected outweighs those that do not count.
  return codes.includes(ExitCode.other) ? ExitCode.other : Math.max(...codes)
}

/** Writes the report of a run and tells its figures. */
async function tellResult(
  reporter: Reporter,
  result: LabResult,
  directory: string,
  run: number | undefined
): Promise<Figures> {
  const { mkdir } = await import('node:fs/promises')
  const { faultLines, resultLines } = await import('../lab/report/tables.ts')
  const { writeReport } = await import('../lab/report/report.ts')
  const report = run === undefined ? directory : join(directory, `run-${run}`)
  await mkdir(report, { recursive: true })
  const figures = await writeReport(result, report, provenance())
  await result.captures?.moveTo(join(report, 'pcap'))
  const lines = reporter.quiet ? faultLines(figures) : [...resultLines(figures), `report: ${report}`]
  reporter.data({ event: 'result', report, ...figures }, lines)
  return figures
}

async function tellSummary(reporter: Reporter, runs: Figures[], topologyFile: string, directory: string) {
  const { formatTable } = await import('../lab/format.ts')
  const { summaryOf } = await import('../lab/report/summary.ts')
  const { summaryNotes, summaryTable, writeSummary } = await import('../lab/report/summary-report.ts')
  const summary = summaryOf(runs, { ...provenance(), topologyFile })
  await writeSummary(summary, runs, directory)
  const lines = [...formatTable(summaryTable(summary)), ...summaryNotes(summary), `summary: ${directory}`]
  const { topologyFile: _, ...told } = summary
  reporter.data({ event: 'summary', report: directory, ...told }, reporter.quiet ? [] : lines)
}

/** 1 where an expectation is not met or the fetch failed, 11 where the machine was too slow to tell, else 0. */
async function exitCodeOf(figures: Figures): Promise<number> {
  const { verdictOf } = await import('../lab/report/expectation-words.ts')
  const verdicts = figures.expectations.map(expectation => verdictOf(expectation, figures))
  if (verdicts.includes('unmet') || figures.means[0]?.failure !== undefined) return ExitCode.other
  return verdicts.includes('uncounted') ? ExitCode.uncounted : ExitCode.ok
}
