import { describe, expect, it } from 'vitest'
import { FRAME_LIMITS } from '../../src/transport/limits.ts'
import { type PausableConnection, ReadThrottle } from '../../src/transport/read-throttle.ts'
import { VirtualScheduler } from '../virtual-scheduler.ts'

class Connection extends EventTarget {
  readStatus = 'readable'
  readonly scheduler = new VirtualScheduler()
  readonly throttle = new ReadThrottle(this as unknown as PausableConnection, this.scheduler)

  pause(): void {
    this.readStatus = 'paused'
  }

  resume(): void {
    this.readStatus = 'readable'
  }

  async take(pieces: number, bytes: number): Promise<void> {
    for (let count = 0; count < pieces; count++) this.throttle.took(bytes)
    await Promise.resolve()
  }
}

const { most, perSecond } = FRAME_LIMITS.smallPieces

describe('a connection that brings small pieces', () => {
  it('is not read until it may bring more', async () => {
    const connection = new Connection()
    await connection.take(most, 0)
    expect(connection.readStatus).toBe('readable')
    await connection.take(perSecond / 2, 0)
    expect(connection.readStatus).toBe('paused')
    connection.scheduler.advance(499)
    expect(connection.readStatus).toBe('paused')
    connection.scheduler.advance(1)
    expect(connection.readStatus).toBe('readable')
    await connection.take(1, 0)
    expect(connection.readStatus).toBe('paused')
  })

  it('is read on when they are large enough', async () => {
    const connection = new Connection()
    await connection.take(2 * most, FRAME_LIMITS.smallPieceBytes)
    expect(connection.readStatus).toBe('readable')
  })

  it('is left alone once it is closed', async () => {
    const connection = new Connection()
    await connection.take(2 * most, 0)
    connection.dispatchEvent(new Event('close'))
    expect(connection.scheduler.pendingDelaysMs).toEqual([])
  })
})
