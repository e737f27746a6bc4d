import { describe, expect, test } from 'vitest'
import { ConfigurationError, UsageError } from '../../src/errors.ts'
import { chartsOf } from '../../src/lab/report/charts.ts'
import { figuresOf } from '../../src/lab/report/figures.ts'
import { drawPicture } from '../../src/lab/report/picture.ts'
import { resultLines } from '../../src/lab/report/tables.ts'
import { type SimulateOptions, simulateTopology } from '../../src/lab/simulate-topology.ts'
import { PAYLOAD_SHARE } from '../../src/topology/topology.ts'
import { loadTopology } from '../../src/topology/topology-file.ts'
import { aroundRouter, behindRouter, parallelRoutes } from './fixtures.ts'

const EVENTS = `events:
  - {at: 1s, link: [src, r1], set: {rate: 4mbit}}
  - {at: 1500ms, node: r2, action: kill}
  - {at: 2s, node: r2, action: start}
expect: {routes: "<=2", content: identical}
`

function simulated(
  topology = parallelRoutes(['rate: 16mbit, delay: 5ms', 'rate: 16mbit, delay: 10ms'], EVENTS),
  options: Partial<SimulateOptions> = {}
) {
  const loaded = { topology, traces: new Map(), file: 'test.yaml', text: '' }
  return simulateTopology(loaded, { startedAt: new Date(0), ...options })
}

describe('a topology in the simulator', () => {
  test('has the story, the courses and the figures of a run', () => {
    const result = simulated()
    const [ours] = result.measurements
    expect(ours).toMatchObject({ means: 'anabranch', identical: true, lostFrames: 0 })
    expect(ours!.efficiency).toBeCloseTo(result.idealMs / ours!.completionMs, 9)
    expect(ours!.wireOverhead).toBeGreaterThan(1)
    expect(ours!.played.map(({ atMs, what }) => [atMs, what])).toEqual([
      [1_000, 'src-r1'],
      [1_500, 'kill r2'],
      [2_000, 'start r2']
    ])
    expect(ours!.progress.at(-1)).toEqual({ atMs: ours!.completionMs, bytes: 10_000_000 })
    expect(result.story!.done!.seconds).toBe(ours!.completionMs / 1000)
    expect(result.story!.routes.B).toMatchObject({ nodes: ['src', 'r2', 'cli'] })
    expect(result.story!.routes.B!.states.map(({ state }) => state)).toEqual(['open', 'lost'])
    expect([...chartsOf(result).keys()]).toEqual(['rates', 'weights', 'reorder', 'progress'])
  })

  test('is one picture, which says what becomes of the routes', () => {
    const picture = drawPicture(simulated())!
    // The words of B's fall would stand in those of A's.
    expect(picture.match(/(A|B) (falls|rises) to \d+/g)).toEqual(['A falls to 4', 'B rises to 15'])
    expect(picture.match(/class="mark"/g)).toHaveLength(2 * 3)
    expect(picture).toContain('prefers-color-scheme: dark')
    expect(picture.match(/<path d="M[\d .L]+Z" class="r[01]"/g)).toHaveLength(4)
  })

  test('counts on each link what came over it', () => {
    const result = simulated(parallelRoutes(['rate: 16mbit, delay: 5ms', 'rate: 8mbit, delay: 5ms']))
    const { links } = result.measurements[0]!
    const carried = links.at(-1)!.bytes.map(({ down }) => down / 10_000_000)
    const [director, first, second, third, fourth] = carried
    expect(director).toBe(0)
    expect(first! + third!).toBeCloseTo(1.05, 1)
    expect([second, fourth]).toEqual([expect.closeTo(first!, 3), expect.closeTo(third!, 3)])
    expect(links.every(({ atMs }, index) => index === 0 || atMs > links[index - 1]!.atMs)).toBe(true)
  })

  test('counts what routes share once, on the link and in the ideal time', () => {
    const result = simulated(behindRouter())
    expect(result.idealMs).toBeCloseTo((60e6 / ((50e6 / 8) * PAYLOAD_SHARE)) * 1000, 0)
    const [ours] = result.measurements
    expect(ours!.efficiency).toBeGreaterThan(0.95)
    expect(ours!.efficiency).toBeLessThan(1)
    const [shared, first, second] = ours!.links.at(-1)!.bytes.map(({ down }) => down)
    expect(first! + second!).toBeCloseTo(shared!, 0)
  })

  test('passes one router as often as the routes do', () => {
    const result = simulated(aroundRouter())
    expect(result.story!.routes.A!.nodes).toEqual(['src', 'r1', 'cli'])
    expect(result.measurements[0]!.efficiency).toBeGreaterThan(0.9)
    expect(result.measurements[0]!.efficiency).toBeLessThan(1)
  })

  test('tells which routes share a bottleneck, and none where none do', async () => {
    const told = async (name: string) => {
      const loaded = await loadTopology(`topology/${name}.yaml`)
      const result = simulateTopology(loaded, { startedAt: new Date(0) })
      const notes = figuresOf(result).notes.slice(result.notes?.length ?? 0)
      return notes.map(note => note.match(/\br\d\b/g))
    }
    expect(await told('shared-bottleneck')).toEqual([['r1', 'r2']])
    expect(await told('three-equal-routes')).toEqual([])
  })

  test('a path that comes back is a further route, but none that `expect` counts', () => {
    const result = simulated()
    expect(Object.keys(result.story!.routes)).toEqual(['A', 'B', 'C'])
    expect(result.expectations.map(({ name, measured, met }) => [name, measured, met])).toEqual([
      ['routes', '2', true],
      ['content', 'identical', true]
    ])
    const titles = chartsOf(result)
      .get('rates')!
      .panels.map(({ title }) => title)
    expect(titles).toEqual(['route A: src - r1 - cli', 'route B, C: src - r2 - cli'])
  })

  test('is the same every time, but for losses with another seed', () => {
    const topology = parallelRoutes(['rate: 16mbit, delay: 10ms, loss: 1%'])
    expect(simulated(topology)).toEqual(simulated(topology))
    expect(simulated(topology, { seed: 2 }).measurements).not.toEqual(simulated(topology).measurements)
  })

  test('a policy goes before the one of the file, and an unknown one is refused', () => {
    const proportional = simulated(undefined, { policy: 'proportional' })
    expect(proportional.story!.patterns).not.toEqual(simulated().story!.patterns)
    expect(() => simulated(undefined, { policy: 'best' })).toThrow(UsageError)
  })

  test('a content that never comes is a failure', () => {
    const result = simulated(
      parallelRoutes(['rate: 16mbit'], 'events:\n  - {at: 1s, node: src, action: kill}\n')
    )
    expect(result.measurements[0]).toMatchObject({ identical: false, efficiency: 0 })
    expect(result.measurements[0]!.failure).toContain('was not through')
    expect(result.story!.done).toBeUndefined()
  })

  test.each([
    ['client.play', 'client: {play: {rate: 8mbit, buffer: 2s}}'],
    ['events.0.interface', 'events: [{at: 1s, node: cli, link: [r1, cli], interface: vanish}]'],
    ['events.0.address', 'events: [{at: 1s, node: cli, link: [r1, cli], address: change}]'],
    ['events.0.action: suspend', 'events: [{at: 1s, node: r1, action: suspend}]']
  ])('has no model of %s, and says so', (key, rest) => {
    const run = () => simulated(parallelRoutes(['rate: 16mbit'], rest))
    expect(run).toThrow(ConfigurationError)
    expect(run).toThrow(`test.yaml: the simulator has no model of ${key}`)
  })

  test('has no model of small MTUs, and says so', () => {
    expect(() => simulated(parallelRoutes(['rate: 16mbit, mtu: 1400']))).toThrow('topology.links.1.mtu')
  })

  test('has no model of several clients, and says so', async () => {
    const loaded = await loadTopology('topology/crowd.yaml')
    const run = () => simulateTopology(loaded, { startedAt: new Date(0) })
    expect(run).toThrow(ConfigurationError)
    expect(run).toThrow('crowd.yaml: the simulator has no model of several clients')
  })

  test('a range is its bytes alone', async () => {
    const result = simulateTopology(await loadTopology('topology/range.yaml'), { startedAt: new Date(0) })
    expect(result.measurements[0]).toMatchObject({ identical: true })
    expect(result.measurements[0]!.progress.at(-1)!.bytes).toBe(1024 ** 2)
    expect(resultLines(figuresOf(result)).join('\n')).toContain('Bytes 500000000-501048575 of a content of')
  })

  test('says what it leaves out', () => {
    const result = simulated(parallelRoutes(['rate: 16mbit, delay: 9ms, jitter: 3ms']))
    const text = resultLines(figuresOf(result)).join('\n')
    expect(text).toContain('processors and the kernel are left out')
    expect(text).toContain('jitter is left out')
  })
})
