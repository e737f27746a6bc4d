import { describe, expect, test } from 'vitest'
import { ConfigurationError } from '../../src/errors.ts'
import { simulateTopology } from '../../src/lab/simulate-topology.ts'
import { loadTopology } from '../../src/topology/topology-file.ts'

async function simulated(name: string, seed?: number) {
  const loaded = await loadTopology(new URL(`../../topology/${name}.yaml`, import.meta.url).pathname)
  return simulateTopology(loaded, { startedAt: new Date(0), ...(seed === undefined ? {} : { seed }) })
}

describe('ready topologies with networks over time, simulated', () => {
  test.each([
    'beside-tcp-one-route',
    'beside-tcp-four-routes-coupled',
    'cross-traffic',
    'leo-steps',
    'trace-pair',
    'loss-bursts'
  ])(
    '%s: meets what it expects',
    async name => {
      const { expectations } = await simulated(name)
      expect(expectations.filter(({ met }) => !met)).toEqual([])
      expect(expectations.length).toBeGreaterThan(1)
    },
    30_000
  )

  test('beside four routes a TCP connection of others keeps less than is wanted', async () => {
    const { expectations } = await simulated('beside-tcp-four-routes')
    expect(expectations.map(({ met }) => met)).toEqual([false, true])
  })

  test('one route leaves a TCP connection of others more than four do', async () => {
    const share = async (name: string) => (await simulated(name)).measurements[0]!.traffic![0]!.share!
    expect(await share('beside-tcp-one-route')).toBeGreaterThan(1.3 * (await share('beside-tcp-four-routes')))
  })

  test('what has a constant rate gets through, and web makes its mean rate', async () => {
    const { measurements } = await simulated('cross-traffic')
    const [udp, web] = measurements[0]!.traffic!
    expect((udp!.goodputBytesPerSecond * 8) / 12e6).toBeCloseTo(1200 / 1242, 2)
    expect(web!.bytes).toBeGreaterThan(1_000_000)
  })

  test('the same seed loses the same packets', async () => {
    const ms = async (seed: number) => (await simulated('loss-bursts', seed)).measurements[0]!.completionMs
    expect(await ms(2)).toBe(await ms(2))
    expect(await ms(3)).not.toBe(await ms(2))
  })

  test('a network that reorders is refused', async () => {
    await expect(simulated('reordering')).rejects.toThrow(ConfigurationError)
    await expect(simulated('reordering')).rejects.toThrow('no model of topology.links.1.reorder')
  })
})
