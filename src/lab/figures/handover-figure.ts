import type { LiveDelay } from '../live-figures.ts'
import { estimate } from '../report/bootstrap.ts'
import { byCurve, type Figure } from './figure.ts'
import { trialsOf } from './figure-trials.ts'

const REQUEST_BYTES = 10_240
const REQUEST_MS = 250
const REQUESTS = 40
const BLACK_FROM_MS = 3_000
/** A real lab makes parts up to so much later than their rate would have it. */
const MADE_LATE_MS = 10
/** What a request may be late by. */
const LATE_MS = 200

const RATE_BIT = (REQUEST_BYTES * 8 * 1000) / REQUEST_MS

/** Two paths of 100 Mbit/s and 40 and 30 ms; the first is black from 3 s on. */
const topologyOf = (_: number, policy: string) => `name: handover
congestion: cubic
topology:
  nodes: {src: {role: publish, rate: ${RATE_BIT}bit}, r1: {role: relay}, r2: {role: relay}, dir: {role: director}, cli: {role: client}}
  links:
    - {endpoints: [src, r1]}
    - {endpoints: [r1, cli], rate: 100mbit, delay: 20ms, queue: 400}
    - {endpoints: [src, r2], delay: 1ms}
    - {endpoints: [r2, cli], rate: 100mbit, delay: 14ms, queue: 400}
    - {endpoints: [dir, cli]}
content: {size: ${REQUESTS * REQUEST_BYTES}B, segmentSize: ${REQUEST_BYTES}B}
client: {routes: 2, start: begin${policy && `, ${policy}`}}
events:
  - {at: ${BLACK_FROM_MS}ms, link: [r1, cli], down: true}
`

export const handoverFigure: Figure = {
  number: 8,
  name: 'handover',
  title: 'Delay of requests of 10 kB each 250 ms, the path in use is black from 3 s on',
  designs: [],
  trials: {
    means: ['anabranch', 'mptcp'],
    trials: choice =>
      trialsOf(
        [{ case: 0, topologyOf, bytes: REQUESTS * REQUEST_BYTES }],
        choice.isSimulated ? 1 : 10,
        choice
      )
  },
  draw({ trials }) {
    const groups = byCurve(trials.filter(({ delays }) => delays !== undefined))
    const curves = groups.map(([name, rows]) => {
      const requests = Map.groupBy(
        rows.flatMap(({ delays }) => requestDelays(delays!)),
        ({ number }) => number
      )
      const points = [...requests].map(([number, some]) => {
        const { median, low, high } = estimate(some.map(({ delayMs }) => delayMs))
        return { x: ((number + 1) * REQUEST_MS) / 1000, y: median, low, high }
      })
      return { name, shape: 'line' as const, points: points.toSorted((a, b) => a.x - b.x) }
    })
    const most = Math.max(100, ...curves.flatMap(({ points }) => points.map(({ high }) => high)))
    const findings = curves.map(({ name, points }) => {
      const usual = estimate(points.slice(0, 10).map(({ y }) => y)).median
      const late = points.filter(({ y }) => y > usual + LATE_MS)
      const worst = Math.max(...points.map(({ y }) => y))
      return `${name}: ${late.length} of ${points.length} requests late by more than ${LATE_MS} ms, the worst took ${worst.toFixed(0)} ms, usual are ${usual.toFixed(0)} ms`
    })
    return {
      panels: [
        {
          kind: 'curves',
          title: this.title,
          x: { label: 'time of the request, s', from: 0, to: (REQUESTS * REQUEST_MS) / 1000 },
          y: { label: 'delay, ms', from: 10, to: 10 ** Math.ceil(Math.log10(most)), scale: 'log' },
          curves,
          lines: [{ axis: 'x', at: BLACK_FROM_MS / 1000, label: 'black' }]
        }
      ],
      findings
    }
  }
}

/** A request is made when the last part of it is, and is there when that is; delays are in the order of their parts. */
function requestDelays(delays: readonly LiveDelay[]): { number: number; delayMs: number }[] {
  const parts = Map.groupBy(delays, ({ madeAtMs }) =>
    Math.max(0, Math.ceil((madeAtMs - MADE_LATE_MS) / REQUEST_MS) - 1)
  )
  return [...parts].map(([number, some]) => ({ number, delayMs: some.at(-1)!.delayMs }))
}
