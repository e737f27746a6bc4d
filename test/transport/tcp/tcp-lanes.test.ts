import { once } from 'node:events'
import { connect, type Socket } from 'node:net'
import { multiaddr } from '@multiformats/multiaddr'
import { afterEach, describe, expect, it, vi } from 'vitest'
import { FrameTooLargeError } from '../../../src/transport/framed-stream.ts'
import { LANE_LIMITS, type LaneReader, type LaneWriter } from '../../../src/transport/lanes.ts'
import type { Libp2pNode } from '../../../src/transport/node.ts'
import { greetingOf, LaneMask } from '../../../src/transport/tcp/lane-mask.ts'
import { Reception } from '../../../src/transport/tcp/reception.ts'
import { TcpLanes } from '../../../src/transport/tcp/tcp-lanes.ts'
import { startNode } from '../started-node.ts'

const SECRET = Uint8Array.from({ length: 32 }, (_, i) => i)
const PATIENT = { ...LANE_LIMITS, connectMs: 10_000 }
const ignore = () => {}

const sockets: Socket[] = []
afterEach(() => {
  vi.useRealTimers()
  for (const socket of sockets.splice(0)) socket.destroy()
})

function addressOf(node: Libp2pNode) {
  return node.getMultiaddrs()[0]!
}

function portOf(node: Libp2pNode): number {
  return Number(addressOf(node).getComponents()[1]!.value)
}

/** A connection that says these bytes to a node. */
async function saying(node: Libp2pNode, bytes: Uint8Array): Promise<Socket> {
  const socket = connect(portOf(node), '127.0.0.1')
  sockets.push(socket.on('error', ignore).resume())
  await once(socket, 'connect')
  socket.write(bytes)
  return socket
}

/** Both ends of a lane; the reader keeps what comes. */
async function lane(secret = SECRET) {
  const node = await startNode()
  const received: Uint8Array[] = []
  const over = Promise.withResolvers<Error | undefined>()
  const drains: number[] = []
  let writer: LaneWriter | undefined
  const lost: Error[] = []
  const came = Promise.withResolvers<void>()
  node.lanes!.expect(
    secret,
    { onDrain: () => drains.push(received.length), onLost: error => lost.push(error) },
    made => {
      writer = made
      came.resolve()
    }
  )
  const reader = await new TcpLanes(PATIENT, new Reception()).connect(addressOf(node), secret, {
    onFrame: frame => received.push(frame),
    onEnd: () => over.resolve(undefined),
    onLost: over.resolve
  })
  await came.promise
  return { node, reader: reader as LaneReader, writer: writer!, received, over: over.promise, drains, lost }
}

/** A frame whose bytes tell its number. */
function frame(number: number, bytes: number): Uint8Array {
  return Uint8Array.from({ length: bytes }, (_, i) => number + i)
}

describe('a lane', () => {
  it('carries frames of all sizes, whole or in parts, in order and byte for byte, and ends', async () => {
    const { writer, reader, received, over } = await lane()
    reader.resume()
    const sizes = [1, 7, 19, 20, 21, 300, 65_536, 100_000, 1_048_576, 5, 700_000, 20]
    sizes.forEach((bytes, i) => {
      const whole = frame(i, bytes)
      if (i % 2 === 0) writer.send([whole])
      else writer.send([whole.subarray(0, 3), whole.subarray(3, 9), whole.subarray(9)])
    })
    writer.end(1_000)
    expect(await over).toBeUndefined()
    expect(received.map(({ byteLength }) => byteLength)).toEqual(sizes)
    received.forEach((got, i) => {
      expect(Buffer.compare(got, frame(i, sizes[i]!))).toBe(0)
    })
  })

  it('delivers nothing until it is resumed, and nothing while it is paused', async () => {
    const { writer, reader, received, over } = await lane()
    for (let i = 0; i < 50; i++) writer.send([frame(i, 20_000)])
    writer.end(10_000)
    await new Promise(setImmediate)
    expect(received).toEqual([])
    while (received.length < 50) {
      reader.resume()
      await new Promise(setImmediate)
      reader.pause()
      const count = received.length
      await new Promise(setImmediate)
      expect(received.length).toBe(count)
    }
    reader.resume()
    expect(await over).toBeUndefined()
    expect(received.map(bytes => bytes[0])).toEqual(Array.from({ length: 50 }, (_, i) => i))
  })

  it('delivers a bounded part in each turn of the event loop, however much waits', async () => {
    const { writer, reader, received, over } = await lane()
    const bytes = 20_000
    for (let i = 0; i < 50; i++) writer.send([frame(i, bytes)])
    writer.end(10_000)
    const most = { atOnce: 0, seen: 0 }
    let isOver = false
    const ended = over.then(error => {
      isOver = true
      return error
    })
    reader.resume()
    while (!isOver) {
      await new Promise(setImmediate)
      most.atOnce = Math.max(most.atOnce, received.length - most.seen)
      most.seen = received.length
    }
    expect(await ended).toBeUndefined()
    expect(received).toHaveLength(50)
    expect(most.atOnce * bytes).toBeLessThanOrEqual(128 * 1024 + bytes)
  })

  it('takes no more than a bound while the other end does not read, and tells when it does again', async () => {
    const { writer, reader, received, drains } = await lane()
    let sent = 0
    for (let full = 0; full < 100; full = writer.writable ? 0 : full + 1) {
      while (writer.writable) writer.send([frame(sent++, 65_536)])
      await new Promise(setImmediate)
    }
    expect(writer.queuedBytes).toBeLessThan(600_000)
    drains.length = 0
    reader.resume()
    await vi.waitUntil(() => received.length === sent && drains.length > 0)
    expect(writer.writable).toBe(true)
  })

  it('is lost at both ends when it breaks', async () => {
    const { writer, reader, over, lost } = await lane()
    reader.resume()
    writer.destroy()
    expect(await over).toBeInstanceOf(Error)
    const other = await lane()
    other.reader.destroy()
    await vi.waitUntil(() => other.lost.length === 1)
    expect(lost).toEqual([])
  })

  it('breaks at a frame that is too large', async () => {
    const { writer, reader, over } = await lane()
    reader.resume()
    writer.send([new Uint8Array(2 * 1024 * 1024)])
    expect(await over).toBeInstanceOf(FrameTooLargeError)
  })

  it('shows nothing of the start of a frame, and never the same', () => {
    const mask = new LaneMask(SECRET)
    const shown = Array.from({ length: 300 }, () => {
      const start = new Uint8Array(20)
      mask.apply(start)
      return Buffer.from(start).toString('hex')
    })
    expect(new Set(shown).size).toBe(300)
    expect(shown).not.toContain('00'.repeat(20))
  })

  it('is not there where the address is none of TCP, or nobody listens', async () => {
    const lanes = new TcpLanes(PATIENT, new Reception())
    const handlers = { onFrame: ignore, onEnd: ignore, onLost: ignore }
    expect(await lanes.connect(multiaddr('/ip4/127.0.0.1/udp/1'), SECRET, handlers)).toBeUndefined()
    expect(await lanes.connect(multiaddr('/ip4/127.0.0.1/tcp/1/ws'), SECRET, handlers)).toBeUndefined()
    expect(await lanes.connect(multiaddr('/ip4/127.0.0.1/tcp/1'), SECRET, handlers)).toBeUndefined()
  })
})

describe('a listener', () => {
  it('closes what begins like a lane and is none', async () => {
    const node = await startNode()
    const socket = await saying(node, new TextEncoder().encode('anabranch pain'))
    await once(socket, 'close')
  })

  it('hands a lane over that comes before it is expected, and to nobody else', async () => {
    const node = await startNode()
    const early = await saying(node, greetingOf(SECRET))
    const other = Uint8Array.from(SECRET, byte => byte ^ 1)
    const came: string[] = []
    const handlers = { onDrain: ignore, onLost: ignore }
    node.lanes!.expect(other, handlers, () => came.push('other'))
    await vi.waitUntil(() => {
      node.lanes!.expect(SECRET, handlers, () => came.push('early'))()
      return came.length > 0
    })
    expect(came).toEqual(['early'])
    expect(early.destroyed).toBe(false)
  })

  it('closes a lane that nobody expects, and who says nothing or speaks slowly, after a while', async () => {
    const node = await startNode()
    vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] })
    const strangers = [
      await saying(node, greetingOf(SECRET)),
      await saying(node, new Uint8Array()),
      await saying(node, greetingOf(SECRET).subarray(0, 20))
    ]
    const closed = strangers.map(socket => once(socket, 'close'))
    // The node takes them in the order in which they come: this one is the last.
    const witness = await startNode([])
    await witness.dial(addressOf(node))
    vi.advanceTimersByTime(10_000)
    await Promise.all(closed)
  })

  it('closes the oldest that say nothing when there are too many, and still takes others', async () => {
    const node = await startNode()
    const silent: Socket[] = []
    for (let i = 0; i < 513; i++) silent.push(await saying(node, new Uint8Array()))
    await vi.waitUntil(() => silent[0]!.closed)
    const client = await startNode([])
    await client.dial(addressOf(node))
    expect(client.getConnections()).toHaveLength(1)
  })
})
