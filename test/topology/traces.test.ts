import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { describe, expect, onTestFinished, test } from 'vitest'
import { ConfigurationError } from '../../src/errors.ts'
import { linkChanges, networkSlices } from '../../src/topology/timeline.ts'
import { loadTopology } from '../../src/topology/topology-file.ts'
import { traceAt } from '../../src/topology/trace.ts'
import { parseTrace } from '../../src/topology/trace-formats.ts'

const MBIT = 125_000
const WHOLE = { offsetMs: 0, scale: 1, loops: true }

describe('formats of traces', () => {
  test('lines of seconds and Mbit/s hold until the next one, and are averaged in each step', () => {
    const { steps, ratesBytesPerSecond, delaysMs } = parseTrace('# a log\n0 8\n0.25 4\n0.5 2\n')
    expect(steps).toBe(8)
    expect(ratesBytesPerSecond!.map(rate => rate / MBIT)).toEqual([8, 8, 6, 4, 4, 2, 2, 2])
    expect(delaysMs).toBeUndefined()
  })

  test('CSV has rate, delay and loss by the names of its columns, in any order', () => {
    const trace = parseTrace('loss_percent,cell,delay_ms,seconds,mbit\n1,7,20,100,8\n,7,35.5,100.1,16\n')
    expect(trace).toEqual({
      beganMs: 100_000,
      steps: 2,
      ratesBytesPerSecond: [MBIT * 8, MBIT * 16],
      delaysMs: [20, 35.5],
      losses: [0.01, 0.01]
    })
  })

  test('CSV is read by the columns that a file names', () => {
    const trace = parseTrace('t,"ping"\n0,10\n1,20\n', { time: 't', delay: 'ping' })
    expect(trace.delaysMs).toHaveLength(20)
    expect([trace.delaysMs![9], trace.delaysMs![10], trace.ratesBytesPerSecond]).toEqual([10, 20, undefined])
  })

  test.each([
    ['', 'at least one line'],
    ['0 1\n', 'at least two lines'],
    ['0 1\n1 2 3\n', 'line 2 has not the two numbers'],
    ['0 1\n1 x\n', "line 2 has 'x', which is no number"],
    ['0 1\n-1 2\n', "line 2 has '-1', which is out of range"],
    ['1 1\n0 2\n', 'does not come after the one before it'],
    ['0 1\n99999999 2\n', 'a day long at most'],
    ['seconds,dbm\n0,1\n1,2\n', 'none of the columns mbit, delay_ms, loss_percent'],
    ['time,mbit\n0,1\n1,2\n', "no column 'seconds'"],
    ['seconds,mbit\n0\n1,2\n', 'line 2 has 1 fields, not 2'],
    ['seconds,mbit\n0,\n1,2\n', "line 2 has nothing in the column 'mbit'"],
    ['seconds,loss_percent\n0,1\n1,101\n', 'line 3 has a loss of 101, which is above 100']
  ])('%j is refused: %s', (text, message) => {
    expect(() => parseTrace(text)).toThrow(RangeError)
    expect(() => parseTrace(text)).toThrow(message)
  })
})

describe('following a trace', () => {
  const trace = parseTrace('seconds,mbit,delay_ms\n0,8,10\n0.1,16,20\n')

  test('begins at its offset, is scaled, and starts again or stays', () => {
    const rate = (atMs: number, use = {}) =>
      traceAt(trace, { ...WHOLE, ...use }, atMs).rateBytesPerSecond! / MBIT
    expect([0, 100, 200, 300].map(atMs => rate(atMs))).toEqual([8, 16, 8, 16])
    expect([0, 100].map(atMs => rate(atMs, { offsetMs: 100 }))).toEqual([16, 8])
    expect([0, 100, 200].map(atMs => rate(atMs, { loops: false }))).toEqual([8, 16, 16])
    expect(rate(0, { scale: 0.5 })).toBe(4)
    expect(rate(0, { scale: 1e-9 }) * MBIT).toBe(1000)
    expect(traceAt(trace, { ...WHOLE, scale: 0.5 }, 0).delayMs).toBe(10)
  })
})

const FILE = `name: pair
topology:
  nodes:
    src: {role: source}
    r1: {role: relay}
    r2: {role: relay}
    dir: {role: director}
    cli: {role: client}
  links:
    - {endpoints: [src, r1], rate: 10mbit, trace: a.csv}
    - {endpoints: [r1, cli]}
    - {endpoints: [src, r2], down: {trace: {file: b.csv, scale: 2}}}
    - {endpoints: [r2, cli]}
    - {endpoints: [dir, cli]}
content: {size: 1MB}
`

async function loadedWith(files: Record<string, string>, text = FILE) {
  const directory = await mkdtemp(join(tmpdir(), 'anabranch-traces-test-'))
  onTestFinished(() => rm(directory, { recursive: true, force: true }))
  for (const [name, content] of Object.entries({ ...files, 'pair.yaml': text }))
    await writeFile(join(directory, name), content)
  return await loadTopology(join(directory, 'pair.yaml'))
}

describe('the traces of a topology', () => {
  const a = 'seconds,delay_ms\n1000,10\n1000.2,30\n1000.4,50\n'
  const b = 'seconds,mbit\n1000.2,1\n1000.3,2\n1000.4,3\n1000.5,4\n1000.6,5\n1000.7,6\n'

  test('set what they have, and leave the rest to the link', async () => {
    const { topology, traces } = await loadedWith({ 'a.csv': a, 'b.csv': b })
    const [first, , third] = [...networkSlices(topology, traces, 300)]
    expect(first!.links[0]!.down).toMatchObject({ rateBytesPerSecond: 10 * MBIT, delayMs: 10 })
    expect(third!.links[0]!.up).toMatchObject({ rateBytesPerSecond: 10 * MBIT, delayMs: 30 })
    expect(third!.links[2]!.down.rateBytesPerSecond).toBe(6 * MBIT)
    expect(third!.links[2]!.up.rateBytesPerSecond).toBeUndefined()
    expect([...linkChanges(topology, traces, 300)].map(({ what }) => what)).toEqual([
      'src-r2',
      'src-r1 src-r2'
    ])
  })

  test('of one clock begin together where all have begun, and start again together', async () => {
    const text = `${FILE}traces: {clock: common, offset: 100ms}\n`
    const { topology, traces } = await loadedWith({ 'a.csv': a, 'b.csv': b }, text)
    const states = [...networkSlices(topology, traces, 500)].map(({ links }) => [
      links[0]!.down.delayMs,
      links[2]!.down.rateBytesPerSecond! / MBIT / 2
    ])
    // They have 1000.2 s to 1000.6 s in common, of which the offset leaves out the first step.
    expect(states).toEqual([
      [30, 2],
      [50, 3],
      [50, 4],
      [30, 1],
      [30, 2]
    ])
  })

  test('of one clock need some time in common', async () => {
    const text = `${FILE}traces: {clock: common}\n`
    const loading = loadedWith({ 'a.csv': a, 'b.csv': b.replaceAll('1000.', '2000.') }, text)
    await expect(loading).rejects.toThrow('no time in common')
  })

  test('are told with all their faults', async () => {
    const loading = loadedWith({ 'a.csv': 'seconds,mbit\n0,1\nx,2\n' })
    await expect(loading).rejects.toThrow(ConfigurationError)
    await expect(loading).rejects.toThrow(/a\.csv: line 3 has 'x'.*\n.*cannot read the trace .*b\.csv/)
  })
})
