import { execFileSync } from 'node:child_process'
import { randomBytes } from 'node:crypto'
import { open, readFile } from 'node:fs/promises'
import { setTimeout } from 'node:timers/promises'
import { describe, expect, it } from 'vitest'
import { ExitCode } from '../../src/errors.ts'
import { Cluster } from './harness.ts'
import type { Program } from './program.ts'

const FRAME_MS = 20
/** Bytes of the bursts, and the rest behind each in milliseconds: some within one frame, some more than one frame takes. */
const BURSTS = [
  [100, 5],
  [3_000, 5],
  [1, 60],
  [20_000, 0],
  [20_000, 300],
  [7, 15]
] as const
/** Most bytes of a frame: less than the largest bursts. */
const SEGMENT_SIZE = '16KiB'

/** Writes bursts at their times until it is to stop. Returns all that it has written. */
async function produce(write: (bytes: Buffer) => Promise<unknown>, isOver: () => boolean): Promise<Buffer> {
  const written: Buffer[] = []
  while (!isOver()) {
    for (const [bytes, restMs] of BURSTS) {
      const burst = randomBytes(bytes)
      written.push(burst)
      await write(burst)
      await setTimeout(restMs)
    }
  }
  return Buffer.concat(written)
}

function outputOf(program: Program): Promise<Buffer> {
  const chunks: Buffer[] = []
  program.child.stdout!.on('data', chunk => chunks.push(chunk))
  return program.ended.then(() => Buffer.concat(chunks))
}

describe('a live content that is divided by time', () => {
  it('comes bit by bit over two relays to who begins at its begin, later, and when it has ended', async () => {
    const cluster = await Cluster.create()
    cluster.director = await cluster.startDirector()
    const relays = await Promise.all([1, 2].map(n => cluster.startMember('relay', `relay${n}`, [])))
    cluster.relays.push(...relays)
    for (const relay of relays) await relay.event('registered')
    const fifo = cluster.path('fifo')
    execFileSync('mkfifo', [fifo])
    const args = ['source', 'publish', 'live/time', fifo, '--json', '--listen', '/ip4/127.0.0.1/tcp/0']
    args.push('--sequence', 'time', '--frame', `${FRAME_MS}ms`, '--segment-size', SEGMENT_SIZE)
    args.push('--director', cluster.director.address, '--home', cluster.path('source'))
    const source = cluster.run(args)
    await source.event('listening')
    await source.event('registered')
    const pipe = await open(fifo, 'w')
    let isOver = false
    const producing = produce(
      bytes => pipe.write(bytes),
      () => isOver
    )
    const toStdout = { events: 'stderr' } as const
    const early = cluster.fetch('live/time', '-', ['--start', 'begin'], toStdout)
    const all = outputOf(early)
    await early.event('progress', ({ bytes }) => bytes > 100_000)
    const late = cluster.fetch('live/time', '-', [], toStdout)
    const rest = outputOf(late)
    await late.event('progress', ({ bytes }) => bytes > 100_000)
    isOver = true
    const produced = await producing
    await pipe.close()
    expect(await source.event('ended')).toMatchObject({ bytes: produced.length })
    expect((await early.ended).code).toBe(ExitCode.ok)
    expect(Buffer.compare(await all, produced)).toBe(0)
    expect((await late.ended).code).toBe(ExitCode.ok)
    const begin = produced.length - (await rest).length
    expect(begin).toBeGreaterThan(0)
    expect(Buffer.compare(await rest, produced.subarray(begin))).toBe(0)
    const after = cluster.fetch('live/time', 'whole.bin')
    expect(await after.outcome('done')).toMatchObject({ bytes: produced.length })
    expect(Buffer.compare(await readFile(cluster.path('whole.bin')), produced)).toBe(0)
    const { routes } = await early.outcome('done')
    expect(Object.keys(routes)).toHaveLength(2)
  })
})
