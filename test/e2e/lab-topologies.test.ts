import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { basename, join } from 'node:path'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { type Document, parseDocument } from 'yaml'
import type { PlayedChange } from '../../src/lab/event-player.ts'
import type { FetchStory } from '../../src/lab/fetch-story.ts'
import type { Figures } from '../../src/lab/report/figures.ts'
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
  'crowd: clients serve each other, one that begins later too',
  async () => {
    const report = await reportOf('crowd', document => {
      for (const name of ['c3', 'c4', 'c5', 'c6', 'c7', 'c8']) {
        document.deleteIn(['topology', 'nodes', name])
        document.deleteIn(['topology', 'links', 4])
      }
      document.setIn(['topology', 'nodes', 'c2', 'startAt'], '500ms')
      document.set('content', { size: '8MB' })
    })
    expect(report.group!.clients.map(({ client, identical }) => [client, identical])).toEqual([
      ['c1', true],
      ['c2', true]
    ])
    expect(report.group!.clients[1]!.startSeconds).toBeGreaterThan(0.4)
    const waysFound = report.clients!.flatMap(({ story }) => waysOf(Object.values(story.routes)))
    expect(waysFound).toEqual(expect.arrayContaining(['src c1', 'src c2', 'c1 c2']))
  },
  TIMEOUT_MS
)

test(
  'range: the bytes that are asked for come, and few others',
  async () => {
    const { means } = await reportOf('range', document => {
      document.set('content', { size: '20MB' })
      document.set('client', { range: '10000000-11048575' })
    })
    expect(means[0]!.wireOverhead).toBeLessThan(4)
  },
  TIMEOUT_MS
)

test(
  'film-night: the film plays to its end though a relay dies and another is squeezed',
  async () => {
    const { means, courses } = await reportOf('film-night', document => {
      document.set('content', { size: '5MB' })
      document.setIn(['events', 0, 'at'], '1s')
      document.setIn(['events', 1, 'at'], '2s')
    })
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
  const { story, means } = await reportOf(
    topology,
    document => document.set('content', { size: contentSize }),
    command
  )
  const routes: RouteFound[] = Object.entries(story!.routes).map(([id, route]) => ({
    ...route,
    bytes: story!.done!.routes[id]?.bytes ?? 0
  }))
  return { means, routes }
}

interface Report extends Figures {
  story?: FetchStory
  clients?: { client: string; story: FetchStory }[]
  courses: { events: PlayedChange[] }[]
}

/** The report of a ready topology that was changed; fails unless the content arrives. */
async function reportOf(
  topology: string,
  change: (document: Document) => void,
  command: 'run' | 'compare' = 'run'
): Promise<Report> {
  const file = await changed(topology, change)
  const lab = startLab(command, file, '--json', '--report', directory)
  const [code] = await lab.ended
  expect(code).toBe(0)
  await expectNothingLeft(labIdIn(lab.events))
  return JSON.parse(await readFile(join(directory, basename(file, '.yaml'), 'latest', 'report.json'), 'utf8'))
}

/** A copy of a ready topology that expects nothing but the content: how fast it comes depends on the machine. */
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

const waysOf = (routes: FetchStory['routes'][string][]) =>
  [...new Set(routes.map(({ nodes }) => nodes.join(' ')))].sort()
