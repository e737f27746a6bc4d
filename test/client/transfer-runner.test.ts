import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import type { FetchEvent } from '../../src/client/fetch-events.ts'
import { createPlanner } from '../../src/client/policies/index.ts'
import { NoRouteError, TransferRunner } from '../../src/client/transfer-runner.ts'
import type { OverlayNode } from '../../src/overlay/node.ts'
import type { ContentRecord } from '../../src/protocol/content-record.ts'
import { routeId } from '../../src/protocol/route-id.ts'

const SEGMENT_BYTES = 1024
const SEGMENTS = 10
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
  it('gives up 20 s after its start when no relay can be reached, however often it tries', async () => {
    const { runner, events } = withRelay(() => Promise.reject(new Error('refused')))
    const outcome = outcomeOf(runner)
    await vi.advanceTimersByTimeAsync(19_900)
    expect(outcome.error).toBeUndefined()
    await vi.advanceTimersByTimeAsync(200)
    expect(outcome.error).toBeInstanceOf(NoRouteError)
    expect(outcome.error?.message).toContain('refused')
    const lost = events.filter(event => event.event === 'route' && event.state === 'lost')
    // At 0, 1, 3, 7 and 15 s.
    expect(lost).toHaveLength(5)
  })

  it('waits as long for a path that was withdrawn to be offered again', async () => {
    const dialled: number[] = []
    const { runner } = withRelay(() => {
      dialled.push(performance.now())
      return Promise.reject(new Error('refused'))
    })
    const outcome = outcomeOf(runner)
    await vi.advanceTimersByTimeAsync(100)
    runner.withdraw(routeId(['relay']))
    await vi.advanceTimersByTimeAsync(14_900)
    expect(dialled).toHaveLength(1)
    runner.offer(pathOver('relay'))
    await vi.advanceTimersByTimeAsync(100)
    expect(dialled).toHaveLength(2)
    expect(outcome.error).toBeUndefined()
    await vi.advanceTimersByTimeAsync(5_000)
    expect(outcome.error).toBeInstanceOf(NoRouteError)
  })

  it('ends at once when it is interrupted', async () => {
    const { runner } = withRelay(() => new Promise(() => {}))
    const interrupted = new AbortController()
    const running = runner.run(interrupted.signal)
    interrupted.abort(new Error('enough'))
    await expect(running).rejects.toThrow('enough')
  })
})

/** A runner that has been offered one path, over a relay that is dialled like this. */
function withRelay(dialProtocol: () => Promise<never>) {
  const events: FetchEvent[] = []
  const runner = new TransferRunner({
    node: { dialProtocol } as unknown as OverlayNode,
    record,
    source: { peerId: 'source', addresses: [] },
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
    startedAtMs: performance.now(),
    onEvent: event => events.push(event)
  })
  runner.offer(pathOver('relay'))
  return { runner, events }
}

function pathOver(relay: string) {
  return { relays: [{ peerId: relay, addresses: [] }] }
}

/** How the run ends, once it has. */
function outcomeOf(runner: TransferRunner): { error?: Error } {
  const outcome: { error?: Error } = {}
  runner.run(new AbortController().signal).catch(error => {
    outcome.error = error
  })
  return outcome
}
