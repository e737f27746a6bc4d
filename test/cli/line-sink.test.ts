import { PassThrough } from 'node:stream'
import { describe, expect, it, vi } from 'vitest'
import { LineSink } from '../../src/cli/line-sink.ts'

const KIB_LINE = `${'x'.repeat(1023)}\n`
const notice = (lines: number) => `${lines} lines were dropped\n`

/** A sink whose reader takes nothing until it is asked for all that has come since. */
function heldSink() {
  const stream = new PassThrough({ highWaterMark: 16 * 1024 })
  const sink = new LineSink(stream, {})
  const read = async () => {
    let text = ''
    const take = (chunk: Buffer) => {
      text += chunk
    }
    stream.on('data', take).resume()
    // What was written at the end of the first is done by the end of the second.
    await sink.flushed()
    await sink.flushed()
    stream.off('data', take).pause()
    return text
  }
  return { stream, sink, read }
}

describe('a sink of lines', () => {
  it('keeps a bounded lot of what its reader does not take, and tells how many lines more there were', async () => {
    const { stream, sink, read } = heldSink()
    for (let i = 0; i < 10_000; i++) sink.offer(KIB_LINE, notice)
    sink.offer('one\ntwo\n', notice)
    expect(stream.writableLength).toBeLessThan(1.1 * 1024 * 1024)
    const lines = (await read()).split('\n')
    const kept = lines.filter(line => line.startsWith('x')).length
    expect(kept).toBeGreaterThan(1000)
    expect(lines.filter(line => line.endsWith('dropped'))).toEqual([`${10_002 - kept} lines were dropped`])
  })

  it('takes lines again after that, and counts anew', async () => {
    const { sink, read } = heldSink()
    for (let i = 0; i < 2_000; i++) sink.offer(KIB_LINE, notice)
    expect(await read()).toMatch(/\d+ lines were dropped\n$/)
    sink.offer('again\n', notice)
    expect(await read()).toBe('again\n')
  })

  it('keeps all that is not to be lost', async () => {
    const { sink, read } = heldSink()
    for (let i = 0; i < 2_000; i++) sink.write(KIB_LINE)
    sink.offer('a line\n', notice)
    sink.write('the end\n')
    const text = await read()
    expect(text.match(/x\n/g)).toHaveLength(2_000)
    expect(text).toMatch(/the end\n1 lines were dropped\n$/)
    expect(text).not.toContain('a line')
  })

  it('never lets a terminal make the program wait', () => {
    const setBlocking = vi.fn()
    new LineSink(Object.assign(new PassThrough(), { isTTY: true, _handle: { setBlocking } }), {})
    expect(setBlocking).toHaveBeenCalledExactlyOnceWith(false)
  })
})
