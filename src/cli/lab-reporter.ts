import { ExitCode } from '../errors.ts'
import type { LabResult } from '../lab/lab-run.ts'
import type { CliRun } from './command.ts'
import { Reporter } from './reporter.ts'

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

/**
 * Writes the report of a run and tells its figures. Returns the exit code: 1 where an expectation
 * was not met.
 */
export async function tellResult(
  reporter: Reporter,
  result: LabResult,
  reportDirectory: string
): Promise<number> {
  const { figuresOf } = await import('../lab/report/figures.ts')
  const { resultLines } = await import('../lab/report/tables.ts')
  const { writeReport } = await import('../lab/report/report.ts')
  const directory = await writeReport(result, reportDirectory)
  const figures = figuresOf(result)
  const lines = [...resultLines(figures), `report: ${directory}`]
  reporter.data({ event: 'result', report: directory, ...figures }, lines)
  const failed = figures.expectations.some(expectation => !expectation.met)
  return failed || result.measurements[0]?.failure !== undefined ? ExitCode.other : ExitCode.ok
}
