import type { Stream, StreamMuxer } from '@libp2p/interface'
import { describe, expect, it } from 'vitest'
import { updateWindowsSparsely } from '../../src/overlay/window-updates.ts'

/** As much of a yamux stream as counts here. */
class CountedStream {
  recvWindow = 1_000
  recvWindowCapacity = 1_000
  updates = 0
  readonly direction: 'inbound' | 'outbound'

  constructor(direction: 'inbound' | 'outbound') {
    this.direction = direction
  }

  sendWindowUpdate(): void {
    this.updates++
    this.recvWindowCapacity = this.recvWindow
  }

  receive(bytes: number): void {
    this.recvWindowCapacity -= bytes
    this.sendWindowUpdate()
  }
}

function muxerOf(protocol: string) {
  const seen: unknown[] = []
  const muxer = {
    protocol,
    createStream: async () => new CountedStream('outbound') as unknown as Stream,
    onRemoteStream: (stream: unknown) => seen.push(stream)
  }
  updateWindowsSparsely(muxer as unknown as StreamMuxer)
  return { muxer, seen }
}

describe('window updates of yamux', () => {
  it('go out once half of the window is used up, and only then', async () => {
    const { muxer } = muxerOf('/yamux/1.0.0')
    const stream = (await muxer.createStream()) as unknown as CountedStream
    for (let i = 0; i < 4; i++) stream.receive(100)
    expect(stream.updates).toBe(0)
    stream.receive(100)
    expect(stream).toMatchObject({ updates: 1, recvWindowCapacity: 1_000 })
    stream.receive(100)
    expect(stream.updates).toBe(1)
  })

  it('answer a stream of the peer at once', () => {
    const { muxer, seen } = muxerOf('/yamux/1.0.0')
    const stream = new CountedStream('inbound')
    muxer.onRemoteStream(stream)
    expect(seen).toEqual([stream])
    stream.receive(1)
    expect(stream.updates).toBe(1)
    stream.receive(1)
    expect(stream.updates).toBe(1)
  })

  it('stay as they are with another muxer', async () => {
    const { muxer } = muxerOf('/mplex/6.7.0')
    const stream = (await muxer.createStream()) as unknown as CountedStream
    stream.receive(1)
    expect(stream.updates).toBe(1)
  })
})
