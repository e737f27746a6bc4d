import { cp, mkdir } from 'node:fs/promises'
import { join } from 'node:path'
import { expect, it } from 'vitest'
import { hashOf, hashOfStream, makeContent } from './contents.ts'
import { Cluster, type Daemon } from './harness.ts'

const MB = 1_000_000
const SIZE_BYTES = 20 * MB
/** Together two of them take some seconds for the content, so that there is a middle. */
const RATE = ['--max-rate', '30mbit']

/** A second source with the same bytes under another name, or with other bytes under the same name. */
async function secondSource(cluster: Cluster, name: string, content: string | undefined): Promise<Daemon> {
  const directory = join(cluster.directory, 'copies')
  await mkdir(directory)
  if (content === undefined) await makeContent(join(directory, name), SIZE_BYTES, 'other bytes')
  else await cp(content, join(directory, name))
  const source = await cluster.startMember('source', 'second', ['--dir', directory])
  await source.event('registered')
  return source
}

async function withTwoRelays() {
  let sha256 = ''
  const prepare = async (contents: string) => {
    sha256 = await makeContent(join(contents, 'film.bin'), SIZE_BYTES)
  }
  const cluster = await Cluster.start([RATE, RATE], prepare)
  return { cluster, sha256, content: join(cluster.contents, 'film.bin') }
}

/** What came from each source. */
function bytesBySource(routes: Record<string, { source: string; bytes: number }>): Record<string, number> {
  const bytes: Record<string, number> = {}
  for (const route of Object.values(routes)) bytes[route.source] = (bytes[route.source] ?? 0) + route.bytes
  return bytes
}

it('fetches from all that have a content, whatever they call it, and outlives the death of one', async () => {
  const { cluster, sha256, content } = await withTwoRelays()
  const second = await secondSource(cluster, 'the same film.bin', content)
  const record = cluster.path('film.record')
  const fetch = cluster.fetch('film.bin', '-', ['--memory', '4MiB', '--record', record], { events: 'stderr' })
  const read = hashOfStream(fetch.child.stdout!, SIZE_BYTES * 0.3, async () => {
    second.kill('SIGKILL')
    await fetch.event('route', ({ state, source }) => state === 'lost' && source === second.peerId)
  })
  expect(await read).toBe(sha256)
  const bytes = bytesBySource((await fetch.outcome('done')).routes)
  for (const { peerId } of [cluster.source!, second]) expect(bytes[peerId]).toBeGreaterThan(MB)
  await fetch.ended
  expect(await cluster.run(['replay', record, '--json']).outcome('replay')).toMatchObject({ identical: true })
})

it('takes in a source that comes later', async () => {
  const { cluster, sha256, content } = await withTwoRelays()
  const fetch = cluster.fetch('film.bin', '-', ['--memory', '4MiB'], { events: 'stderr' })
  const read = hashOfStream(fetch.child.stdout!, SIZE_BYTES * 0.1, async () => {
    const second = await secondSource(cluster, 'copy.bin', content)
    await fetch.event('source', ({ source, state }) => source === second.peerId && state === 'joined')
  })
  expect(await read).toBe(sha256)
})

it('goes straight to known sources, of which one has other bytes under the same name', async () => {
  const { cluster, sha256 } = await withTwoRelays()
  const copy = await secondSource(cluster, 'film.bin', undefined)
  const sources = [cluster.source!, copy].flatMap(({ address }) => ['--source', address])
  const output = join(cluster.directory, 'out.bin')
  const fetch = cluster.run(['client', 'fetch', 'film.bin', '--json', '-o', output, ...sources])
  await fetch.outcome('done')
  const content = fetch.events.find(({ event }) => event === 'content')!
  expect(await hashOf(output)).toBe(
    content.source === copy.peerId ? await hashOf(join(cluster.directory, 'copies', 'film.bin')) : sha256
  )
  const bytes = bytesBySource((await fetch.outcome('done')).routes)
  expect(Object.keys(bytes).filter(source => bytes[source]! > 0)).toEqual([content.source])
})

it('goes straight to all sources that the director knows where that is wanted', async () => {
  const { cluster, content, sha256 } = await withTwoRelays()
  const second = await secondSource(cluster, 'copy.bin', content)
  const output = join(cluster.directory, 'out.bin')
  const fetch = cluster.fetch('film.bin', output, ['--direct', 'only'])
  const { routes } = await fetch.outcome('done')
  expect(await hashOf(output)).toBe(sha256)
  const taken = Object.values<{ relays: string[]; source: string }>(routes)
  expect(taken.map(({ relays }) => relays)).toEqual([[], []])
  expect(taken.map(({ source }) => source).sort()).toEqual([cluster.source!.peerId, second.peerId].sort())
})
