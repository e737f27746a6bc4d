import type { ChildProcess } from 'node:child_process'
import { once } from 'node:events'
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { runCommand } from '../../src/lab/command.ts'
import { expectNothingLeft, type LabEvent, labIdIn, startLab } from './lab-program.ts'

const TIMEOUT_MS = 240_000
const TOPOLOGY = `name: lab-run-test
topology:
  nodes:
    src: {role: source}
    r1: {role: relay}
    r2: {role: relay, maxRate: 40mbit}
    hub: {role: router}
    dir: {role: director}
    cli: {role: client}
  links:
    - {endpoints: [src, r1], rate: 20mbit, delay: 5ms}
    - {endpoints: [r1, cli], rate: 20mbit, delay: 5ms}
    - {endpoints: [src, hub], rate: 20mbit}
    - {endpoints: [hub, r2]}
    - {endpoints: [r2, cli], rate: 20mbit}
    - {endpoints: [dir, cli], rate: 100mbit, delay: 1ms}
content: {size: 10MB}
events:
  - {at: 1s, link: [src, r1], set: {rate: 10mbit}}
  - {at: 2s, link: [src, r1], reset: true}
expect: {content: identical, routes: ">=2"}
`

/** Waits until the lab says a line of that kind; fails where it ends first. */
async function said(child: ChildProcess, events: LabEvent[], words: RegExp): Promise<void> {
  while (!events.some(event => words.test(String(event.message)))) {
    if (child.exitCode !== null) throw new Error(`the lab ended: ${JSON.stringify(events)}`)
    await Promise.race([once(child.stdout!, 'data'), once(child, 'close')])
  }
}

describe('lab run', () => {
  let directory: string
  let file: string

  beforeAll(async () => {
    directory = await mkdtemp(join(tmpdir(), 'anabranch-lab-test-'))
    file = join(directory, 'topology.yaml')
    await writeFile(file, TOPOLOGY)
  })
  afterAll(() => rm(directory, { recursive: true, force: true }))

  const run = () => startLab('run', file, '--json', '--report', directory)

  test(
    'fetches over real processes, reports, and leaves nothing behind',
    async () => {
      const lab = run()
      const [code] = await lab.ended
      const result = lab.events.find(event => event.event === 'result') as unknown as {
        report: string
        means: { means: string; identical: boolean; efficiency: number }[]
        expectations: { met: boolean }[]
      }
      expect(result.means).toMatchObject([{ means: 'anabranch', identical: true }])
      expect(result.expectations).toHaveLength(2)
      expect(code).toBe(0)
      const html = await readFile(join(result.report, 'report.html'), 'utf8')
      expect(html).toContain('Payload of each route')
      expect(html).not.toMatch(/(src|href)=/)
      const report = JSON.parse(await readFile(join(result.report, 'report.json'), 'utf8'))
      expect(report.courses[0].events.map((event: { what: string }) => event.what)).toEqual([
        'src-r1',
        'src-r1'
      ])
      await expectNothingLeft(labIdIn(lab.events))
    },
    TIMEOUT_MS
  )

  test.concurrent.each<[string, NodeJS.Signals]>([
    ['Ctrl-C', 'SIGINT'],
    ['a terminal that is closed', 'SIGHUP']
  ])(
    '%s takes everything down',
    async (_, signal) => {
      const lab = run()
      await said(lab.child, lab.events, /^fetching/)
      lab.child.kill(signal)
      const [code] = await lab.ended
      expect(code).toBe(130)
      await expectNothingLeft(labIdIn(lab.events))
    },
    TIMEOUT_MS
  )

  test.concurrent(
    'after kill -9 of the lab, lab down takes everything down',
    async () => {
      const lab = run()
      await said(lab.child, lab.events, /^fetching/)
      const labId = labIdIn(lab.events)
      lab.child.kill('SIGKILL')
      await lab.ended
      expect(await runCommand(['ip', 'netns', 'list'])).toContain(labId)
      const [code] = await startLab('down', '--lab', labId, '--json').ended
      expect(code).toBe(0)
      await expectNothingLeft(labId)
    },
    TIMEOUT_MS
  )

  test(
    'compare fetches the same content by every other means',
    async () => {
      const lab = startLab('compare', file, '--only', '--no-limits', '--json', '--report', directory)
      const [code] = await lab.ended
      const result = lab.events.find(event => event.event === 'result') as unknown as {
        means: { means: string; identical: boolean }[]
      }
      expect(result.means.map(({ means, identical }) => [means, identical])).toEqual([
        ['single', true],
        ['aria2', true],
        ['mptcp', true],
        ['static', true]
      ])
      expect(code).toBe(0)
      await expectNothingLeft(labIdIn(lab.events))
    },
    TIMEOUT_MS
  )

  test(
    'compare runs an own script, and captures the packets of a link both ways',
    async () => {
      const script = new URL('../../topology/means/first-route.sh', import.meta.url).pathname
      const flags = [
        '--only',
        '--no-limits',
        '--with',
        script,
        '--pcap',
        'r2-cli',
        '--json',
        '--report',
        directory
      ]
      const lab = startLab('compare', file, ...flags)
      const [code] = await lab.ended
      const result = lab.events.find(event => event.event === 'result') as unknown as {
        report: string
        means: { means: string; identical: boolean }[]
      }
      expect(result.means.map(({ means, identical }) => [means, identical])).toEqual([
        ['./first-route.sh', true]
      ])
      expect(code).toBe(0)
      const packets = await runCommand([
        'tcpdump',
        '-n',
        '-r',
        `${result.report}/pcap/r2-cli.pcap`,
        'tcp port 8080'
      ])
      const lines = packets.split('\n')
      expect(lines.filter(line => /\.8080 >/.test(line)).length).toBeGreaterThan(10)
      expect(lines.filter(line => /> \S+\.8080:/.test(line)).length).toBeGreaterThan(10)
      await expectNothingLeft(labIdIn(lab.events))
    },
    TIMEOUT_MS
  )
})
