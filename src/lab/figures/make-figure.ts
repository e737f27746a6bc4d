import { mkdir, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { ConfigurationError } from '../../errors.ts'
import type { Design } from '../design/design.ts'
import type { SweepMeans } from '../design/design-schema.ts'
import type { SweepRow } from '../design/outcomes.ts'
import { allTransfers, scenariosOf, type Transfer } from '../design/transfers.ts'
import { counts, type Row, type Trial } from '../design/trial.ts'
import { loadDesign } from '../sweep/design-file.ts'
import { runSweep, type SweepProgress } from '../sweep/sweep.ts'
import { SweepStore, writeTables } from '../sweep/sweep-store.ts'
import { drawPanels } from './draw-panels.ts'
import type { DesignUse, Drawn, Figure, FigureTrial, TrialSet } from './figure.ts'
import { panelsCsv } from './plot.ts'

export interface MakeFigureOptions {
  /** Directory of the designs that the figures name. */
  designs: string
  /** Directory of the folders of sweeps: what they hold is not made again. */
  sweeps: string
  /** Directory that gets the figure. */
  output: string
  isSimulated: boolean
  /** Makes nothing, but draws what there is. */
  isDrawnOnly: boolean
  /** Default: the means that the designs name. A simulation has this program alone. */
  means?: readonly SweepMeans[]
  /** Policies of this program; undefined stands for its default. */
  policies: readonly (string | undefined)[]
  /** Takes each of so many points or seeds only. */
  every?: number
  /** Version of the program, for the rows. */
  version: string
  signal: AbortSignal
  progress(progress: SweepProgress): void
  log(line: string): void
}

export interface MadeFigure extends Drawn {
  /** The files that were written. */
  files: string[]
}

/**
 * Makes the transfers of a figure that its sweeps do not hold yet, and draws it, as NAME.svg and NAME.csv. Throws what
 * sweeps throw, also where the signal is aborted: what has been made is kept.
 */
export async function makeFigure(figure: Figure, options: MakeFigureOptions): Promise<MadeFigure> {
  const transfers: SweepRow[] = []
  for (const use of figure.designs) transfers.push(...(await rowsOfDesign(use, options)))
  const trials = figure.trials ? await rowsOfTrials(figure, figure.trials, options) : []
  if (transfers.length + trials.length === 0)
    throw new ConfigurationError(`${options.sweeps} holds nothing of ${figure.name} yet: measure it first`)
  const drawn = figure.draw({ transfers: transfers.filter(counts), trials: trials.filter(counts) })
  await mkdir(options.output, { recursive: true })
  const base = join(options.output, `${figure.name}${suffixOf(options)}`)
  const files = { [`${base}.svg`]: drawPanels(drawn.panels), [`${base}.csv`]: panelsCsv(drawn.panels) }
  for (const [file, text] of Object.entries(files)) await writeFile(file, text)
  return { ...drawn, files: Object.keys(files) }
}

async function rowsOfDesign(use: DesignUse, options: MakeFigureOptions): Promise<SweepRow[]> {
  const { design: inFile, text } = await loadDesign(join(options.designs, `${use.name}.yaml`))
  const design: Design = { ...inFile, sizes: use.sizes ?? inFile.sizes, policies: [...options.policies] }
  const { isSimulated, every } = options
  const store = openStore<Transfer>(design.name, text, options)
  const means = meansOf(design.means, options)
  const all = allTransfers(design, scenariosOf(design, { means, every, isSimulated }), isSimulated)
  const transfers = use.isTogetherOnly
    ? all.filter(({ paths, pathCount }) => paths.length === pathCount)
    : all
  try {
    await make(design.name, transfers, store, options)
  } finally {
    writeTables(store)
  }
  return store.rows
}

async function rowsOfTrials(
  { name }: Figure,
  { means, trials }: TrialSet,
  options: MakeFigureOptions
): Promise<Row<FigureTrial>[]> {
  const store = openStore<FigureTrial>(name, `# made by: anabranch lab figure ${name}\n`, options)
  await make(name, trials({ ...options, means: meansOf(means, options) }), store, options)
  return store.rows
}

async function make<T extends Trial>(
  name: string,
  transfers: T[],
  store: SweepStore<T>,
  options: MakeFigureOptions
): Promise<void> {
  if (options.isDrawnOnly) return
  await runSweep<T>({ name, transfers, store, ...options })
}

function openStore<T extends Trial>(name: string, design: string, options: MakeFigureOptions): SweepStore<T> {
  const { sweeps, isSimulated } = options
  return SweepStore.open<T>(join(sweeps, `${name}${suffixOf(options)}`), { design, isSimulated })
}

function suffixOf({ isSimulated }: MakeFigureOptions): string {
  return isSimulated ? '-simulated' : ''
}

function meansOf(
  usual: readonly SweepMeans[],
  { means, isSimulated }: MakeFigureOptions
): readonly SweepMeans[] {
  return isSimulated ? ['anabranch'] : (means ?? usual)
}
