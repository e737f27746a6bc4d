import { copyFile, open, readdir, readFile, rm, truncate, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { TEST_BLOCK_BYTES } from '../../../src/client/defaults.ts'
import { hashOf, makeContent } from '../contents.ts'
import { Cluster, shared, type WhenOver } from '../harness.ts'
import type { Told } from '../program.ts'

const SEGMENT_BYTES = 32 * 1024
const SIZE_BYTES = 10_000_000
/** What the killed run has left: nine tenths, the last segment not whole. */
const LEFT_BYTES = SIZE_BYTES * 0.9
const LEFT_SEGMENTS = Math.floor(LEFT_BYTES / SEGMENT_BYTES)
const MISSING_BYTES = SIZE_BYTES - LEFT_SEGMENTS * SEGMENT_BYTES
/** By how much more than the content may cross the wire. */
const OVERHEAD = 1.2

/** In it out.bin.part is what a killed run has left. */
const network = shared(async whenOver => {
  const started = await start(whenOver)
  await leavePartial(started.cluster)
  return started
})

describe('a fetch that is started again', () => {
  it('after each of five kills goes on with all that was written, and ends with the whole', async () => {
    const { cluster, sha256 } = network()
    let toldBytes = 0
    for (let turn = 1; turn <= 5; turn++) {
      const fetch = cluster.fetch('a.bin', 'killed.bin', ['--memory', '1MiB', '--max-rate', '40mbit'])
      const { resumeBytes } = await fetch.event('content')
      expect(resumeBytes).toBeGreaterThan(toldBytes - SEGMENT_BYTES)
      await fetch.event('progress', ({ bytes }) => bytes > resumeBytes + SIZE_BYTES * 0.1)
      fetch.kill('SIGKILL')
      await fetch.ended
      toldBytes = bytesTold(fetch.events).at(-1)!
    }
    const last = cluster.fetch('a.bin', 'killed.bin')
    const { resumeBytes } = await last.event('content')
    expect(resumeBytes).toBeGreaterThan(toldBytes - SEGMENT_BYTES)
    const { wireBytes, ...done } = await last.outcome('done')
    expect(done.sha256).toBe(sha256)
    expect(wireBytes).toBeLessThan((SIZE_BYTES - resumeBytes) * OVERHEAD + TEST_BLOCK_BYTES)
    expect(await beside(cluster, 'killed.bin')).toEqual(['killed.bin'])
  })

  it('goes on whatever has happened to what was left, and fetches what is wrong or missing alone', async () => {
    const { cluster, sha256 } = network()
    const harms: Harm[] = [
      { name: 'untouched', harm: async () => {} },
      { name: 'one bit', harm: path => flip(path, 10 * SEGMENT_BYTES + 99), wrongBytes: SEGMENT_BYTES },
      { name: 'no sidecar', harm: path => rm(`${path}.json`) },
      { name: 'empty sidecar', harm: path => writeFile(`${path}.json`, '') },
      { name: 'no hashes', harm: path => rm(`${path}.hashes`) },
      {
        name: 'a byte less',
        harm: path => truncate(path, LEFT_SEGMENTS * SEGMENT_BYTES - 1),
        lostBytes: SEGMENT_BYTES
      },
      { name: 'a byte more', harm: path => truncate(path, LEFT_BYTES + 1) }
    ]
    await Promise.all(
      harms.map(async ({ name, harm, wrongBytes = 0, lostBytes = 0 }) => {
        await copyPartial(cluster, name)
        await harm(cluster.path(`${name}.part`))
        const fetch = cluster.fetch('a.bin', name)
        const { wireBytes, ...done } = await fetch.outcome('done')
        const missingBytes = MISSING_BYTES + wrongBytes + lostBytes
        const said = { resumeBytes: SIZE_BYTES - missingBytes, wrongBytes }
        expect(await fetch.event('content'), name).toMatchObject(said)
        expect(done.sha256, name).toBe(sha256)
        // A transfer brings a test block besides; each wrong stretch is one.
        expect(wireBytes, name).toBeLessThan(missingBytes * OVERHEAD + 2 * TEST_BLOCK_BYTES)
        expect(bytesTold(fetch.events), name).toEqual(bytesTold(fetch.events).sort((a, b) => a - b))
        expect(await hashOf(cluster.path(name)), name).toBe(sha256)
        expect(await beside(cluster, name), name).toEqual([name])
      })
    )
  })

  it('fetches in the same run what is wrong where no hash says what it is', async () => {
    const { cluster, sha256 } = network()
    await copyPartial(cluster, 'unknown.bin')
    await rm(cluster.path('unknown.bin.part.hashes'))
    await flip(cluster.path('unknown.bin.part'), 5)
    const fetch = cluster.fetch('a.bin', 'unknown.bin')
    expect((await fetch.outcome('done')).sha256).toBe(sha256)
    expect(await fetch.event('again')).toMatchObject({ bytes: SIZE_BYTES - MISSING_BYTES })
    expect(await hashOf(cluster.path('unknown.bin'))).toBe(sha256)
  })

  it('after the source has changed uses what was there if the bytes are the same, and else keeps it', async () => {
    const { cluster, sha256 } = await start()
    await leavePartial(cluster)
    await copyPartial(cluster, 'other.bin')
    await restartSource(cluster, ['--segment-size', '64KiB'])
    const { wireBytes, ...done } = await cluster.fetch('a.bin', 'out.bin').outcome('done')
    expect(done.sha256).toBe(sha256)
    expect(wireBytes).toBeLessThan((MISSING_BYTES + SEGMENT_BYTES) * OVERHEAD + TEST_BLOCK_BYTES)

    const before = await readFile(cluster.path('other.bin.part'))
    await makeContent(join(cluster.contents, 'a.bin'), SIZE_BYTES, 'another')
    await restartSource(cluster, [])
    const fetch = cluster.fetch('a.bin', 'other.bin')
    expect(await fetch.outcome('error')).toMatchObject({ code: 'ERR_PARTIAL_OTHER' })
    expect(await fetch.ended).toMatchObject({ code: 2 })
    expect(await readFile(cluster.path('other.bin.part'))).toEqual(before)
  })
})

describe('a content that is there already', () => {
  it('is not fetched, with and without force; another content of that name is not replaced unasked', async () => {
    const { cluster, sha256 } = network()
    await cluster.fetch('a.bin', 'there.bin').outcome('done')
    for (const flags of [[], ['--force']]) {
      const again = cluster.fetch('a.bin', 'there.bin', flags)
      const present = { bytes: SIZE_BYTES, sha256, isPresent: true, wireBytes: 0, routes: {} }
      expect(await again.outcome('done')).toMatchObject(present)
      expect(await again.ended).toMatchObject({ code: 0 })
    }
    await flip(cluster.path('there.bin'), 77)
    const other = cluster.fetch('a.bin', 'there.bin')
    expect(await other.outcome('error')).toMatchObject({ code: 'ERR_FILE_EXISTS' })
    expect(await other.ended).toMatchObject({ code: 2 })
    expect((await cluster.fetch('a.bin', 'there.bin', ['--force']).outcome('done')).isPresent).toBeUndefined()
    expect(await hashOf(cluster.path('there.bin'))).toBe(sha256)
  })
})

/** What is done to a partial file, whose path `harm` gets; more bytes are then wrong, or no longer there. */
interface Harm {
  name: string
  harm(path: string): Promise<unknown>
  wrongBytes?: number
  lostBytes?: number
}

/** A source of one content and a relay. */
async function start(whenOver?: WhenOver) {
  let sha256 = ''
  const prepare = async (contents: string) => {
    sha256 = await makeContent(join(contents, 'a.bin'), SIZE_BYTES)
  }
  const cluster = await Cluster.start([['--max-rate', '800mbit']], prepare, [], whenOver)
  return { cluster, sha256 }
}

/** Leaves what a run leaves that is killed when it has LEFT_BYTES. */
async function leavePartial(cluster: Cluster): Promise<void> {
  const environment = { ANABRANCH_FAILPOINTS: 'client.beforeRename=exit' }
  await cluster.fetch('a.bin', 'out.bin', [], { environment }).ended
  await truncate(cluster.path('out.bin.part'), LEFT_BYTES)
}

/** Copies what belongs to the partial file of out.bin, so that it belongs to another output. */
async function copyPartial(cluster: Cluster, name: string): Promise<void> {
  for (const ending of ['.part', '.part.json', '.part.hashes']) {
    await copyFile(cluster.path(`out.bin${ending}`), cluster.path(`${name}${ending}`))
  }
}

async function restartSource(cluster: Cluster, flags: string[]): Promise<void> {
  cluster.source!.kill('SIGKILL')
  await cluster.source!.ended
  cluster.source = await cluster.startMember('source', 'source', ['--dir', cluster.contents, ...flags])
  await cluster.source.event('registered')
}

/** Changes one bit of the byte at the position. */
async function flip(path: string, position: number): Promise<void> {
  await using file = await open(path, 'r+')
  const byte = Buffer.alloc(1)
  await file.read(byte, 0, 1, position)
  await file.write(Buffer.of(byte[0]! ^ 4), 0, 1, position)
}

/** What the fetch said that it had, from time to time. */
function bytesTold(events: Told[]): number[] {
  return events.filter(({ event }) => event === 'progress').map(({ bytes }) => bytes)
}

async function beside(cluster: Cluster, output: string): Promise<string[]> {
  return (await readdir(cluster.directory)).filter(name => name.startsWith(output))
}
