import { Command } from 'commander'
import { ExitCode } from '../errors.ts'
import type { SweepSummary } from '../lab/design/summary.ts'
import type { Transfer } from '../lab/design/transfers.ts'
import type { SweepStore } from '../lab/sweep/sweep-store.ts'
import { formatBytes, parseBytes } from '../units/units.ts'
import type { CliRun } from './command.ts'
import { parseCount } from './common-settings.ts'
import { addNotes } from './help-notes.ts'
import { labReporter } from './lab-reporter.ts'
import type { Reporter } from './reporter.ts'
import { onEndSignal } from './signals.ts'
import { parseMeans, simulatedMeans } from './sweep-means.ts'
import { ProgressTeller } from './sweep-progress.ts'

export const DEFAULT_SWEEP_DIRECTORY = 'lab-sweeps'

interface SweepFlags {
  simulate?: boolean
  every?: number
  output?: string
  means?: string
  size?: string
  json?: boolean
  quiet?: boolean
}

/** Commands for whole designs of experiments: sweep. */
export function addLabSweepCommands(lab: Command, run: CliRun): void {
  const sweep = new Command('sweep')
    .description('measure at all points of a design; the same command again goes on where it was stopped')
    .argument('<DESIGN>', 'design file, such as topology/designs/low-bdp-clean.yaml')
    .option('--simulate', 'by the simulator, on all processors: without root')
    .option('--every <N>', 'take one of so many points only', parseCount)
    .option(
      '-o, --output <DIR>',
      `folder for rows and tables; default ${DEFAULT_SWEEP_DIRECTORY}/NAME, with --simulate NAME-simulated`
    )
    .option('--means <MEANS>', "comma-separated: anabranch, mptcp, aria2, static; default: the design's")
    .option('--size <SIZES>', "comma-separated sizes of the content; default: the design's")
    .option('--json', 'tell everything as one JSON object a line')
    .option('-q, --quiet', 'tell the result only')
    .action(async (file: string, flags: SweepFlags) => {
      run.exitCode = await runSweepCommand(run, file, flags)
    })
  lab.addCommand(
    addNotes(sweep, {
      examples: [
        'anabranch lab sweep topology/designs/low-bdp-clean.yaml --simulate',
        'sudo anabranch lab sweep topology/designs/low-bdp-clean.yaml --every 8',
        'sudo anabranch lab sweep topology/designs/low-bdp-clean.yaml --size 256kB'
      ]
    })
  )
}

async function runSweepCommand(run: CliRun, file: string, flags: SweepFlags): Promise<number> {
  const reporter = labReporter(run, flags)
  const { loadDesign } = await import('../lab/sweep/design-file.ts')
  const { SweepStore, writeTables } = await import('../lab/sweep/sweep-store.ts')
  const { allTransfers, scenariosOf } = await import('../lab/design/transfers.ts')
  const { runSweep } = await import('../lab/sweep/sweep.ts')
  const { programVersion } = await import('./version.ts')
  const { design: inFile, text } = await loadDesign(file)
  const isSimulated = flags.simulate === true
  const named = flags.means === undefined ? undefined : parseMeans(flags.means)
  const means = isSimulated ? simulatedMeans(named, inFile.means, reporter) : (named ?? inFile.means)
  const design =
    flags.size === undefined ? inFile : { ...inFile, sizes: flags.size.split(',').map(parseBytes) }
  const directory =
    flags.output ?? `${DEFAULT_SWEEP_DIRECTORY}/${design.name}${isSimulated ? '-simulated' : ''}`
  const store = SweepStore.open<Transfer>(directory, { design: text, isSimulated })
  const choice = { means, isSimulated, ...(flags.every === undefined ? {} : { every: flags.every }) }
  const stop = new AbortController()
  const undo = onEndSignal(() => stop.abort())
  const teller = new ProgressTeller(reporter)
  try {
    await runSweep({
      ...{ name: design.name, store, isSimulated },
      transfers: allTransfers(design, scenariosOf(design, choice), isSimulated),
      version: programVersion(),
      signal: stop.signal,
      progress: progress => teller.tell(progress),
      log: line => reporter.note(line, 1)
    })
  } catch (error) {
    if (!stop.signal.aborted) throw error
    reporter.note('interrupted: the same command goes on where it was stopped')
  } finally {
    undo()
    writeTables(store)
  }
  await tellOutcomes(reporter, store)
  return stop.signal.aborted ? ExitCode.signal : ExitCode.ok
}

async function tellOutcomes(reporter: Reporter, { directory, rows }: SweepStore<Transfer>): Promise<void> {
  const { outcomesOf } = await import('../lab/design/outcomes.ts')
  const { summariesOf } = await import('../lab/design/summary.ts')
  const { formatTable } = await import('../lab/format.ts')
  const summaries = summariesOf(outcomesOf(rows))
  const head = [
    'design',
    'means',
    'size',
    'networks',
    'benefit',
    '5th pct',
    'least',
    'above 0',
    'time ratio',
    'failed'
  ]
  const lines =
    summaries.length > 0 ? formatTable([head, ...summaries.map(tableRow)]) : ['no network is complete yet']
  reporter.data({ event: 'result', directory, summaries }, [...lines, `rows and tables: ${directory}`])
}

function tableRow({
  design,
  means,
  policy,
  sizeBytes,
  scenarios,
  failed,
  benefit,
  timeRatio
}: SweepSummary): string[] {
  return [
    ...[
      design,
      policy === undefined ? means : `${means} ${policy}`,
      formatBytes(sizeBytes),
      String(scenarios)
    ],
    ...[benefit.median, benefit.low, benefit.least].map(value => value.toFixed(2)),
    ...[`${(benefit.aboveZero * 100).toFixed(1)} %`, timeRatio.median.toFixed(2), String(failed)]
  ]
}
