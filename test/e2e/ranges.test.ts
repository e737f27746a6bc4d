import { createHash } from 'node:crypto'
import { existsSync } from 'node:fs'
import { open, readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { Client } from '../../src/client/client.ts'
import type { OpenedContent } from '../../src/client/opened-content.ts'
import { ExitCode } from '../../src/errors.ts'
import { makeContent } from './contents.ts'
import { Cluster } from './harness.ts'

const MB = 1_000_000
const SEGMENT_BYTES = 32 * 1024
/** No whole number of segments. */
const SIZE_BYTES = 60 * MB + 1

describe('a fetch of a range', () => {
  it('brings exactly its bytes, at all edges', async () => {
    const cluster = await started()
    const ranges: [text: string, start: number, end: number][] = [
      ['0-0', 0, 1],
      ['100-199', 100, 200],
      [`${SEGMENT_BYTES - 1}-${SEGMENT_BYTES}`, SEGMENT_BYTES - 1, SEGMENT_BYTES + 1],
      ['10MB-20MB', 10 * MB, 20 * MB + 1],
      ['59MB-', 59 * MB, SIZE_BYTES],
      ['-1', SIZE_BYTES - 1, SIZE_BYTES],
      ['59MB-1TB', 59 * MB, SIZE_BYTES]
    ]
    for (const [text, start, end] of ranges) {
      const path = cluster.path(`of ${text}`)
      const done = await cluster.fetch('a.bin', path, ['--range', text]).outcome('done')
      expect(done.bytes, text).toBe(end - start)
      const wanted = await bytesOf(cluster, start, end)
      expect((await readFile(path)).equals(wanted), text).toBe(true)
      expect(done.sha256).toBe(createHash('sha256').update(wanted).digest('hex'))
      // Little more travels than the segments of the range.
      expect(done.wireBytes - done.duplicateBytes).toBeLessThan(1.05 * (end - start) + 300_000)
    }
  })

  it('goes to a pipe just so', async () => {
    const cluster = await started()
    const fetch = cluster.fetch('a.bin', '-', ['--range', '1MB-2MB'], { events: 'stderr' })
    const pieces: Uint8Array[] = []
    for await (const piece of fetch.child.stdout!) pieces.push(piece)
    expect(Buffer.concat(pieces).equals(await bytesOf(cluster, MB, 2 * MB + 1))).toBe(true)
  })

  it('goes on after an end, and is not mixed up with another range or the whole', async () => {
    const cluster = await started(['24mbit', '24mbit'])
    const path = cluster.path('part')
    const range = ['--range', '100-30MB']
    const first = cluster.fetch('a.bin', path, range)
    await first.event('progress', event => event.bytes > 8 * MB)
    first.kill('SIGINT')
    await first.ended
    for (const other of [['--range', '100-29MB'], []]) {
      const refused = await cluster.fetch('a.bin', path, other).event('error')
      expect(refused).toMatchObject({ code: 'ERR_PARTIAL_OTHER' })
    }
    const second = cluster.fetch('a.bin', path, range)
    const { resumeBytes } = await second.event('content')
    expect(resumeBytes).toBeGreaterThan(4 * MB)
    const done = await second.outcome('done')
    expect(done.wireBytes - done.duplicateBytes).toBeLessThan(1.05 * (30 * MB - resumeBytes) + MB)
    expect((await readFile(path)).equals(await bytesOf(cluster, 100, 30 * MB + 1))).toBe(true)
    expect(existsSync(`${path}.part`)).toBe(false)
  })

  it('is refused where it makes no sense', async () => {
    const cluster = await started()
    const path = cluster.path('nothing')
    const wrong: [flags: string[], told: RegExp][] = [
      [['--range', '60000001-'], /lies outside of "a.bin", which has 60000001 bytes/],
      [['--range', '9-3'], /ends before it begins/],
      [['--range', '0-9', '--sha256', '0'.repeat(64)], /leave one of the two out/]
    ]
    for (const [flags, told] of wrong) {
      const fetch = cluster.fetch('a.bin', path, flags)
      expect((await fetch.event('error')).message).toMatch(told)
      expect((await fetch.ended).code).toBe(ExitCode.usage)
    }
    const many = cluster.run([
      'client',
      'fetch',
      'a.bin',
      'b.bin',
      '--range',
      '0-9',
      '--json',
      ...to(cluster)
    ])
    expect((await many.event('error')).message).toMatch(/--range is for one content/)
    expect(existsSync(path)).toBe(false)
  })
})

describe('an opened content', () => {
  it('is read in many places at once, each with a priority, and goes on without a relay', async () => {
    const cluster = await started(['80mbit', '80mbit', '80mbit'])
    const client = await Client.start({ directors: [cluster.director!.address] })
    try {
      const opened = await client.open({ name: 'a.bin' })
      const broken = opened.read({ start: 5 * MB })
      await broken.next()
      const places = Array.from({ length: 6 }, (_, at) => ({ start: at * 9 * MB + 5, priority: at % 3 }))
      const reads = places.map(async place => await read(opened, { ...place, end: place.start + 3 * MB }))
      cluster.relays[0]!.kill('SIGKILL')
      await broken.return()
      for (const [at, bytes] of (await Promise.all(reads)).entries()) {
        const { start } = places[at]!
        expect(bytes.equals(await bytesOf(cluster, start, start + 3 * MB)), `${start}`).toBe(true)
      }
      await opened.close()
    } finally {
      await client.stop()
    }
  })
})

const started = async (rates = ['400mbit', '400mbit']) =>
  await Cluster.start(
    rates.map(rate => ['--max-rate', rate]),
    contents => makeContent(join(contents, 'a.bin'), SIZE_BYTES)
  )

const to = (cluster: Cluster) => ['--director', cluster.director!.address]

async function bytesOf(cluster: Cluster, start: number, end: number): Promise<Buffer> {
  await using file = await open(join(cluster.contents, 'a.bin'))
  const { buffer } = await file.read(Buffer.alloc(end - start), 0, end - start, start)
  return buffer
}

async function read(
  opened: OpenedContent,
  request: { start: number; end: number; priority: number }
): Promise<Buffer> {
  const pieces: Uint8Array[] = []
  for await (const piece of opened.read(request)) pieces.push(piece)
  return Buffer.concat(pieces)
}
