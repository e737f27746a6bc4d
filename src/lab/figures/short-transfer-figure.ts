import { outcomesOf } from '../design/outcomes.ts'
import { empiricalDistribution } from './empirical-distribution.ts'
import { byCurve, type Figure } from './figure.ts'
import { medianWords, shareWords } from './words.ts'

const SIZE_BYTES = 256_000
/** Ratio from which on several paths cost at most a tenth more time than the best one alone. */
const HARDLY_SLOWER = 1 / 1.1

export const shortTransferFigure: Figure = {
  number: 2,
  name: 'short-transfer',
  title: 'Time over the best path alone / time over all paths, 256 kB',
  designs: ['low-bdp-clean', 'low-bdp-loss'].map(name => ({ name, sizes: [SIZE_BYTES] })),
  draw({ transfers }) {
    const outcomes = outcomesOf(transfers.filter(({ sizeBytes }) => sizeBytes === SIZE_BYTES))
    const findings: string[] = []
    const panels = this.designs.map(({ name: design }) => {
      const groups = byCurve(outcomes.filter(outcome => outcome.design === design))
      const curves = groups.map(([name, some]) => {
        const ratios = some.map(({ timeRatio }) => timeRatio)
        findings.push(
          `${design}, ${name}: ${ratios.length} networks, median ${medianWords(ratios)}, at most 1.1 x the time of the best path in ${shareWords(ratios, value => value >= HARDLY_SLOWER)}`
        )
        return { name, shape: 'step' as const, points: empiricalDistribution(ratios) }
      })
      return {
        kind: 'curves' as const,
        title: design,
        x: { label: 'time over the best path / time over all', from: 0, to: 2 },
        y: { label: 'share of networks', from: 0, to: 1 },
        curves,
        lines: [{ axis: 'x' as const, at: 1, label: 'as fast' }]
      }
    })
    return { panels, findings }
  }
}
