import { outcomesOf } from '../design/outcomes.ts'
import { empiricalDistribution } from './empirical-distribution.ts'
import { byCurve, type Figure } from './figure.ts'
import { medianWords, shareWords } from './words.ts'

/** The classes of networks, and what each means in words. */
const CLASSES = {
  'low-bdp-clean': 'small bandwidth-delay products, no loss',
  'low-bdp-loss': 'small bandwidth-delay products, loss',
  'high-bdp-clean': 'large bandwidth-delay products, no loss',
  'high-bdp-loss': 'large bandwidth-delay products, loss'
}
const SIZE_BYTES = 20_000_000
/** A benefit below it is slower than the best path alone by more than a run differs from another. */
const SLOWER = -0.05

export const benefitFigure: Figure = {
  number: 1,
  name: 'aggregation-benefit',
  title: 'Experimental aggregation benefit over four classes of networks, 20 MB',
  designs: Object.keys(CLASSES).map(name => ({ name, sizes: [SIZE_BYTES] })),
  draw({ transfers }) {
    const outcomes = outcomesOf(transfers.filter(({ sizeBytes }) => sizeBytes === SIZE_BYTES))
    const findings: string[] = []
    const panels = Object.entries(CLASSES).map(([design, words]) => {
      const groups = byCurve(outcomes.filter(outcome => outcome.design === design))
      const curves = groups.map(([name, some]) => {
        const benefits = some.flatMap(({ benefit }) => benefit ?? [])
        findings.push(
          `${design}, ${name}: ${benefits.length} networks, median ${medianWords(benefits)}, above 0 in ${shareWords(benefits, value => value > 0)}, below ${SLOWER} in ${shareWords(benefits, value => value < SLOWER)}`
        )
        return { name, shape: 'step' as const, points: empiricalDistribution(benefits) }
      })
      return {
        kind: 'curves' as const,
        title: words,
        x: { label: 'aggregation benefit', from: -1, to: 1.5 },
        y: { label: 'share of networks', from: 0, to: 1 },
        curves,
        lines: [{ axis: 'x' as const, at: 0, label: 'best path' }]
      }
    })
    return { panels, findings }
  }
}
