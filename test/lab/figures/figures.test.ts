import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { parseDesign } from '../../../src/lab/design/design.ts'
import { allTransfers, scenariosOf } from '../../../src/lab/design/transfers.ts'
import type { Row, Trial } from '../../../src/lab/design/trial.ts'
import { FIGURES } from '../../../src/lab/figures/catalogue.ts'
import { drawPanels } from '../../../src/lab/figures/draw-panels.ts'
import { byCurve, type Figure, type FigureRows } from '../../../src/lab/figures/figure.ts'
import { trialsOf } from '../../../src/lab/figures/figure-trials.ts'
import { type MakeFigureOptions, makeFigure } from '../../../src/lab/figures/make-figure.ts'
import { panelsCsv } from '../../../src/lab/figures/plot.ts'
import { loadTrial } from '../../../src/lab/sweep/trial-results.ts'

const DESIGNS = fileURLToPath(new URL('../../../topology/designs/', import.meta.url))

/** Each of the figure's transfers that is taken, as if it had been made at half of what its paths carry. */
function rowsFor(figure: Figure, every: number): FigureRows {
  const made = <T extends Trial>(trial: T, rateBytesPerSecond: number, design: string): Row<T> => ({
    ...{ design, version: '1', startedAt: '', links: 'simulator', wireOverhead: 1, longestStallMs: 80 },
    ...{ efficiency: 0.5, trafficShare: 0.4, delayMs: { median: 90, percentile99: 99, percentile999: 100 } },
    delays: [{ madeAtMs: 250, delayMs: 60 }],
    ...trial,
    seconds: trial.bytes / rateBytesPerSecond,
    goodputBytesPerSecond: rateBytesPerSecond
  })
  const transfers = figure.designs.flatMap(({ name, sizes }) => {
    const design = parseDesign(readFileSync(join(DESIGNS, `${name}.yaml`), 'utf8'), name)
    const wanted = { ...design, ...(sizes ? { sizes } : {}) }
    const scenarios = scenariosOf(wanted, { means: ['anabranch', 'mptcp'], every, isSimulated: false })
    return allTransfers(wanted, scenarios, false).map(transfer => {
      const capacity = transfer.settings.reduce((sum, path) => sum + path.capacityBytesPerSecond, 0)
      return made(transfer, capacity / 2, design.name)
    })
  })
  const choice = { means: ['anabranch', 'mptcp'] as const, policies: [undefined], every, isSimulated: false }
  const trials = figure.trials?.trials(choice).map(trial => made(trial, 1e6, figure.name)) ?? []
  return { transfers, trials }
}

describe.each(FIGURES.map(figure => [figure.name, figure] as const))('the figure %s', (_, figure) => {
  const rows = rowsFor(figure, 60)

  test('has a number of its own, and transfers in networks that there are', async () => {
    expect(FIGURES.filter(({ number }) => number === figure.number)).toEqual([figure])
    const all = [...rows.transfers, ...rows.trials]
    expect(all.length).toBeGreaterThan(0)
    for (const row of [all[0]!, all.at(-1)!]) await loadTrial({ ...row, tracesBeside: besideDesign(row) })
  })

  test('draws a curve or field of each means, and says what it shows', () => {
    const { panels, findings } = figure.draw(rows)
    const named = panels.map(panel =>
      panel.kind === 'curves' ? panel.curves.map(({ name }) => name).join() : panel.title
    )
    expect(named.join()).toContain('anabranch')
    expect(named.join()).toContain('mptcp')
    expect(findings.join()).not.toMatch(/NaN|undefined/)
    const svg = drawPanels(panels)
    expect(svg).not.toMatch(/NaN|undefined|Infinity/)
    expect(panelsCsv(panels).split('\n').length).toBeGreaterThan(2)
  })

  test('is drawn of nothing without an error', () => {
    expect(drawPanels(figure.draw({ transfers: [], trials: [] }).panels)).not.toMatch(/NaN|Infinity/)
  })
})

/** Where the file would be to which a row's traces are relative: tests have no working directory. */
function besideDesign({ tracesBeside }: Trial): string | undefined {
  return tracesBeside === undefined ? undefined : join(DESIGNS, tracesBeside)
}

describe('making a figure', () => {
  let directory: string
  beforeEach(() => {
    directory = mkdtempSync(join(tmpdir(), 'figure-'))
  })
  afterEach(() => rmSync(directory, { recursive: true }))

  const options = (more: Partial<MakeFigureOptions> = {}): MakeFigureOptions => ({
    ...{ designs: DESIGNS, sweeps: join(directory, 'sweeps'), output: join(directory, 'out') },
    ...{ isSimulated: true, isDrawnOnly: false, policies: [undefined], version: '1.2.3' },
    signal: new AbortController().signal,
    progress: () => {},
    log: () => {},
    ...more
  })
  const bytes = 200_000
  const topologyOf = (_: number, policy: string) => `name: small
topology:
  nodes: {src: {role: source}, r1: {role: relay}, dir: {role: director}, cli: {role: client}}
  links: [{endpoints: [src, r1]}, {endpoints: [r1, cli], rate: 10mbit}, {endpoints: [dir, cli]}]
content: {size: ${bytes}B}
client: {${policy}}
`
  /** A figure of three seeds of a small transfer. */
  const small: Figure = {
    ...{ number: 99, name: 'small', title: 'small', designs: [] },
    trials: {
      means: ['anabranch'],
      trials: choice => trialsOf([{ case: 0, topologyOf, bytes }], 3, choice)
    },
    draw: ({ trials }) => ({
      panels: [],
      findings: byCurve(trials).map(([name, rows]) => `${name}: ${rows.length}`)
    })
  }

  test('measures what is missing, draws it, and measures nothing a second time', async () => {
    const made: number[] = []
    const progress: MakeFigureOptions['progress'] = ({ rows }) => made.push(rows.length)
    const { findings, files } = await makeFigure(small, options({ progress }))
    expect(made).toEqual([1, 1, 1])
    expect(findings).toEqual(['anabranch: 3'])
    expect(files.every(file => existsSync(file))).toBe(true)
    await makeFigure(small, options({ progress }))
    expect(made).toHaveLength(3)
  })

  test('takes a part of the seeds, and each policy that is asked for', async () => {
    const { findings } = await makeFigure(small, options({ policies: [undefined, 'min-rtt'], every: 2 }))
    expect(findings).toEqual(['anabranch: 2', 'min-rtt: 2'])
  })

  test('draws what there is without measuring, if so asked', async () => {
    await expect(makeFigure(small, options({ isDrawnOnly: true }))).rejects.toThrow(/nothing of small yet/)
    await makeFigure(small, options())
    const progress = () => expect.unreachable()
    const { findings } = await makeFigure(small, options({ isDrawnOnly: true, every: 1, progress }))
    expect(findings).toEqual(['anabranch: 3'])
  })
})
