import { describe, expect, it } from 'vitest'
import { percentile, sweepNetwork } from '../../bench/sweep-network.ts'

/** `npm run sweep` tries 2,000. */
const NETWORKS = 90

describe('the default policy over random networks', { timeout: 180_000 }, () => {
  it('gets out of them what they have, and is not slower than their best route', () => {
    const results = Array.from({ length: NETWORKS }, (_, i) => sweepNetwork(i + 1, 'adaptive'))
    const efficiencies = results.map(({ efficiency }) => efficiency)
    expect(percentile(efficiencies, 0.5)).toBeGreaterThanOrEqual(0.97)
    expect(percentile(efficiencies, 0.05)).toBeGreaterThanOrEqual(0.88)
    expect(results.filter(({ ofBestRoute }) => ofBestRoute > 1.02)).toEqual([])
  })
})
