import type { MessageStream, StreamMuxer } from '@libp2p/interface'
import { Uint8ArrayList } from 'uint8arraylist'
import { expect, it } from 'vitest'
import { FrameAbuseError, type FrameHeader } from '../../src/transport/frame-budget.ts'
import { watchFrames } from '../../src/transport/frame-watch.ts'
import { FRAME_LIMITS } from '../../src/transport/limits.ts'
import { data, header, joined, repeated, TYPE } from '../hostile/yamux-bytes.ts'
import { eventually } from '../relay/harness.ts'
import { VirtualScheduler } from '../virtual-scheduler.ts'

const HEADER_BYTES = 12

/** As much of a yamux muxer, and of the connection below it, as counts here. */
class Muxer {
  readonly protocol = '/yamux/1.0.0'
  readonly handled: FrameHeader[] = []
  readonly errors: Error[] = []
  readonly streams = [{ streamId: 1, recvWindowCapacity: 1e9 }]
  readonly decoder = { buffer: new Uint8ArrayList(), emitFrames: (bytes: Uint8Array) => this.#frames(bytes) }
  status = 'open'
  onData = (_: Uint8Array) => {}

  handleFrame({ header }: { header: FrameHeader }): void {
    this.handled.push(header)
  }

  sendFrame(): boolean {
    return true
  }

  abort(error: Error): void {
    this.status = 'aborted'
    this.errors.push(error)
  }

  *#frames(bytes: Uint8Array): Iterable<{ header: FrameHeader }> {
    const { buffer } = this.decoder
    buffer.append(bytes)
    while (buffer.byteLength >= HEADER_BYTES) {
      const type = buffer.get(1)
      const length = buffer.getUint32(8)
      buffer.consume(HEADER_BYTES + (type === TYPE.data ? length : 0))
      yield { header: { type, flag: 0, streamID: 1, length } }
    }
  }
}

function watched() {
  const muxer = new Muxer()
  let abuses = 0
  const connection = { pause: () => {}, addEventListener: () => {}, abort: () => {} }
  watchFrames(
    connection as unknown as MessageStream,
    muxer as unknown as StreamMuxer,
    () => abuses++,
    new VirtualScheduler()
  )
  return { muxer, abuses: () => abuses }
}

const { perTurn, idleFrames } = FRAME_LIMITS
const pings = (count: number) => repeated(header({ type: TYPE.ping }), count)

it('handles so many frames without data in a turn, and in turns to come the others and what comes behind them', async () => {
  const { muxer } = watched()
  muxer.onData(pings(2 * perTurn + 1))
  muxer.onData(data(1, new Uint8Array(100)))
  expect(muxer.handled).toHaveLength(perTurn)
  await eventually(() => muxer.handled.length > perTurn)
  expect(muxer.handled).toHaveLength(2 * perTurn)
  await eventually(() => muxer.handled.length === 2 * perTurn + 2)
  expect(muxer.handled.map(({ type }) => type).indexOf(TYPE.data)).toBe(2 * perTurn + 1)
  muxer.onData(pings(1))
  expect(muxer.handled).toHaveLength(2 * perTurn + 3)
})

it('handles any number of frames with data at once', () => {
  const { muxer } = watched()
  muxer.onData(joined(Array.from({ length: 1_000 }, () => data(1, new Uint8Array(1_024)))))
  expect(muxer.handled).toHaveLength(1_000)
})

it('ends a connection whose peer sends too many, in whichever turn that shows', async () => {
  const { muxer, abuses } = watched()
  muxer.onData(pings(2 * idleFrames.most))
  expect(muxer.status).toBe('open')
  await eventually(() => muxer.status !== 'open')
  expect(muxer.errors).toEqual([expect.any(FrameAbuseError)])
  expect(abuses()).toBe(1)
  expect(muxer.handled.length).toBeLessThanOrEqual(idleFrames.most + 1)
})
