import { apart } from './cases.ts'
import { byCurve, type Figure } from './figure.ts'
import { trialsOf } from './figure-trials.ts'
import { medianCurve } from './median-curve.ts'

const BYTES = 30_000_000
/** Routes through the bottleneck, by the number of the case; only this program can couple them. */
const CASES = [
  { routes: 1, isCoupled: false, words: '1 route' },
  { routes: 4, isCoupled: false, words: '4 routes' },
  { routes: 4, isCoupled: true, words: '4 routes,\ncoupled' }
]
const GOAL = 0.45

/** A bottleneck of 20 Mbit/s between four relays and the source, with one TCP connection of others through it. */
const topologyOf =
  ({ routes, isCoupled }: (typeof CASES)[number]) =>
  (_: number, policy: string) => {
    const relays = [1, 2, 3, 4]
    return `name: competition
congestion: cubic
topology:
  nodes: {src: {role: source}, left: {role: router}, right: {role: router}, ${relays.map(n => `r${n}: {role: relay}`).join(', ')}, dir: {role: director}, cli: {role: client}}
  links:
    - {endpoints: [src, left], rate: 100mbit}
    - {endpoints: [left, right], rate: 20mbit, delay: 10ms, queue: 66}
${relays.map(n => `    - {endpoints: [right, r${n}], rate: 100mbit}\n    - {endpoints: [r${n}, cli], rate: 100mbit, delay: 5ms}`).join('\n')}
    - {endpoints: [dir, cli], delay: 5ms}
content: {size: ${BYTES}B}
client: {routes: ${routes}${isCoupled ? ', fair: coupled' : ''}${policy && `, ${policy}`}}
traffic:
  - {kind: tcp, from: left, to: right}
`
  }

export const competitionFigure: Figure = {
  number: 9,
  name: 'competition',
  title: 'Share that a TCP flow keeps of a bottleneck beside one transfer',
  designs: [],
  trials: {
    means: ['anabranch', 'mptcp', 'aria2'],
    trials: choice =>
      trialsOf(
        CASES.map((one, index) => ({ case: index, topologyOf: topologyOf(one), bytes: BYTES })),
        choice.isSimulated ? 1 : 5,
        choice
      ).filter(({ case: number, means }) => means === 'anabranch' || !CASES[number]!.isCoupled)
  },
  draw({ trials }) {
    const curves = byCurve(trials.filter(({ trafficShare }) => trafficShare !== undefined)).map(
      ([name, rows]) => ({
        ...medianCurve(
          name,
          rows,
          row => row.case,
          ({ trafficShare }) => trafficShare!
        ),
        shape: 'dots' as const
      })
    )
    const ticks = CASES.map(({ words }, at) => ({ at, label: words }))
    return {
      panels: [
        {
          kind: 'curves',
          title: this.title,
          x: { label: 'routes through the bottleneck', from: -0.5, to: CASES.length - 0.5, ticks },
          y: { label: 'share of the TCP flow', from: 0, to: 1 },
          curves: curves.map((curve, index) => apart(curve, index, curves.length)),
          lines: [{ axis: 'y', at: GOAL, label: 'goal' }]
        }
      ],
      findings: curves.map(
        ({ name, points }) =>
          `${name}: ${points.map(({ x, y }) => `${y.toFixed(3)} beside ${ticks[x]?.label.replace('\n', ' ')}`).join(', ')}`
      )
    }
  }
}
