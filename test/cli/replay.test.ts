import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { runCli } from '../../src/cli/main.ts'
import { createPlanner } from '../../src/planner/policies/index.ts'
import { RECORD_VERSION, RecordingPlanner } from '../../src/planner/record/recording.ts'
import { simulate } from '../../src/simulation/index.ts'

let directory: string
let record: string

beforeAll(async () => {
  directory = await mkdtemp(join(tmpdir(), 'replay-'))
  const lines: string[] = []
  const header = { record: RECORD_VERSION, policy: 'proportional' } as const
  simulate({
    sizeBytes: 3_000_000,
    segmentBytes: 32 * 1024,
    routes: [10, 5].map(rate => ({ hops: [{ rateBytesPerSecond: rate * 125_000, delayMs: 10 }] })),
    createPlanner: init =>
      new RecordingPlanner(createPlanner('proportional', init), { ...header, init }, line => lines.push(line))
  })
  record = join(directory, 'fetch.record')
  await writeFile(record, `${lines.join('\n')}\n`)
})

afterAll(() => rm(directory, { recursive: true }))

async function run(...argv: string[]) {
  const out: string[] = []
  const errors: string[] = []
  const code = await runCli('anabranch', ['replay', ...argv], {
    stdout: { write: text => out.push(text) },
    stderr: { write: text => errors.push(text) },
    environment: { HOME: directory }
  })
  return { code, out: out.join(''), errors: errors.join('') }
}

describe('anabranch replay', () => {
  it('says that the same policy decides the same, and shows weights over time', async () => {
    const { code, out } = await run(record)
    expect(code).toBe(0)
    expect(out).toMatch(/^identical: \d+ decisions/)
    expect(out).toMatch(/patterns +\d+ +\d+/)
    expect(out).toMatch(/weights from +A +B/)
  })

  it('prints what another policy would have decided', async () => {
    const { code, out } = await run(record, '--policy', 'fixed')
    expect(code).toBe(0)
    expect(out).toMatch(/0\.000 s {2}pattern AB from segment 0/)
    expect(out).toContain('replayed (fixed)')
  })

  it('tells everything as JSON lines', async () => {
    const { out } = await run(record, '--json')
    const events = out
      .trim()
      .split('\n')
      .map(line => JSON.parse(line))
    expect(new Set(events.map(({ event }) => event))).toEqual(new Set(['decision', 'weights', 'replay']))
    expect(events.at(-1)).toMatchObject({ event: 'replay', identical: true, samePolicy: true, differing: 0 })
    expect(events.find(({ event }) => event === 'weights').weights).toHaveProperty('A')
  })

  it('ends with 3 and the line for a file that is no record', async () => {
    const file = join(directory, 'other.txt')
    await writeFile(file, 'something else\n')
    const { code, errors } = await run(file)
    expect(code).toBe(3)
    expect(errors).toContain('bad at line 1')
  })

  it('leaves out a last line that was cut off, and says so', async () => {
    const file = join(directory, 'cut.record')
    const text = await readFile(record, 'utf8')
    await writeFile(file, text.slice(0, text.lastIndexOf('"decision"')))
    const { code, out, errors } = await run(file)
    expect(code).toBe(0)
    expect(out).toMatch(/^identical: \d+ decisions/)
    expect(errors).toMatch(/^line \d+, the last one, was cut off and is left out\n$/)
  })

  it('ends with 3 for a file that is not there', async () => {
    const { code, errors } = await run(join(directory, 'nowhere'))
    expect(code).toBe(3)
    expect(errors).toContain('cannot be read')
  })

  it('ends with 2 for a policy that there is not', async () => {
    expect((await run(record, '--policy', 'magic')).code).toBe(2)
  })
})
