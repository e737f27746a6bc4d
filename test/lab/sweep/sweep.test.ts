import { appendFileSync, mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { ConfigurationError } from '../../../src/errors.ts'
import { parseDesign } from '../../../src/lab/design/design.ts'
import { outcomesOf, type SweepRow } from '../../../src/lab/design/outcomes.ts'
import { allTransfers, scenariosOf, type Transfer } from '../../../src/lab/design/transfers.ts'
import { simulateTransfer } from '../../../src/lab/sweep/simulated-transfer.ts'
import { runSweep, type SweepProgress } from '../../../src/lab/sweep/sweep.ts'
import { readRows, SweepStore } from '../../../src/lab/sweep/sweep-store.ts'

const TEXT = `name: d
paths: [{capacity: [20mbit, 10mbit], roundTrip: 20ms, queueing: 50ms, loss: 1%}, {capacity: 10mbit, roundTrip: 40ms, queueing: 50ms}]
design: {kind: grid}
size: 5MB
repetitions: 2
`

let directory: string
beforeEach(() => {
  directory = mkdtempSync(join(tmpdir(), 'sweep-'))
})
afterEach(() => rmSync(directory, { recursive: true }))

const open = () => SweepStore.open<Transfer>(directory, { design: TEXT, isSimulated: true })

function sweep(
  store: SweepStore<Transfer>,
  progress: (progress: SweepProgress<Transfer>) => void,
  signal?: AbortSignal
) {
  const design = parseDesign(TEXT, 'd.yaml')
  const choice = { means: ['anabranch'] as const, isSimulated: true }
  return runSweep({
    ...{ name: design.name, store, progress, isSimulated: true, version: '1.2.3' },
    transfers: allTransfers(design, scenariosOf(design, choice), true),
    signal: signal ?? new AbortController().signal,
    log: () => {}
  })
}

describe('a simulated sweep', () => {
  test('makes every transfer once, and each row can be made again from what stands in it', async () => {
    const told: SweepProgress[] = []
    await sweep(open(), progress => told.push(progress))
    expect(told.at(-1)).toMatchObject({ done: 12, total: 12, leftMs: 0 })
    const rows = readRows<Transfer>(directory)
    expect(rows).toHaveLength(12)
    expect(new Set(rows.map(({ key }) => key)).size).toBe(12)
    for (const row of [rows[0]!, rows.at(-1)!]) {
      expect(row).toMatchObject({ design: 'd', version: '1.2.3', links: 'simulator' })
      expect(await simulateTransfer(row)).toEqual({
        ...{ links: row.links, seconds: row.seconds, goodputBytesPerSecond: row.goodputBytesPerSecond },
        ...{ longestStallMs: row.longestStallMs, wireOverhead: row.wireOverhead, efficiency: row.efficiency }
      })
    }
    const outcomes = outcomesOf(rows)
    expect(outcomes).toHaveLength(2)
    expect(outcomes.every(({ benefit }) => benefit! > 0)).toBe(true)
  })

  test('goes on where it was stopped', async () => {
    const stop = new AbortController()
    const first = sweep(open(), () => stop.abort(), stop.signal)
    await expect(first).rejects.toThrow()
    const made = readRows(directory)
    expect(made.length).toBeGreaterThan(0)
    expect(made.length).toBeLessThan(12)
    // A process that was killed may leave half a row.
    appendFileSync(join(directory, 'rows.jsonl'), '{"design":"d","poi')
    const keys: string[] = []
    await sweep(open(), ({ rows }) => keys.push(...rows.map(({ key }) => key)))
    expect(keys).toHaveLength(12 - made.length)
    expect(readRows(directory)).toHaveLength(12)
  })
})

describe('the folder of a sweep', () => {
  const row = { key: 'k', links: 'simulator', lostFrames: 0 } as SweepRow

  test('takes no other design, and no real rows beside simulated ones', () => {
    open().add(row)
    const other = { design: TEXT.replace('5MB', '2MB'), isSimulated: true }
    expect(() => SweepStore.open(directory, other)).toThrow(ConfigurationError)
    expect(() => SweepStore.open(directory, { design: TEXT, isSimulated: false })).toThrow(/simulated sweep/)
  })

  test('has a transfer only where its row counts', () => {
    const store = open()
    store.add({ ...row, lostFrames: 3 })
    expect(store.has('k')).toBe(false)
    store.add(row)
    expect(store.has('k')).toBe(true)
    expect(readFileSync(join(directory, 'rows.jsonl'), 'utf8').split('\n')).toHaveLength(3)
  })

  test('tells where there is none', () => {
    expect(() => readRows(join(directory, 'none'))).toThrow(ConfigurationError)
  })
})
