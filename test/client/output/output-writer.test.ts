import { describe, expect, it } from 'vitest'
import { OutputWriter } from '../../../src/client/output/output-writer.ts'
import { systemScheduler } from '../../../src/scheduler.ts'
import { VirtualScheduler } from '../../virtual-scheduler.ts'

const SEGMENT_BYTES = 300 * 1024

/** A sink whose writes end when the test says so. */
function slowSink() {
  const writes: { chunks: Uint8Array[]; done: PromiseWithResolvers<void> }[] = []
  const write = (chunks: Uint8Array[]): Promise<void> => {
    const done = Promise.withResolvers<void>()
    writes.push({ chunks, done })
    return done.promise
  }
  return { writes, write }
}

function segments(count: number): Uint8Array[] {
  return Array.from({ length: count }, () => new Uint8Array(SEGMENT_BYTES))
}

describe('the writer of the output', () => {
  it('lets little wait for more where the output says so, but not long, not much, and not at the end', async () => {
    const scheduler = new VirtualScheduler()
    const sink = { ...slowSink(), gatherMs: 10 }
    const writer = new OutputWriter(
      sink,
      () => {},
      () => {},
      scheduler
    )
    const little = () => writer.push([new Uint8Array(1000)])
    const written = async () => {
      const lengths = sink.writes.splice(0).map(({ chunks, done }) => {
        done.resolve()
        return chunks.length
      })
      await new Promise(setImmediate)
      return lengths
    }
    little()
    scheduler.advance(9)
    little()
    expect(await written()).toEqual([])
    scheduler.advance(1)
    expect(await written()).toEqual([2])
    little()
    writer.push(segments(1))
    expect(await written()).toEqual([2])
    little()
    const idle = writer.whenIdle()
    expect(await written()).toEqual([1])
    await idle
  })

  it('writes one batch at a time, and tells what is taken after each', async () => {
    const sink = slowSink()
    const taken: number[] = []
    const writer = new OutputWriter(
      sink,
      count => taken.push(count),
      () => {},
      systemScheduler
    )
    writer.push(segments(1))
    writer.push(segments(6))
    expect(sink.writes.map(({ chunks }) => chunks.length)).toEqual([1])
    for (let write = 0; write < 3; write++) {
      sink.writes[write]!.done.resolve()
      await sink.writes[write]!.done.promise
      await Promise.resolve()
    }
    expect(sink.writes.map(({ chunks }) => chunks.length)).toEqual([1, 4, 2])
    await writer.whenIdle()
    expect(taken).toEqual([1, 4, 2])
  })

  it('writes nothing after a write has failed', async () => {
    const sink = slowSink()
    const failed = Promise.withResolvers<unknown>()
    const writer = new OutputWriter(
      sink,
      () => {},
      error => failed.resolve(error),
      systemScheduler
    )
    writer.push(segments(1))
    sink.writes[0]!.done.reject(new Error('full'))
    expect(await failed.promise).toEqual(new Error('full'))
    writer.push(segments(1))
    expect(sink.writes).toHaveLength(1)
  })

  it('takes however many segments come in order at once', () => {
    const sink = slowSink()
    const ignore = (): void => {}
    const writer = new OutputWriter(sink, ignore, ignore, new VirtualScheduler())
    writer.push(Array.from({ length: 300_000 }, () => Uint8Array.of(1)))
    expect(sink.writes).toHaveLength(1)
  })
})
