import { type Stream, StreamMessageEvent } from '@libp2p/interface'
import { Uint8ArrayList } from 'uint8arraylist'
import { describe, expect, it, vi } from 'vitest'
import { FramedStream } from '../../src/transport/framed-stream.ts'
import { FakeStream, STREAM_LAWS } from './stream-laws.ts'

describe('what comes over a connection, whatever it is', () => {
  it.each(STREAM_LAWS)('keeps the law of $name', async ({ runs, check }) => check(runs))

  it('is held in few pieces, though a peer sends a frame byte by byte', () => {
    const frameBytes = 100_000
    const appended = vi.spyOn(Uint8ArrayList.prototype, 'append')
    const stream = new FakeStream()
    const onFrame = vi.fn()
    new FramedStream(stream as unknown as Stream, { maxFrameBytes: frameBytes, handlers: { onFrame } })
    stream.dispatchEvent(new StreamMessageEvent(Uint8Array.of(0, 1, 0x86, 0xa0)))
    for (let i = 0; i < frameBytes; i++) stream.dispatchEvent(new StreamMessageEvent(Uint8Array.of(i)))
    expect(onFrame.mock.calls).toEqual([[Uint8Array.from({ length: frameBytes }, (_, i) => i)]])
    expect(appended.mock.calls.length).toBeLessThan(frameBytes / 50)
    appended.mockRestore()
  })
})
