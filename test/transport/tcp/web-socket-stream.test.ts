import { EventEmitter } from 'node:events'
import type { Socket } from 'node:net'
import { describe, expect, it } from 'vitest'
import type { WebSocket } from 'ws'
import { FRAME_LIMITS } from '../../../src/transport/limits.ts'
import { WebSocketStream } from '../../../src/transport/tcp/web-socket-stream.ts'
import { VirtualScheduler } from '../../virtual-scheduler.ts'

/** A WebSocket of which only the reading is looked at. */
class Peer extends EventEmitter {
  isPaused = false
  terminated = false
  pause = () => {
    this.isPaused = true
  }
  resume = () => {
    this.isPaused = false
  }
  terminate = () => {
    this.terminated = true
  }
  brings(data: Uint8Array): void {
    this.emit('message', data, true)
  }
}

function connected() {
  const peer = new Peer()
  const scheduler = new VirtualScheduler()
  const stream = new WebSocketStream(peer as unknown as WebSocket, new EventEmitter() as Socket, {
    scheduler
  })
  return { peer, scheduler, stream }
}

describe('WebSocketStream', () => {
  it('stops its WebSocket while nobody reads', () => {
    const { peer, stream } = connected()
    peer.brings(Buffer.alloc(100_000))
    expect(peer.isPaused).toBe(true)
    expect(stream.read()).toHaveLength(100_000)
    expect(peer.isPaused).toBe(false)
  })

  it('reads those slower who send many small messages, and not those who send large ones', () => {
    const { peer, scheduler, stream } = connected()
    stream.resume()
    for (let sent = 0; sent < 2 * FRAME_LIMITS.smallPieces.most; sent++) {
      peer.brings(Buffer.alloc(FRAME_LIMITS.smallPieceBytes))
      stream.read()
    }
    expect(peer.isPaused).toBe(false)
    for (let sent = 0; sent < FRAME_LIMITS.smallPieces.most + 2; sent++) {
      peer.brings(Buffer.alloc(1))
      stream.read()
    }
    expect(peer.isPaused).toBe(false)
    for (let sent = 0; sent < 100; sent++) peer.brings(Buffer.alloc(1))
    expect(peer.isPaused).toBe(true)
    scheduler.advance(1_000)
    stream.read()
    expect(peer.isPaused).toBe(false)
  })

  it('breaks where its WebSocket breaks, and ends where it is closed', async () => {
    const broken = connected()
    broken.peer.emit('close', 1006)
    await new Promise(resolve => broken.stream.once('close', resolve))
    expect(broken.stream.errored?.message).toBe('the WebSocket broke')
    expect(broken.peer.terminated).toBe(true)
    const closed = connected()
    closed.stream.resume()
    const ended = new Promise(resolve => closed.stream.once('end', resolve))
    closed.peer.emit('close', 1000)
    await ended
  })
})
