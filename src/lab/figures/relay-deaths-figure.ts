import { createRandom } from '../../simulation/random.ts'
import { quantile } from '../design/quantile.ts'
import { empiricalDistribution } from './empirical-distribution.ts'
import { byCurve, type Figure } from './figure.ts'
import { trialsOf } from './figure-trials.ts'
import { medianWords } from './words.ts'

const BYTES = 40_000_000
const RELAYS = 4
const SEEDS = 100
/** Time in which relays die: from when all carry something to about the end, if none did. */
const FROM_MS = 500
const TO_MS = 4_000

const topologyOf = (deaths: number) => (seed: number, policy: string) => {
  const random = createRandom(seed)
  const relays = Array.from({ length: RELAYS }, (_, index) => `r${index + 1}`)
  const order = relays
    .map(relay => ({ relay, at: random() }))
    .sort((a, b) => a.at - b.at)
    .slice(0, deaths)
  const events = order.map(
    ({ relay }) =>
      `  - {at: ${Math.round(FROM_MS + random() * (TO_MS - FROM_MS))}ms, node: ${relay}, action: kill}`
  )
  return `name: relay-deaths
congestion: cubic
topology:
  nodes: {src: {role: source}, ${relays.map(relay => `${relay}: {role: relay}`).join(', ')}, dir: {role: director}, cli: {role: client}}
  links:
${relays.map(relay => `    - {endpoints: [src, ${relay}], delay: 10ms}\n    - {endpoints: [${relay}, cli], rate: 20mbit, delay: 10ms, queue: 130}`).join('\n')}
    - {endpoints: [dir, cli], delay: 5ms}
content: {size: ${BYTES}B}
client: {routes: ${RELAYS}${policy && `, ${policy}`}}
events:
${events.join('\n')}
`
}

export const relayDeathsFigure: Figure = {
  number: 12,
  name: 'relay-deaths',
  title: `Longest stall while relays of ${RELAYS} die at random times`,
  designs: [],
  trials: {
    means: ['anabranch'],
    trials: choice =>
      trialsOf(
        [1, 2, 3].map(deaths => ({ case: deaths, topologyOf: topologyOf(deaths), bytes: BYTES })),
        SEEDS,
        choice
      )
  },
  draw({ trials }) {
    const findings: string[] = []
    const groups = byCurve(trials).flatMap(([name, rows]) =>
      [...Map.groupBy(rows, row => row.case)]
        .toSorted(([a], [b]) => a - b)
        .map(([deaths, some]) => [`${name}, ${deaths}`, some] as const)
    )
    const curves = groups.map(([name, rows]) => {
      const stalls = rows.map(({ longestStallMs, failure }) =>
        failure === undefined ? longestStallMs : Number.POSITIVE_INFINITY
      )
      const failed = rows.filter(({ failure }) => failure !== undefined).length
      findings.push(
        `${name} of ${RELAYS} relays die: ${rows.length} runs, ${failed} failed, median ${medianWords(stalls, 0)} ms, 95th percentile ${quantile(stalls, 0.95).toFixed(0)} ms`
      )
      return { name: `${name} dead`, shape: 'step' as const, points: empiricalDistribution(stalls) }
    })
    return {
      panels: [
        {
          kind: 'curves',
          title: this.title,
          x: { label: 'longest stall, ms', from: 10, to: 10_000, scale: 'log' },
          y: { label: 'share of the runs', from: 0, to: 1 },
          curves,
          lines: [{ axis: 'x', at: 400, label: 'goal of 95 %' }]
        }
      ],
      findings
    }
  }
}
