import { readFile } from 'node:fs/promises'
import { describe, expect, test } from 'vitest'
import { parseDocument } from 'yaml'
import { figuresOf } from '../../src/lab/report/figures.ts'
import { resultLines, tableOf } from '../../src/lab/report/tables.ts'
import { simulateTopology } from '../../src/lab/simulate-topology.ts'
import { parseTopology } from '../../src/topology/topology.ts'

/** A ready topology with less content, and its first event sooner by as much as is given. */
async function simulated(name: string, size: string, earlierMs = 0) {
  const document = parseDocument(
    await readFile(new URL(`../../topology/${name}.yaml`, import.meta.url), 'utf8')
  )
  document.set('content', { size })
  const text = String(document)
  const topology = parseTopology(text, `${name}.yaml`)
  const events = topology.events.map(event => ({ ...event, atMs: event.atMs - earlierMs }))
  const loaded = { topology: { ...topology, events }, traces: new Map(), file: `${name}.yaml`, text }
  return simulateTopology(loaded, { startedAt: new Date(0) })
}

const checked = ({ expectations }: Awaited<ReturnType<typeof simulated>>) =>
  Object.fromEntries(expectations.map(({ name, met }) => [name, met]))

describe('ready topologies at a small size, simulated', () => {
  test('three-sources: each carries', async () => {
    const result = await simulated('three-sources', '20MB')
    expect(checked(result)).toMatchObject({ routes: true, content: true, longestStall: true })
    const sources = Object.values(result.story!.routes).map(({ nodes }) => nodes[0])
    expect(sources.sort()).toEqual(['s1', 's2', 's3'])
  })

  test('two-sources-two-relays: the content comes though a source is killed', async () => {
    const result = await simulated('two-sources-two-relays', '30MB', 4_000)
    expect(checked(result)).toMatchObject({ content: true, longestStall: true })
    const lost = Object.values(result.story!.routes).filter(({ states }) =>
      states.some(({ state }) => state === 'lost')
    )
    expect(lost.map(({ nodes }) => nodes[0])).toEqual(['s1', 's1'])
  })

  test('source-joins: the rate of a source that starts meanwhile is used within a second', async () => {
    const result = await simulated('source-joins', '60MB')
    expect(checked(result)).toMatchObject({ content: true, routes: true })
    const [id] = Object.entries(result.story!.routes).find(([, { nodes }]) => nodes[0] === 's2')!
    const bytesAt = (ms: number) =>
      result.story!.progress.findLast(({ atMs }) => atMs <= ms)!.routes[id]?.bytes ?? 0
    const half = (30e6 / 8) * 0.5
    expect(bytesAt(7_000) - bytesAt(6_000)).toBeGreaterThan(half)
  })

  test.each([
    ['live-black-hole', 800, 0],
    // A few segments that were on their way when the route went silent.
    ['live-low-latency', 200, 64 * 1024]
  ])('%s: the stream comes in time', async (name, latencyMs, mostSkipped) => {
    const result = await simulated(name, '12MB', 15_000)
    expect(checked(result)).toMatchObject({ content: true })
    const { live, longestStallMs } = result.measurements[0]!
    expect(live!.skippedBytes).toBeLessThanOrEqual(mostSkipped)
    expect(live!.delayMs.percentile99).toBeLessThanOrEqual(latencyMs)
    expect(longestStallMs).toBeLessThan(latencyMs)
    const figures = figuresOf(result)
    expect(tableOf(figures)[0]).toContain('delay 50 %')
    expect(resultLines(figures).join('\n')).not.toContain('efficiency')
  })
})
