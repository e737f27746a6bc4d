import { fileURLToPath } from 'node:url'
import { Command } from 'commander'
import { ExitCode, UsageError } from '../errors.ts'
import type { Figure } from '../lab/figures/figure.ts'
import { DEFAULT_POLICY } from '../planner/policies/names.ts'
import type { CliRun } from './command.ts'
import { parseCount } from './common-settings.ts'
import { addNotes } from './help-notes.ts'
import { labReporter } from './lab-reporter.ts'
import { DEFAULT_SWEEP_DIRECTORY } from './lab-sweep.ts'
import { parsePolicy } from './policy-name.ts'
import { onEndSignal } from './signals.ts'
import { parseMeans, simulatedMeans } from './sweep-means.ts'
import { ProgressTeller } from './sweep-progress.ts'

const DEFAULT_FIGURE_DIRECTORY = 'lab-figures'
/** Where the package has its designs, both from src/ and from dist/. */
const DESIGNS = fileURLToPath(new URL('../../topology/designs/', import.meta.url))

interface FigureFlags {
  simulate?: boolean
  draw?: boolean
  every?: number
  means?: string
  policy?: string
  sweeps: string
  output: string
  json?: boolean
  quiet?: boolean
}

/** The command for the standard figures: figure. */
export function addLabFigureCommand(lab: Command, run: CliRun): void {
  const figure = new Command('figure')
    .description('measure what a standard figure shows, and draw it as SVG and CSV; without NAME, list them')
    .argument('[NAME]', "the figure's name or number, such as aggregation-benefit or f1")
    .option('--simulate', 'by the simulator, on all processors: without root')
    .option('--draw', 'measure nothing: draw what there is')
    .option('--every <N>', 'take one of so many points or seeds only', parseCount)
    .option('--means <MEANS>', "comma-separated: anabranch, mptcp, aria2, static; default: the figure's")
    .option('--policy <POLICIES>', 'comma-separated policies of this program; default adaptive')
    .option('--sweeps <DIR>', 'folder of what was measured, by sweeps too', DEFAULT_SWEEP_DIRECTORY)
    .option('-o, --output <DIR>', 'folder that gets the figure', DEFAULT_FIGURE_DIRECTORY)
    .option('--json', 'tell everything as one JSON object a line')
    .option('-q, --quiet', 'tell the result only')
    .action(async (name: string | undefined, flags: FigureFlags) => {
      run.exitCode = await runFigureCommand(run, name, flags)
    })
  lab.addCommand(
    addNotes(figure, {
      examples: [
        'anabranch lab figure aggregation-benefit --simulate --every 8',
        'anabranch lab figure f12 --simulate --policy adaptive,min-rtt,blest',
        'sudo anabranch lab figure handover'
      ]
    })
  )
}

async function runFigureCommand(run: CliRun, name: string | undefined, flags: FigureFlags): Promise<number> {
  const reporter = labReporter(run, flags)
  const { FIGURES } = await import('../lab/figures/catalogue.ts')
  if (name === undefined) {
    const figures = FIGURES.map(({ number, name, title }) => ({ number, name, title }))
    const width = Math.max(...figures.map(({ name }) => name.length))
    const lines = figures.map(
      ({ number, name, title }) => `f${number}`.padEnd(5) + name.padEnd(width + 2) + title
    )
    reporter.data({ event: 'figures', figures }, lines)
    return ExitCode.ok
  }
  const figure = figureOf(name, FIGURES)
  const { makeFigure } = await import('../lab/figures/make-figure.ts')
  const { programVersion } = await import('./version.ts')
  const { simulate = false, draw = false, every, sweeps, output } = flags
  const named = flags.means === undefined ? undefined : parseMeans(flags.means)
  const policies = flags.policy?.split(',').map(parsePolicy) ?? [DEFAULT_POLICY]
  const stop = new AbortController()
  const undo = onEndSignal(() => stop.abort())
  const teller = new ProgressTeller(reporter)
  try {
    const { findings, files } = await makeFigure(figure, {
      ...{ designs: DESIGNS, sweeps, output, isSimulated: simulate, isDrawnOnly: draw, every },
      means: simulate ? simulatedMeans(named, [], reporter) : named,
      policies: policies.map(policy => (policy === DEFAULT_POLICY ? undefined : policy)),
      version: programVersion(),
      signal: stop.signal,
      progress: progress => teller.tell(progress),
      log: line => reporter.note(line, 1)
    })
    reporter.data({ event: 'figure', figure: figure.name, findings, files }, [...findings, ...files])
    return ExitCode.ok
  } catch (error) {
    if (!stop.signal.aborted) throw error
    reporter.note('interrupted: the same command goes on where it was stopped')
    return ExitCode.signal
  } finally {
    undo()
  }
}

/** The figure of a name or number. Throws UsageError where there is none. */
function figureOf(name: string, figures: readonly Figure[]): Figure {
  const found = figures.find(figure => name === figure.name || name === `f${figure.number}`)
  if (found) return found
  throw new UsageError(
    `there is no figure '${name}'; choose one of ${figures.map(each => each.name).join(', ')}`
  )
}
