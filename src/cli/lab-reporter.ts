import type { CliRun } from './command.ts'
import { Reporter } from './reporter.ts'

/** The reporter that a lab command's flags ask for; it is the run's from then on. */
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
