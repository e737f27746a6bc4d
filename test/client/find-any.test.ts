import { describe, expect, it } from 'vitest'
import { findAny, type Way } from '../../src/client/find-any.ts'
import type { RoutePath } from '../../src/client/route-table.ts'
import { VirtualScheduler } from '../virtual-scheduler.ts'

interface Found {
  record: { rootHash: Uint8Array }
  paths: RoutePath[]
  by?: string
}

function found(source: string, relays: string[], by?: string): Found {
  const paths = relays.map(relay => ({
    relays: relay === '' ? [] : [{ peerId: relay, addresses: [] }],
    source: { peerId: source, addresses: [] }
  }))
  const record = { rootHash: new Uint8Array(32) }
  return { record, paths, ...(by === undefined ? {} : { by }) }
}

function run(make: (scheduler: VirtualScheduler) => Way<Found>[], signal = new AbortController().signal) {
  const scheduler = new VirtualScheduler()
  return { scheduler, finding: findAny(make(scheduler) as never[], { signal, scheduler }) as Promise<Found> }
}

function wayOf(scheduler: VirtualScheduler, delayMs: number, result: Found | Error): Way<Found> {
  return signal =>
    new Promise((resolve, reject) => {
      signal.addEventListener('abort', () => reject(signal.reason))
      scheduler.after(delayMs, () => (result instanceof Error ? reject(result) : resolve(result)))
    })
}

/** Lets time pass in steps, each with a turn of the event loop behind it. */
async function pass(scheduler: VirtualScheduler, ms: number): Promise<void> {
  for (let passed = 0; passed < ms; passed += 10) {
    scheduler.advance(10)
    await new Promise(setImmediate)
  }
}

const relaysOf = ({ paths }: Found) => paths.map(({ relays }) => relays.map(({ peerId }) => peerId).join())

describe('several ways to find a content', () => {
  it('give what the first finds, with the paths that others find to any source of the same', async () => {
    const { scheduler, finding } = run(scheduler => [
      wayOf(scheduler, 100, found('S', ['', 'R'])),
      wayOf(scheduler, 50, found('S', ['Q', 'R'], 'director')),
      wayOf(scheduler, 60, found('T', ['P']))
    ])
    await pass(scheduler, 1_000)
    expect(await finding).toMatchObject({ by: 'director' })
    expect(relaysOf(await finding)).toEqual(['Q', 'R', 'P', ''])
  })

  it('wait for the slow ones a moment only, and end them', async () => {
    const ended: unknown[] = []
    const { scheduler, finding } = run(scheduler => [
      wayOf(scheduler, 10, found('S', [''])),
      signal => {
        signal.addEventListener('abort', () => ended.push(scheduler.nowMs()))
        return wayOf(scheduler, 12_000, found('S', ['R']))(signal)
      }
    ])
    await pass(scheduler, 1_000)
    expect(relaysOf(await finding)).toEqual([''])
    expect(ended).toEqual([310])
  })

  it('that is a single one waits for no others', async () => {
    const { scheduler, finding } = run(scheduler => [wayOf(scheduler, 10, found('S', ['']))])
    await pass(scheduler, 10)
    await finding
  })

  it('that all fail give the error of the first in the list', async () => {
    const { scheduler, finding } = run(scheduler => [
      wayOf(scheduler, 100, new Error('first')),
      wayOf(scheduler, 50, new Error('second'))
    ])
    const failed = expect(finding).rejects.toThrow('first')
    await pass(scheduler, 1_000)
    await failed
  })

  it('end with the signal', async () => {
    const stop = new AbortController()
    const { scheduler, finding } = run(scheduler => [wayOf(scheduler, 100, found('S', ['']))], stop.signal)
    const failed = expect(finding).rejects.toThrow('enough')
    await pass(scheduler, 10)
    stop.abort(new Error('enough'))
    await failed
  })
})
