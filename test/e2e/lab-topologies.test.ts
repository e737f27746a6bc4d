import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { basename, join } from 'node:path'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { type Document, parseDocument } from 'yaml'
import type { PlayedChange } from '../../src/lab/event-player.ts'
import type { FetchStory } from '../../src/lab/fetch-story.ts'
import type { MeansFigures } from '../../src/lab/report/figures.ts'
import { expectNothingLeft, labIdIn, startLab } from './lab-program.ts'

const TIMEOUT_MS = 240_000

let directory: string
beforeAll(async () => {
  directory = await mkdtemp(join(tmpdir(), 'anabranch-topologies-test-'))
})
afterAll(() => rm(directory, { recursive: true, force: true }))

test(
  'nat-source: relays lead to a source that nobody can dial',
  async () => {
    const routes = await fetchOver('nat-source', '10MB')
    expect(waysOf(carrying(routes))).toEqual(['src r1 cli', 'src r2 cli', 'src r3 cli'])
  },
  TIMEOUT_MS
)

test(
  'dual-stack: relays of either version of IP and of both carry together',
  async () => {
    const routes = await fetchOver('dual-stack', '10MB')
    expect(waysOf(carrying(routes))).toEqual(['src r1 cli', 'src r2 cli', 'src r3 cli'])
  },
  TIMEOUT_MS
)

test(
  'mtu-black-hole: a path that swallows long packets costs nothing of the content',
  async () => {
    const routes = await fetchOver('mtu-black-hole', '8MB')
    expect(waysOf(routes)).toContain('src r3 cli')
    expect(waysOf(carrying(routes))).toEqual(['src r1 cli', 'src r2 cli'])
  },
  TIMEOUT_MS
)

test(
  'two-uplinks: both carry',
  async () => {
    const routes = await fetchOver('two-uplinks', '8MB')
    const uplinks = new Set(carrying(routes).map(({ uplink }) => uplink))
    expect([...uplinks].sort()).toEqual(['84.20.1.2', '92.30.1.2'])
  },
  TIMEOUT_MS
)

test(
  'live-low-latency: what is published comes out while it is made, by all means',
  async () => {
    const { means, routes } = await measuredOver('live-low-latency', '3MB', 'compare')
    expect(means.map(({ means }) => means)).toEqual(['anabranch', 'srt', 'mptcp'])
    for (const { live, identical, failure } of means) {
      expect({ identical, failure }).toEqual({ identical: true, failure: undefined })
      // How much of it is late depends on the machine.
      expect(live!.skippedBytes).toBeLessThan(3_000_000)
      expect(live!.delayMs.median).toBeGreaterThan(20)
    }
    expect(waysOf(routes)).toEqual(['src r1 cli', 'src r2 cli', 'src r3 cli'])
  },
  TIMEOUT_MS
)

test(
  'film-night: the film plays to its end though a relay dies and another is squeezed',
  async () => {
    const file = await changed('film-night', document => {
      document.set('content', { size: '5MB' })
      document.setIn(['events', 0, 'at'], '1s')
      document.setIn(['events', 1, 'at'], '2s')
    })
    const { means, courses } = await reported('run', file)
    expect(means).toMatchObject([{ identical: true, play: { rebuffers: expect.any(Array) } }])
    expect(courses[0]!.events.map(({ what }) => what)).toEqual(['kill r1', 'r2-cli'])
  },
  TIMEOUT_MS
)

type RouteFound = FetchStory['routes'][string] & { bytes: number }

/** The routes that there were in a run of a ready topology with less content, which arrives. */
async function fetchOver(topology: string, contentSize: string): Promise<RouteFound[]> {
  return (await measuredOver(topology, contentSize)).routes
}

/** Runs a ready topology with less content; fails unless that arrives. */
async function measuredOver(topology: string, contentSize: string, command: 'run' | 'compare' = 'run') {
  const file = await changed(topology, document => document.set('content', { size: contentSize }))
  const { story, means } = await reported<{ story: FetchStory }>(command, file)
  const routes: RouteFound[] = Object.entries(story.routes).map(([id, route]) => ({
    ...route,
    bytes: story.done!.routes[id]?.bytes ?? 0
  }))
  return { means, routes }
}

/** Runs a file, and gives its report.json; fails where it does not end well or leaves anything behind. */
async function reported<Story = unknown>(command: 'run' | 'compare', file: string) {
  const lab = startLab(command, file, '--json', '--report', directory)
  const [code] = await lab.ended
  expect(code).toBe(0)
  await expectNothingLeft(labIdIn(lab.events))
  const report = await readFile(join(directory, basename(file, '.yaml'), 'report.json'), 'utf8')
  return JSON.parse(report) as Report & Story
}

interface Report {
  means: MeansFigures[]
  courses: { events: PlayedChange[] }[]
}

/** A changed copy of a ready topology that expects nothing but the content: how fast it comes depends on the machine. */
async function changed(topology: string, change: (document: Document) => void): Promise<string> {
  const document = parseDocument(
    await readFile(new URL(`../../topology/${topology}.yaml`, import.meta.url), 'utf8')
  )
  change(document)
  document.set('expect', { content: 'identical' })
  const file = join(directory, `${topology}.yaml`)
  await writeFile(file, String(document))
  return file
}

const carrying = (routes: RouteFound[]) => routes.filter(({ bytes }) => bytes > 0)

const waysOf = (routes: RouteFound[]) => [...new Set(routes.map(({ nodes }) => nodes.join(' ')))].sort()
