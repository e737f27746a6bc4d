import type { Multiaddr } from '@multiformats/multiaddr'
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import type { FetchEvent } from '../../src/client/fetch-events.ts'
import { NoRouteError, TransferRunner } from '../../src/client/transfer-runner.ts'
import { createPlanner } from '../../src/planner/policies/index.ts'
import type { ContentRecord } from '../../src/protocol/content-record.ts'
import type { OverlayNode } from '../../src/transport/node.ts'

const SEGMENT_BYTES = 1024
const SEGMENTS = 10
const PATIENCE_MS = 20_000
const SOURCE = { peerId: 'source', addresses: [] }
const record: ContentRecord = {
  name: 'x',
  sizeBytes: SEGMENTS * SEGMENT_BYTES,
  segmentBytes: SEGMENT_BYTES,
  rootHash: new Uint8Array(32),
  sourcePeerId: 'source'
}

beforeEach(() => {
  vi.useFakeTimers({ toFake: ['setInterval', 'clearInterval', 'performance'] })
})

afterEach(() => {
  vi.useRealTimers()
})

describe('TransferRunner without a route', () => {
  it('gives up when no relay could be reached for as long as its patience, however often it tries', async () => {
    const { runner, events } = withRelay(() => Promise.reject(new Error('refused')))
    const outcome = outcomeOf(runner)
    await vi.advanceTimersByTimeAsync(19_900)
    expect(outcome.error).toBeUndefined()
    await vi.advanceTimersByTimeAsync(200)
    expect(outcome.error).toBeInstanceOf(NoRouteError)
    expect(outcome.error?.message).toContain('refused')
    const lost = events.filter(event => event.event === 'route' && event.state === 'lost')
    // At 0, 1, 3, 5 s and so on.
    expect(lost).toHaveLength(11)
  })

  it('tells what it waits for and for how long', async () => {
    const { runner, events } = withRelay(() => Promise.reject(new Error('refused')))
    const outcome = outcomeOf(runner)
    await vi.advanceTimersByTimeAsync(3_100)
    expect(outcome.error).toBeUndefined()
    expect(events).toContainEqual({
      event: 'waiting',
      reason: 'the relay relay cannot be reached: refused',
      leftMs: PATIENCE_MS - 3_000,
      atMs: 3_000
    })
  })

  it('tries only what the director named last, and what is new there at once', async () => {
    const { runner, dialled } = withRelay(() => Promise.reject(new Error('refused')))
    outcomeOf(runner)
    await vi.advanceTimersByTimeAsync(100)
    runner.follow({ source: SOURCE, paths: [pathOver('other')] }, [pathOver('other')])
    dialled.length = 0
    await vi.advanceTimersByTimeAsync(5_000)
    expect(new Set(dialled)).toEqual(new Set(['other']))
    runner.follow({ source: SOURCE, paths: [pathOver('relay')] }, [pathOver('relay')])
    dialled.length = 0
    await vi.advanceTimersByTimeAsync(40)
    expect(dialled).toEqual(['relay'])
  })

  it('goes on trying the paths that it knows when the director names none', async () => {
    const { runner, dialled } = withRelay(() => Promise.reject(new Error('refused')))
    outcomeOf(runner)
    await vi.advanceTimersByTimeAsync(100)
    runner.follow({ source: SOURCE, paths: [] }, [])
    dialled.length = 0
    await vi.advanceTimersByTimeAsync(5_000)
    expect(new Set(dialled)).toEqual(new Set(['relay']))
  })

  it('goes on at once from another source that the director names', async () => {
    const { runner, events, dialled } = withRelay(() => Promise.reject(new Error('refused')))
    outcomeOf(runner)
    await vi.advanceTimersByTimeAsync(100)
    const other = { peerId: 'other source', addresses: [] }
    runner.follow({ source: other, paths: [pathOver('far')] }, [pathOver('far')])
    dialled.length = 0
    await vi.advanceTimersByTimeAsync(40)
    expect(dialled).toEqual(['far'])
    expect(events).toContainEqual(expect.objectContaining({ event: 'source', source: 'other source' }))
  })

  it('ends at once when it is interrupted', async () => {
    const { runner } = withRelay(() => new Promise(() => {}))
    const interrupted = new AbortController()
    const running = runner.run(interrupted.signal)
    interrupted.abort(new Error('enough'))
    await expect(running).rejects.toThrow('enough')
  })
})

/** A runner that has been offered one path, over a relay that is dialled like this; `dialled` lists whom it dials. */
function withRelay(dial: () => Promise<never>) {
  const events: FetchEvent[] = []
  const dialled: string[] = []
  const dialProtocol = (addresses: Multiaddr[]) => {
    dialled.push(addresses[0]!.toString().split('/').at(-1)!)
    return dial()
  }
  const runner = new TransferRunner({
    node: { dialProtocol } as unknown as OverlayNode,
    record,
    source: SOURCE,
    firstSeq: 0,
    planner: createPlanner('adaptive', {
      segmentCount: SEGMENTS,
      firstSeq: 0,
      segmentBytes: SEGMENT_BYTES,
      sizeBytes: record.sizeBytes,
      memoryBytes: record.sizeBytes
    }),
    sink: { write: async () => {} },
    maxRoutes: 8,
    patienceMs: PATIENCE_MS,
    startedAtMs: performance.now(),
    onEvent: event => events.push(event)
  })
  runner.offer(pathOver('relay'))
  return { runner, events, dialled }
}

function pathOver(relay: string) {
  return { relays: [{ peerId: relay, addresses: ['/ip4/127.0.0.1/tcp/1'] }] }
}

/** How the run ends, once it has. */
function outcomeOf(runner: TransferRunner): { error?: Error } {
  const outcome: { error?: Error } = {}
  runner.run(new AbortController().signal).catch(error => {
    outcome.error = error
  })
  return outcome
}
