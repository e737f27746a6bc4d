import { describe, expect, it, onTestFinished, vi } from 'vitest'
import { encodeRouteFrame } from '../../src/protocol/route-codec.ts'
import { KINDS } from '../../src/protocol/route-kinds.ts'
import { systemScheduler } from '../../src/scheduler.ts'
import type { LaneLimits, LaneReaderHandlers } from '../../src/transport/lanes.ts'
import { createNode, type Libp2pNode } from '../../src/transport/node.ts'
import { StreamToClient } from '../../src/transport/stream-to-client.ts'
import { StreamToSource } from '../../src/transport/stream-to-source.ts'

const PROTOCOL = '/anabranch/test/1.0.0'
const EAGER = { stretchBytes: 20_000, leastBytesPerSecond: 1, connectMs: 10_000 }
const SEALED = 4

/** A segment's frame whose payload tells its number. */
function segment(number: number, flags = SEALED, bytes = 10_000): Uint8Array {
  const frame = new Uint8Array(14 + bytes).fill(number % 251, 14)
  frame[0] = KINDS.segment
  frame[1] = flags
  new DataView(frame.buffer).setUint32(4, number)
  return frame
}

function numberOf(frame: Uint8Array): number {
  return new DataView(frame.buffer, frame.byteOffset).getUint32(4)
}

async function started(listen: string[], lanes: Partial<LaneLimits> | false): Promise<Libp2pNode> {
  const node = await createNode({ listen, lanes })
  onTestFinished(async () => await node.stop())
  return node
}

/** Both ends of a route over one hop. `overLane` counts the frames that came over its lane. */
async function hop({
  near = EAGER as Partial<LaneLimits> | false,
  far = {} as object | false,
  isInbound = false
} = {}) {
  const server = await started(['/ip4/127.0.0.1/tcp/0'], far)
  const client = await started(isInbound ? ['/ip4/127.0.0.1/tcp/0'] : [], near)
  if (isInbound) {
    await server.dial(client.getMultiaddrs()[0]!)
    await vi.waitUntil(() => client.getConnections().length === 1)
  }
  const got: Uint8Array[] = []
  const events: string[] = []
  const toClient = Promise.withResolvers<StreamToClient>()
  await server.handle(PROTOCOL, stream => {
    const made: StreamToClient = new StreamToClient(stream, server.lanes, {
      onFrame: frame => events.push(`asked ${frame[0]}`),
      onEnd: () => void made.close(),
      onClose: error => events.push(`far closed: ${error?.constructor.name}`)
    })
    toClient.resolve(made)
  })
  const count = { overLane: 0 }
  const { lanes } = client
  if (lanes) {
    const connect = lanes.connect.bind(lanes)
    vi.spyOn(lanes, 'connect').mockImplementation((address, secret, handlers: LaneReaderHandlers) => {
      const onFrame = (frame: Uint8Array) => {
        count.overLane++
        handlers.onFrame(frame)
      }
      return connect(address, secret, { ...handlers, onFrame })
    })
  }
  const taking = new StreamToSource(
    await client.dialProtocol(isInbound ? server.peerId : server.getMultiaddrs()[0]!, PROTOCOL),
    {
      node: client,
      addresses: server.getMultiaddrs().map(String),
      scheduler: systemScheduler,
      handlers: {
        onFrame: frame => got.push(frame),
        onEnd: () => events.push('end'),
        onClose: error => events.push(`closed: ${error?.constructor.name}`)
      }
    }
  )
  taking.send(Uint8Array.of(KINDS.control))
  const sending = await toClient.promise
  /** Sends segments with numbers from `next` on, as the ends take them, until the condition holds. */
  let next = 0
  const pump = async (until: () => boolean, flags = SEALED) => {
    while (!until()) {
      if (sending.writable) sending.send(segment(next++, flags))
      else await new Promise(setImmediate)
      if (next % 8 === 0) await new Promise(setImmediate)
    }
  }
  const numbers = () => got.filter(frame => frame[0] === KINDS.segment).map(numberOf)
  const inOrder = () => Array.from({ length: next }, (_, i) => i)
  return { near: taking, far: sending, got, events, count, pump, numbers, inOrder, lanes }
}

describe('a route over one hop', () => {
  it('changes over to a lane when it brings much, and keeps its order', async () => {
    const { far, got, count, pump, numbers, inOrder } = await hop()
    await pump(() => count.overLane > 500)
    far.send(encodeRouteFrame({ kind: 'held', waitMs: 7 }))
    await vi.waitUntil(() => got.some(frame => frame[0] === KINDS.held))
    await vi.waitUntil(() => numbers().length === inOrder().length)
    expect(numbers()).toEqual(inOrder())
    expect(numbers().length).toBeGreaterThan(count.overLane)
    got
      .filter(frame => frame[0] === KINDS.segment)
      .forEach((frame, i) => {
        expect(Buffer.compare(frame, segment(i))).toBe(0)
      })
  })

  it('gets a lane, too, where the other end has dialled the connection that stands', async () => {
    const { count, pump } = await hop({ isInbound: true })
    await pump(() => count.overLane > 20)
  })

  it('keeps its order while the reader stops and goes on', async () => {
    const { near, count, pump, numbers, inOrder } = await hop()
    const stutter = setInterval(() => {
      near.pause()
      setImmediate(() => near.resume())
    })
    await pump(() => count.overLane > 300)
    clearInterval(stutter)
    await vi.waitUntil(() => numbers().length === inOrder().length)
    expect(numbers()).toEqual(inOrder())
  })

  it('delivers all that was sent over the lane before its end', async () => {
    const { near, far, events, count, pump, numbers, inOrder } = await hop()
    await pump(() => count.overLane > 20)
    near.pause()
    await pump(() => !far.writable)
    void far.close()
    await new Promise(setImmediate)
    near.resume()
    await vi.waitUntil(() => events.includes('end'))
    expect(numbers()).toEqual(inOrder())
    void near.close(1_000)
    await vi.waitUntil(() => events.length === 4)
    expect(events.toSorted()).toEqual(['asked 128', 'closed: undefined', 'end', 'far closed: undefined'])
  })

  it('ends at once for who leaves, in order at both ends', async () => {
    const { near, events, count, pump } = await hop()
    await pump(() => count.overLane > 20)
    void near.leave(1_000)
    await vi.waitUntil(() => events.some(event => event.startsWith('closed')))
    await vi.waitUntil(() => events.some(event => event.startsWith('far closed')))
    expect(events).toContain('closed: undefined')
    expect(events).toContain('far closed: undefined')
  })

  it('is lost at both ends when its lane breaks', async () => {
    const { near, events, count, pump, lanes } = await hop()
    await pump(() => count.overLane > 20)
    const lane = await vi.mocked(lanes!.connect).mock.results[0]!.value
    lane.socket.destroy()
    await vi.waitUntil(() => events.includes('closed: StreamLostError'))
    await vi.waitUntil(() => events.some(event => event.startsWith('far closed: ')))
    expect(near.closed).toBe(true)
    expect(events).not.toContain('far closed: undefined')
  })

  it('goes on over its stream where the other end knows no lanes, or none comes', async () => {
    for (const options of [{ far: false as const }, { near: { ...EAGER, leastBytesPerSecond: 1e15 } }]) {
      const { count, pump, numbers, inOrder } = await hop(options)
      await pump(() => numbers().length > 300)
      await vi.waitUntil(() => numbers().length === inOrder().length)
      expect(numbers()).toEqual(inOrder())
      expect(count.overLane).toBe(0)
    }
  })

  it('asks for no lane where its segments are not sealed', async () => {
    const { pump, numbers, lanes } = await hop()
    await pump(() => numbers().length > 50, 0)
    expect(lanes!.connect).not.toHaveBeenCalled()
  })

  it('never sends over a lane what is not sealed', async () => {
    const { far, events, count, pump } = await hop()
    await pump(() => count.overLane > 20)
    far.send(segment(0, 0))
    await vi.waitUntil(() => events.some(event => event.startsWith('closed: ')))
    expect(events).toContain('far closed: ClearSegmentError')
  })

  it('is lost when a lane begins that was never asked for', async () => {
    const { far, events } = await hop()
    far.send(encodeRouteFrame({ kind: 'laneBegins' }))
    await vi.waitUntil(() => events.some(event => event.startsWith('closed: ')))
    expect(events).not.toContain('closed: undefined')
  })
})
