import { describe, expect, it } from 'vitest'
import { RELAY_SETTINGS } from '../../src/cli/relay-start.ts'
import { resolveSettings } from '../../src/cli/settings.ts'
import { valuesOfWorker, workerHome, workerOf } from '../../src/cli/worker.ts'
import { UsageError } from '../../src/errors.ts'

const usual = resolveSettings(RELAY_SETTINGS, [])

describe('a worker', () => {
  it('is told which one it is by the environment', () => {
    expect(workerOf({ ANABRANCH_WORKER: '2/4' })).toEqual({ number: 2, count: 4 })
    expect(workerOf({})).toBeUndefined()
  })

  it('listens on the next port, also for metrics, and tells it to others', () => {
    const values = {
      ...usual,
      listen: ['/ip4/0.0.0.0/tcp/4003', '/ip6/::/tcp/4003', '/ip4/127.0.0.1/tcp/0'],
      announce: ['/dns/relay.example/tcp/443/tls/ws', '/dnsaddr/relay.example'],
      metrics: { host: '127.0.0.1', port: 9100 }
    }
    const { listen, announce, metrics } = valuesOfWorker(values, { number: 3, count: 4 })
    expect(listen).toEqual(['/ip4/0.0.0.0/tcp/4005', '/ip6/::/tcp/4005', '/ip4/127.0.0.1/tcp/0'])
    expect(announce).toEqual(['/dns/relay.example/tcp/445/tls/ws', '/dnsaddr/relay.example'])
    expect(metrics).toEqual({ host: '127.0.0.1', port: 9102 })
  })

  it('has an equal part of all that is limited', () => {
    const values = { ...usual, maxRate: 1000, maxBytesPerDay: 10, memory: 100, maxSessions: 10 }
    expect(valuesOfWorker(values, { number: 1, count: 4 })).toMatchObject({
      maxRate: 250,
      maxBytesPerDay: 2,
      maxBytesPerMonth: undefined,
      memory: 25,
      maxSessions: 3
    })
  })

  it('lets one session have no more than the whole relay would', () => {
    const values = { ...usual, maxRatePerSession: 100 }
    expect(valuesOfWorker(values, { number: 2, count: 4 }).maxRatePerSession).toBe(100)
  })

  it('is refused a port that does not exist', () => {
    const values = { ...usual, listen: ['/ip4/0.0.0.0/tcp/65534'] }
    expect(valuesOfWorker(values, { number: 2, count: 3 }).listen).toEqual(['/ip4/0.0.0.0/tcp/65535'])
    expect(() => valuesOfWorker(values, { number: 3, count: 3 })).toThrow(UsageError)
  })

  it('has a home of its own below that of the first, who keeps the identity', () => {
    expect(workerHome('/var/relay', undefined)).toBe('/var/relay')
    expect(workerHome('/var/relay', { number: 1, count: 2 })).toBe('/var/relay')
    expect(workerHome('/var/relay', { number: 2, count: 2 })).toBe('/var/relay/worker-2')
  })
})
