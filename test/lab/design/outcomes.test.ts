import { describe, expect, test } from 'vitest'
import { csv } from '../../../src/lab/csv.ts'
import { parseDesign } from '../../../src/lab/design/design.ts'
import { outcomesOf, type SweepRow } from '../../../src/lab/design/outcomes.ts'
import { quantile } from '../../../src/lab/design/quantile.ts'
import { summariesOf } from '../../../src/lab/design/summary.ts'
import { outcomesCsv } from '../../../src/lab/design/tables.ts'
import { allTransfers, scenariosOf } from '../../../src/lab/design/transfers.ts'

const design = parseDesign(
  `name: d
paths: [{capacity: [8mbit, 16mbit], roundTrip: 10ms, loss: 1%}, {capacity: 8mbit}]
design: {kind: grid}
order: each
size: 1MB
repetitions: 3
`,
  'd.yaml'
)

/** Rows with the goodput, in MB/s, that is given for the paths of a transfer and its repetition. */
function rowsWith(goodputs: Record<string, number[]>): SweepRow[] {
  const scenarios = scenariosOf(design, { means: ['anabranch'], isSimulated: true })
  return allTransfers(design, scenarios, true).map(transfer => {
    const goodput = goodputs[transfer.paths.join()]![transfer.repetition - 1]! * 1e6
    return {
      ...{ design: 'd', version: '1', startedAt: '', links: 'simulator', longestStallMs: 0, wireOverhead: 1 },
      ...transfer,
      seconds: transfer.bytes / goodput,
      goodputBytesPerSecond: goodput,
      ...(goodput === 0 ? { failure: 'not done' } : {})
    }
  })
}

describe('outcomes of a sweep', () => {
  const rows = rowsWith({ '1': [1, 9, 2], '2': [1, 1, 1], '1,2': [3, 2, 2.5], '2,1': [0, 1, 0] })

  test('are medians over the repetitions, against each path alone', () => {
    const [first, second] = outcomesOf(rows)
    expect(first).toMatchObject({ point: 0, order: [1, 2], repetitions: 3, failures: 0 })
    expect(first).toMatchObject({ aloneBytesPerSecond: [2e6, 1e6], benefit: 0.5, timeRatio: 1.25 })
    // The capacities are 1 MB/s each: more than the best one alone by 1.5 of the other.
    expect(first!.theoreticalBenefit).toBe(1.5)
    expect(second).toMatchObject({
      order: [2, 1],
      failures: 2,
      benefit: -1,
      timeRatio: 0,
      timeRatioToFirst: 0
    })
  })

  test('have the settings of path 1 first whatever the order is', () => {
    const rates = outcomesOf(rows).map(({ paths }) => paths.map(path => path.capacityBytesPerSecond / 1e6))
    expect(rates).toEqual([
      [1, 1],
      [1, 1],
      [2, 1],
      [2, 1]
    ])
  })

  test('leave out networks of which a path alone is missing, and rows that do not count', () => {
    expect(outcomesOf(rows.filter(({ point, paths }) => point > 0 || paths.join() !== '2'))).toHaveLength(2)
    const busy = rows.map(row => ({ ...row, lostFrames: row.repetition === 3 ? 4 : 0 }))
    expect(outcomesOf(busy)[0]).toMatchObject({ repetitions: 2, aloneBytesPerSecond: [5e6, 1e6] })
  })

  test('are summed up by class', () => {
    const [summary, ...others] = summariesOf(outcomesOf(rows))
    expect(others).toEqual([])
    expect(summary).toMatchObject({ scenarios: 4, failed: 2 })
    expect(summary!.benefit).toMatchObject({ median: -0.25, least: -1, aboveZero: 0.5, below: 0.5 })
  })

  test('stand in a table with one line a network', () => {
    const [head, ...lines] = outcomesCsv(outcomesOf(rows)).trimEnd().split('\n')
    const cells = Object.fromEntries(head!.split(',').map((name, at) => [name, lines[0]!.split(',')[at]]))
    expect(lines).toHaveLength(4)
    expect(cells).toMatchObject({ order: '1 2', path1_capacity_mbit: '8', benefit: '0.5', seconds: '0.4' })
  })
})

test('a table quotes what would break it', () => {
  expect(
    csv([
      ['a', 'b'],
      ['x,"y"', undefined]
    ])
  ).toBe('a,b\n"x,""y""",\n')
})

test('a quantile lies between two values in proportion', () => {
  expect(quantile([4, 1, 3, 2], 0.5)).toBe(2.5)
  expect(quantile([1, 2, 3], 0)).toBe(1)
  expect(quantile([], 0.5)).toBeNaN()
})
