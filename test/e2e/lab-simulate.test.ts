import { execFile } from 'node:child_process'
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { parse } from 'yaml'

const PROGRAM = fileURLToPath(new URL('../../dist/bin/anabranch.js', import.meta.url))
const TIMEOUT_MS = 300_000
/** A measurement that the lab itself says does not count, because the machine was too slow, is made again. */
const MOST_RUNS = 3
/** How far the simulator may be off. The one place where a test looks at how long something takes: that is its question. */
const TOLERANCE = 0.1

/** Rates that a slow machine emulates with ease; contents that take so long that its start-up does not matter much. */
const TOPOLOGIES = {
  'equal-routes': topology('equal-routes', ['rate: 10mbit, delay: 10ms', 'rate: 10mbit, delay: 10ms']),
  'unequal-routes': topology('unequal-routes', [
    'rate: 12mbit, delay: 5ms',
    'rate: 6mbit, delay: 20ms',
    'rate: 3mbit, delay: 40ms'
  ]),
  'changing-rate': topology(
    'changing-rate',
    ['rate: 10mbit, delay: 10ms', 'rate: 10mbit, delay: 10ms'],
    `events:
  - {at: 3s, link: [src, r1], set: {rate: 2mbit}}
  - {at: 7s, link: [src, r1], reset: true}
`
  )
}

interface Report {
  means: { seconds: number; identical: boolean; lostFrames: number }[]
  story: { done?: { seconds: number } }
}

function topology(name: string, routes: string[], rest = ''): string {
  const relays = routes.map((_, index) => `    r${index + 1}: {role: relay}`)
  const links = routes.flatMap((settings, index) => [
    `    - {endpoints: [src, r${index + 1}], ${settings}}`,
    `    - {endpoints: [r${index + 1}, cli], ${settings}}`
  ])
  return `name: ${name}
congestion: cubic
topology:
  nodes:
    src: {role: source}
    dir: {role: director}
    cli: {role: client}
${relays.join('\n')}
  links:
    - {endpoints: [dir, cli], rate: 100mbit, delay: 5ms}
${links.join('\n')}
content: {size: 24MB}
${rest}`
}

describe('the simulator and a real run', () => {
  let directory: string

  beforeAll(async () => {
    directory = await mkdtemp(join(tmpdir(), 'anabranch-lab-test-'))
    for (const [name, text] of Object.entries(TOPOLOGIES)) await writeFile(fileOf(name), text)
  })
  afterAll(() => rm(directory, { recursive: true, force: true }))

  const fileOf = (name: string) => join(directory, `${name}.yaml`)

  /** The report of one command of the lab. */
  async function lab(command: 'run' | 'simulate', name: string): Promise<Report> {
    const argv = [PROGRAM, 'lab', command, fileOf(name), '--json', '--report', directory]
    const { stdout } = await promisify(execFile)(process.execPath, argv)
    const result = stdout
      .trim()
      .split('\n')
      .map(line => JSON.parse(line))
      .find(event => event.event === 'result')
    return JSON.parse(await readFile(join(result.report, 'report.json'), 'utf8'))
  }

  async function measured(name: string): Promise<Report> {
    let report: Report
    let runs = 0
    do {
      report = await lab('run', name)
    } while (++runs < MOST_RUNS && report.means[0]!.lostFrames > 0)
    return report
  }

  test.each(Object.keys(TOPOLOGIES))(
    'take the same time: %s',
    async name => {
      const real = await measured(name)
      const simulated = await lab('simulate', name)
      expect(real.means[0]).toMatchObject({ identical: true, lostFrames: 0 })
      expect(simulated.means[0]).toMatchObject({ identical: true })
      // From the question to the director on: how long a process takes to start is not simulated.
      const ratio = simulated.means[0]!.seconds / real.story.done!.seconds
      expect(ratio).toBeGreaterThanOrEqual(1 - TOLERANCE)
      expect(ratio).toBeLessThanOrEqual(1 + TOLERANCE)
    },
    TIMEOUT_MS
  )

  test('a report that `latest` leads to is compared with the one that is made of it', async () => {
    const [name] = Object.keys(TOPOLOGIES)
    await lab('simulate', name!)
    const { name: called } = parse(TOPOLOGIES[name as keyof typeof TOPOLOGIES])
    const path = join(directory, `${called}-simulated`, 'latest', 'report.json')
    const report = JSON.parse(await readFile(path, 'utf8'))
    report.means[0].seconds *= 2
    await writeFile(path, JSON.stringify(report))
    const argv = [PROGRAM, 'lab', 'reproduce', path, '--report', directory]
    const { stdout } = await promisify(execFile)(process.execPath, argv)
    expect(stdout).toMatch(/anabranch, time: .* -> .* \(x 0\.500\)/)
  })
})
