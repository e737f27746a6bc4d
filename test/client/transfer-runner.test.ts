import type { Multiaddr } from '@multiformats/multiaddr'
import { describe, expect, it } from 'vitest'
import type { FetchEvent } from '../../src/client/fetch-events.ts'
import { NoRouteError } from '../../src/client/route-errors.ts'
import { TransferRunner } from '../../src/client/transfer-runner.ts'
import { TICK_MS } from '../../src/planner/planner.ts'
import { createPlanner } from '../../src/planner/policies/index.ts'
import type { ContentRecord } from '../../src/protocol/content-record.ts'
import { extentOf } from '../../src/protocol/extent.ts'
import type { OverlayNode } from '../../src/transport/node.ts'
import type { RelayedHandshakes } from '../../src/transport/relayed-handshake.ts'
import { VirtualScheduler } from '../virtual-scheduler.ts'

const SEGMENT_BYTES = 1024
const SEGMENTS = 10
const PATIENCE_MS = 20_000
const RELAY = '12D3KooWPAXd9yiy4cDLXDicYePZWc4y5A1gFTjwtCSHDGXXBavx'
const OTHER = '12D3KooWAYyCdv6TmFCRZeFRqxPVz1YfnfRBi3EXWyJhdJ7z5NJg'
const SOURCE = { peerId: '12D3KooWB96JvDRMNwjceC3FvtmFBgpLLwppWA2imepS2fzBYsUM', addresses: [] }
const record: ContentRecord = {
  name: 'x',
  sizeBytes: SEGMENTS * SEGMENT_BYTES,
  segmentBytes: SEGMENT_BYTES,
  rootHash: new Uint8Array(32),
  sourcePeerId: SOURCE.peerId
}

describe('TransferRunner', () => {
  it('gives up when no relay could be reached for as long as its patience, however often it tries', async () => {
    const { runner, events, pass } = withRelay(() => Promise.reject(new Error('refused')))
    const outcome = outcomeOf(runner)
    await pass(19_900)
    expect(outcome.error).toBeUndefined()
    await pass(200)
    expect(outcome.error).toBeInstanceOf(NoRouteError)
    expect(outcome.error?.message).toContain(`the relay ${RELAY} cannot be reached: refused`)
    const lost = events.filter(event => event.event === 'route' && event.state === 'lost')
    // At 0, 1, 3, 5 s and so on.
    expect(lost).toHaveLength(11)
  })

  it('says that the source cannot be reached where it dials that itself', async () => {
    const { runner, events, pass } = withRelay(() => Promise.reject(new Error('refused')))
    const addresses = ['/ip4/127.0.0.1/tcp/1']
    runner.session.offer({ relays: [], source: { ...SOURCE, addresses } })
    outcomeOf(runner)
    await pass(100)
    const reasons = events.flatMap(event =>
      event.event === 'route' && event.state === 'lost' ? event.reason : []
    )
    expect(reasons).toEqual([
      `the relay ${RELAY} cannot be reached: refused`,
      `the source ${SOURCE.peerId} cannot be reached: refused`
    ])
  })

  it('tries again beside a route that nobody answers, and gives each up in the end', async () => {
    const { runner, dialled, events, pass } = withRelay(() => new Promise(() => {}))
    outcomeOf(runner)
    await pass(1_980)
    expect(dialled).toEqual([RELAY])
    await pass(100)
    expect(dialled).toEqual([RELAY, RELAY])
    await pass(9_900)
    expect(dialled).toEqual([RELAY, RELAY, RELAY])
    expect(events.filter(event => event.event === 'route' && event.state === 'lost')).toEqual([])
    await pass(1_100)
    expect(dialled).toEqual([RELAY, RELAY, RELAY, RELAY])
  })

  it('dials what the director names while it runs', async () => {
    const { runner, dialled, pass } = withRelay(() => Promise.reject(new Error('refused')))
    outcomeOf(runner)
    await pass(100)
    runner.session.follow([pathOver(OTHER)], [pathOver(OTHER)])
    dialled.length = 0
    await pass(40)
    expect(dialled).toEqual([OTHER])
  })

  it('ends at once when it is interrupted, and leaves no timer', async () => {
    const { runner, scheduler } = withRelay(() => new Promise(() => {}))
    const interrupted = new AbortController()
    const running = runner.run(interrupted.signal)
    interrupted.abort(new Error('enough'))
    await expect(running).rejects.toThrow('enough')
    expect(scheduler.pendingDelaysMs).toEqual([])
  })
})

/** A runner that has been offered one path, over a relay that is dialled like this; `dialled` lists whom it dials. */
function withRelay(dial: () => Promise<never>) {
  const events: FetchEvent[] = []
  const dialled: string[] = []
  const scheduler = new VirtualScheduler()
  const dialProtocol = (addresses: Multiaddr[]) => {
    dialled.push(addresses[0]!.toString().split('/').at(-1)!)
    return dial()
  }
  const extent = extentOf(record)
  const runner = new TransferRunner({
    nodeFor: () => ({ dialProtocol, getConnections: () => [] }) as unknown as OverlayNode,
    handshakes: {} as RelayedHandshakes,
    nextSecrets: undefined,
    mayHearOfOthers: false,
    record,
    extent,
    planner: createPlanner('adaptive', { extent, memoryBytes: record.sizeBytes }),
    sink: { write: async () => {} },
    maxRoutes: 8,
    patienceMs: PATIENCE_MS,
    startedAtMs: 0,
    onComplaint: () => {},
    onEvent: event => events.push(event),
    scheduler
  })
  runner.session.offer(pathOver(RELAY))
  /** Lets time pass, and whatever each tick sets going happen. */
  const pass = async (durationMs: number) => {
    for (let passedMs = 0; passedMs < durationMs; passedMs += TICK_MS) {
      scheduler.advance(TICK_MS)
      await new Promise(setImmediate)
    }
  }
  return { runner, events, dialled, scheduler, pass }
}

function pathOver(relay: string) {
  return { relays: [{ peerId: relay, addresses: ['/ip4/127.0.0.1/tcp/1'] }], source: SOURCE }
}

/** How the run ends, once it has. */
function outcomeOf(runner: TransferRunner): { error?: Error } {
  const outcome: { error?: Error } = {}
  runner.run(new AbortController().signal).catch(error => {
    outcome.error = error
  })
  return outcome
}
