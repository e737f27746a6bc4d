import { delayIncrease } from '../design/aggregation.ts'
import type { SweepRow } from '../design/outcomes.ts'
import { empiricalDistribution } from './empirical-distribution.ts'
import { byCurve, type Figure, overAllPaths } from './figure.ts'
import { medianWords } from './words.ts'

/** What all paths carry together must exceed the content's rate by so much, or the delay grows without end. */
const ROOM = 1.2
const RATES_KBIT = [500, 1875]

export const rateLimitedFigure: Figure = {
  number: 3,
  name: 'rate-limited',
  title: 'Delay increase of content that is made at a rate, in blocks of 8 KiB',
  designs: [{ name: 'rate-limited', isTogetherOnly: true }],
  draw({ transfers }) {
    const findings: string[] = []
    const panels = RATES_KBIT.map(kbit => {
      const rows = overAllPaths(transfers).filter(
        row => row.liveBytesPerSecond === kbit * 125 && hasRoom(row)
      )
      const curves = byCurve(rows).map(([name, some]) => {
        const increases = some.flatMap(row => increaseOf(row) ?? [])
        findings.push(
          `${kbit} kbit/s, ${name}: ${increases.length} of ${some.length} networks, median ${medianWords(increases, 1)} %`
        )
        return { name, shape: 'step' as const, points: empiricalDistribution(increases) }
      })
      return {
        kind: 'curves' as const,
        title: `${kbit} kbit/s`,
        x: { label: 'delay increase, %', from: 1, to: 10_000, scale: 'log' as const },
        y: { label: 'share of networks', from: 0, to: 1 },
        curves,
        lines: []
      }
    })
    return { panels, findings }
  }
}

function hasRoom({ settings, liveBytesPerSecond = 0 }: SweepRow): boolean {
  const sum = settings.reduce((total, { capacityBytesPerSecond }) => total + capacityBytesPerSecond, 0)
  return sum >= ROOM * liveBytesPerSecond
}

/** By how many per cent the median delay is above the least possible one: a block alone on the path where it is soonest there. */
function increaseOf({ settings, segmentBytes, delayMs }: SweepRow): number | undefined {
  if (!delayMs || segmentBytes === undefined) return undefined
  const least = Math.min(
    ...settings.map(
      ({ roundTripMs, capacityBytesPerSecond }) =>
        roundTripMs / 2 + (1000 * segmentBytes) / capacityBytesPerSecond
    )
  )
  return 100 * delayIncrease(delayMs.median, least)
}
