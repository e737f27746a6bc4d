import type { Connection } from '@libp2p/interface'
import { afterEach, describe, expect, it, vi } from 'vitest'
import { systemScheduler } from '../../src/scheduler.ts'
import type { Libp2pNode } from '../../src/transport/node.ts'
import { PING_PROTOCOL } from '../../src/transport/ping-answers.ts'
import * as pulse from '../../src/transport/pulse.ts'
import { keepAlive, type Reach, reach } from '../../src/transport/reach.ts'
import { startNode } from './started-node.ts'

const PROTOCOL = '/test/1.0.0'

afterEach(() => {
  vi.restoreAllMocks()
})

describe('reach', () => {
  it('opens a stream over the connection that stands', async () => {
    const { from, to, first } = await connected()
    await open(from, to)
    expect(from.getConnections()).toEqual([first])
  })

  it('goes on with a connection in doubt that answers', async () => {
    const { from, to, first } = await connected()
    inDoubt(first, () => true)
    await open(from, to)
    expect(first.streams.some(({ protocol }) => protocol === PROTOCOL)).toBe(true)
  })

  it('takes a fresh connection where the one that stands is silent, and ends that', async () => {
    const { from, to, first } = await connected()
    inDoubt(first, () => true)
    muted(first)
    const stream = await open(from, to)
    expect(first.status).not.toBe('open')
    expect(from.getConnections()).toHaveLength(1)
    expect(from.getConnections()[0]!.streams).toContain(stream)
  })

  it('finds out that a connection has died while it was idle, after it has sent something over it', async () => {
    const { from, to, first } = await connected()
    let asked = 0
    inDoubt(first, () => asked++ > 0)
    const stream = await open(from, to)
    muted(first)
    await new Promise(resolve => stream.addEventListener('close', resolve))
    expect(first.status).not.toBe('open')
    expect(from.getConnections()).toHaveLength(1)
  })

  it('leaves the old connection alone where something comes over it before the fresh one stands', async () => {
    const { from, to, first } = await connected()
    let asked = 0
    inDoubt(first, () => asked++ < 2)
    muted(first)
    await open(from, to)
    expect(first.status).toBe('open')
    expect(from.getConnections()).toHaveLength(2)
  })

  it('fails with the reason of the dial where neither answers', async () => {
    const { from, to, first } = await connected()
    inDoubt(first, () => true)
    muted(first)
    vi.spyOn(from, 'dial').mockRejectedValue(new Error('no network'))
    await expect(open(from, to)).rejects.toThrow('no network')
    expect(first.status).toBe('open')
  })
})

describe('keepAlive', () => {
  it('dials beside a connection in doubt that does not answer, and ends that', async () => {
    const { from, to, first } = await connected()
    inDoubt(first, () => true)
    muted(first)
    await keepAlive(aim(from, to))
    expect(first.status).not.toBe('open')
    expect(from.getConnections()).toHaveLength(1)
  })

  it('asks a connection that carries streams and has been silent, and no other', async () => {
    const { from, to, first } = await connected()
    const asked = vi.spyOn(first, 'newStream')
    vi.spyOn(pulse, 'silentMs').mockReturnValue(60_000)
    await keepAlive(aim(from, to))
    expect(asked).not.toHaveBeenCalled()
    await open(from, to)
    asked.mockClear()
    await keepAlive(aim(from, to))
    expect(asked.mock.calls.map(([protocol]) => protocol)).toEqual([PING_PROTOCOL])
  })
})

async function connected() {
  const [from, to] = [await startNode([]), await startNode()]
  await to.handle(PROTOCOL, () => {})
  const first = await from.dial(to.getMultiaddrs())
  return { from, to, first }
}

async function open(from: Libp2pNode, to: Libp2pNode) {
  return await reach(aim(from, to))
}

function aim(from: Libp2pNode, to: Libp2pNode): Reach {
  return {
    node: from,
    peerId: to.peerId.toString(),
    addresses: to.getMultiaddrs(),
    protocol: PROTOCOL,
    scheduler: systemScheduler,
    signal: AbortSignal.timeout(10_000)
  }
}

function inDoubt(connection: Connection, isInDoubt: () => boolean): void {
  const isDoubtful = pulse.isDoubtful
  const spy = vi.spyOn(pulse, 'isDoubtful')
  spy.mockImplementation(asked => (asked === connection ? isInDoubt() : isDoubtful(asked)))
}

/** Nobody answers over the connection. */
function muted(connection: Connection): void {
  vi.spyOn(connection, 'newStream').mockImplementation(
    (_, { signal } = {}) =>
      new Promise((_, reject) => signal?.addEventListener('abort', () => reject(signal.reason)))
  )
}
