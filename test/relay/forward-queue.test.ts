import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { decodeRouteMessage, encodeRouteFrame } from '../../src/protocol/route-codec.ts'
import type { RouteMessage } from '../../src/protocol/route-messages.ts'
import { ForwardQueue } from '../../src/relay/forward-queue.ts'
import { plan, report } from '../protocol/messages.ts'

function frameOf(message: RouteMessage): Uint8Array {
  return encodeRouteFrame(message)
}

function segment(seq: number, payloadBytes = 10, more = false): Uint8Array {
  const payload = new Uint8Array(payloadBytes).fill(seq)
  return frameOf({ kind: 'segment', seq, sentAtUs: 5, repair: false, more, payload })
}

const REPORT = frameOf(report())
const HASHES = frameOf({ kind: 'hashes', group: 0, leaves: new Uint8Array(32), proof: new Uint8Array(0) })

function makeQueue(bufferBytes = 1 << 20): ForwardQueue {
  return new ForwardQueue({ route: 0, bufferBytes, maxPatternElements: 1_000 })
}

function drain(queue: ForwardQueue): RouteMessage[] {
  const messages: RouteMessage[] = []
  for (let frame = queue.shift(); frame; frame = queue.shift()) messages.push(decodeRouteMessage(frame)!)
  return messages
}

function names(messages: RouteMessage[]): string[] {
  return messages.map(message => (message.kind === 'segment' ? `${message.seq}` : message.kind))
}

function take(ranges: Array<[number, number]>, id = 1) {
  return plan({ drops: [{ id, ranges: ranges.map(([from, to]) => ({ from, to })) }] })
}

describe('ForwardQueue', () => {
  it('passes pieces of a segment on, even of one that is taken away, and counts it once', () => {
    const queue = makeQueue()
    queue.pushSegment(segment(1, 10, true), 0)
    queue.pushSegment(segment(1), 0)
    queue.pushSegment(segment(2), 0)
    queue.order(take([[1, 3]]), 0)
    expect(names(drain(queue))).toEqual(['dropped', '1', '1'])
    expect(queue.droppedBytes).toBe(10)
    expect(queue.patterns.counts.unscheduled).toBe(2)
  })

  it('lets answers overtake segments, and keeps the order of hashes and segments', () => {
    const queue = makeQueue()
    queue.pushData(HASHES, 0)
    queue.pushSegment(segment(3), 0)
    queue.pushSegment(segment(1), 0)
    queue.pushAnswer(REPORT, 0)
    queue.pushSegment(segment(2), 0)
    expect(queue.headBytes).toBe(REPORT.byteLength)
    expect(names(drain(queue))).toEqual(['report', 'hashes', '3', '1', '2'])
    expect(queue.headBytes).toBeUndefined()
    expect(queue.queuedBytes).toBe(0)
  })

  it('passes frames byte for byte', () => {
    const queue = makeQueue()
    const frames = [segment(1, 1), segment(2, 65_536), HASHES]
    queue.pushSegment(frames[0]!, 0)
    queue.pushSegment(frames[1]!, 0)
    queue.pushData(frames[2]!, 0)
    for (const frame of frames) expect(Buffer.compare(queue.shift()!, frame)).toBe(0)
  })

  it('is full at its bound and has room again at half', () => {
    const queue = makeQueue(10_000)
    let pushed = 0
    while (!queue.full) queue.pushSegment(segment(pushed++, 1_000), 0)
    expect(pushed).toBe(10)
    queue.shift()
    expect([queue.full, queue.hasRoom]).toEqual([false, false])
    for (let i = 0; i < 5; i++) queue.shift()
    expect(queue.hasRoom).toBe(true)
  })

  it('counts what tiny frames cost beyond their bytes', () => {
    const queue = makeQueue(100_000)
    let pushed = 0
    while (!queue.full) queue.pushSegment(segment(pushed++, 1), 0)
    expect(pushed).toBeLessThan(1_500)
  })

  it('keeps no large chunk alive for a small frame in it', () => {
    const chunk = new Uint8Array(65_536)
    chunk.set(segment(4), 100)
    const queue = makeQueue()
    queue.pushSegment(chunk.subarray(100, 124), 0)
    expect(queue.shift()!.buffer.byteLength).toBe(24)
  })

  it('drops what a copy takes away, and tells the client the bytes and ranges', () => {
    const queue = makeQueue()
    queue.pushData(HASHES, 0)
    for (const seq of [4, 5, 9, 6, 7]) queue.pushSegment(segment(seq, 100), 0)
    queue.order(
      take([
        [5, 7],
        [9, 10]
      ]),
      0
    )
    const messages = drain(queue)
    expect(names(messages)).toEqual(['dropped', 'hashes', '4', '7'])
    expect(messages[0]).toEqual({
      kind: 'dropped',
      bytes: 300,
      ranges: [
        { from: 5, to: 7 },
        { from: 9, to: 10 }
      ]
    })
    expect(queue.droppedBytes).toBe(300)
    expect(queue.queuedBytes).toBe(0)
  })

  it('does not drop again what was given back after an order that is repeated', () => {
    const queue = makeQueue()
    queue.order(take([[5, 6]]), 0)
    queue.pushSegment(segment(5), 0)
    queue.order(take([[5, 6]]), 0)
    expect(names(drain(queue))).toEqual(['5'])
  })

  it('splits what it tells where the ranges are more than one message takes', () => {
    const queue = makeQueue()
    for (let seq = 0; seq < 10_000; seq += 2) queue.pushSegment(segment(seq, 1), 0)
    const ranges = Array.from({ length: 5_000 }, (_, i): [number, number] => [i * 2, i * 2 + 1])
    queue.order(take(ranges), 0)
    const messages = drain(queue)
    expect(names(messages)).toEqual(['dropped', 'dropped'])
    expect(messages.reduce((sum, message) => sum + (message.kind === 'dropped' ? message.bytes : 0), 0)).toBe(
      5_000
    )
  })

  it('delivers or reports as dropped each segment exactly once, in its order', () => {
    const seqs = fc.array(fc.integer({ min: 0, max: 60 }), { maxLength: 80 })
    const range = fc.tuple(fc.integer({ min: 0, max: 60 }), fc.integer({ min: 1, max: 20 }))
    fc.assert(
      fc.property(seqs, range, (sequence, [from, length]) => {
        const queue = makeQueue()
        for (const seq of sequence) queue.pushSegment(segment(seq, 3), 0)
        queue.order(take([[from, from + length]]), 0)
        const gone = (seq: number) => seq >= from && seq < from + length
        const messages = drain(queue)
        const delivered = messages.flatMap(message => (message.kind === 'segment' ? [message.seq] : []))
        const dropped = messages.flatMap(message => (message.kind === 'dropped' ? message.ranges : []))
        expect(delivered).toEqual(sequence.filter(seq => !gone(seq)))
        const named = new Set(
          dropped.flatMap(({ from, to }) => Array.from({ length: to - from }, (_, i) => from + i))
        )
        expect(named).toEqual(new Set(sequence.filter(gone)))
        expect(queue.droppedBytes).toBe(3 * sequence.filter(gone).length)
      })
    )
  })

  it('refuses a segment without content', () => {
    expect(() => makeQueue().pushSegment(segment(1, 1).subarray(0, 14), 0)).toThrow('without content')
  })

  it('knows since when its oldest frame waits, whichever goes first', () => {
    const queue = makeQueue()
    expect(queue.waitingSinceMs).toBe(Number.POSITIVE_INFINITY)
    queue.pushSegment(segment(1), 10)
    queue.pushAnswer(REPORT, 20)
    queue.pushSegment(segment(2), 30)
    queue.shift()
    expect(queue.waitingSinceMs).toBe(10)
    queue.order(take([[1, 2]]), 40)
    expect(queue.waitingSinceMs).toBe(30)
  })
})
