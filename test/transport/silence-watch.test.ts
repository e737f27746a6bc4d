import type { MessageStream, StreamMuxer } from '@libp2p/interface'
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import { NODE_LIMITS } from '../../src/transport/limits.ts'
import { createNode, type OverlayNode } from '../../src/transport/node.ts'
import { endWhenSilent, SilentPeerError } from '../../src/transport/silence-watch.ts'
import { VirtualScheduler } from '../virtual-scheduler.ts'

const INTERVAL_MS = NODE_LIMITS.keepAliveIntervalMs
const LIMIT_MS = NODE_LIMITS.silentIntervals * INTERVAL_MS

/** As much of a connection, and of its muxer, as counts here. */
class WatchedConnection extends EventTarget {
  readonly scheduler = new VirtualScheduler()
  readonly errors: unknown[] = []
  readonly muxerErrors: unknown[] = []

  constructor() {
    super()
    const muxer = { abort: (error: Error) => this.muxerErrors.push(error) }
    endWhenSilent(this as unknown as MessageStream, muxer as unknown as StreamMuxer, this.scheduler)
  }

  abort(error: Error): void {
    this.errors.push(error)
    this.dispatchEvent(new Event('close'))
  }

  receive(): void {
    this.dispatchEvent(new Event('message'))
  }
}

describe('a connection on which nothing comes', () => {
  it('is ended, and its streams with it, after some intervals of silence', () => {
    const connection = new WatchedConnection()
    connection.scheduler.advance(LIMIT_MS - 1)
    expect(connection.errors).toEqual([])
    connection.scheduler.advance(1)
    expect(connection.errors).toEqual([expect.any(SilentPeerError)])
    expect(connection.muxerErrors).toEqual(connection.errors)
    expect(connection.scheduler.pendingDelaysMs).toEqual([])
  })

  it('is given the whole time again by anything that comes', () => {
    const connection = new WatchedConnection()
    for (let i = 0; i < 5; i++) {
      connection.scheduler.advance(LIMIT_MS - INTERVAL_MS)
      connection.receive()
    }
    expect(connection.errors).toEqual([])
    connection.scheduler.advance(LIMIT_MS)
    expect(connection.errors).toHaveLength(1)
  })

  it('is no longer watched once it is closed', () => {
    const connection = new WatchedConnection()
    connection.dispatchEvent(new Event('close'))
    expect(connection.scheduler.pendingDelaysMs).toEqual([])
  })
})

describe('a connection between two nodes', () => {
  const nodes: OverlayNode[] = []
  const start = async (listen: string[]) => {
    const node = await createNode({ listen })
    nodes.push(node)
    return node
  }

  beforeEach(() => void vi.useFakeTimers({ toFake: ['setInterval', 'setTimeout', 'clearTimeout'] }))
  afterEach(async () => {
    vi.useRealTimers()
    await Promise.all(nodes.splice(0).map(node => node.stop()))
  })

  it('survives a peer that answers no ping of libp2p, for as long as it answers those of yamux', async () => {
    const server = await start(['/ip4/127.0.0.1/tcp/0'])
    const client = await start([])
    await server.unhandle('/ipfs/ping/1.0.0')
    await server.handle('/ipfs/ping/1.0.0', stream => stream.abort(new Error('not today')))
    const [address] = server.getMultiaddrs()
    const connection = await client.dial(address!)
    for (let passedMs = 0; passedMs <= 2 * LIMIT_MS; passedMs += INTERVAL_MS) {
      vi.advanceTimersByTime(INTERVAL_MS)
      // The peer answers in order: what it was asked before this is answered then.
      await expect(client.services.ping.ping(server.peerId)).rejects.toThrow()
    }
    expect(connection.status).toBe('open')
    expect(client.getConnections()).toEqual([connection])
  })

  it('stays although nobody uses it, for yamux asks often enough', async () => {
    const server = await start(['/ip4/127.0.0.1/tcp/0'])
    const client = await start([])
    const connection = await client.dial(server.getMultiaddrs()[0]!)
    const isAnswered = () => [client, server].every(node => node.getConnections().every(hasNoQuestion))
    for (let passedMs = 0; passedMs <= 2 * LIMIT_MS; passedMs += INTERVAL_MS) {
      vi.advanceTimersByTime(INTERVAL_MS)
      do await new Promise(resolve => setImmediate(resolve))
      while (!isAnswered())
    }
    expect(connection.status).toBe('open')
  })
})

/** yamux has no answer of its peer outstanding. */
function hasNoQuestion(connection: object): boolean {
  return (connection as { muxer?: { activePing?: unknown } }).muxer?.activePing === undefined
}
