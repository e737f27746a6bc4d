import { join } from 'node:path'
import { expect, it } from 'vitest'
import { hashOf, makeContent } from './contents.ts'
import { Cluster } from './harness.ts'
import type { Told } from './program.ts'

const MB = 1_000_000
const SIZE_BYTES = 12 * MB
const SERVE = ['--serve', '--listen', '/ip4/127.0.0.1/tcp/0', '-v']
const STRAIGHT = ['--direct', 'only']

/** A director, and a source of a film that sends so much a second at most. */
async function withSource(rate: string, relays: string[][] = []) {
  let sha256 = ''
  const prepare = async (contents: string) => {
    sha256 = await makeContent(join(contents, 'film.bin'), SIZE_BYTES)
  }
  const cluster = await Cluster.start(relays, prepare, ['--max-rate', rate])
  const serve = (name: string, flags = STRAIGHT) =>
    cluster.fetch('film.bin', cluster.path(name), [...SERVE, ...flags])
  return { cluster, sha256, serve }
}

function sourcesOf({ routes }: Told): string[] {
  return Object.values<{ source: string; bytes: number }>(routes)
    .filter(({ bytes }) => bytes > 0)
    .map(({ source }) => source)
}

it('serves what it has fetched when the source is gone, until it is told to stop', async () => {
  const { cluster, sha256, serve } = await withSource('400mbit')
  const first = serve('first')
  const { peerId } = await first.event('listening')
  await first.event('registered')
  await first.event('serving')
  await cluster.source!.end()
  const second = cluster.fetch('film.bin', cluster.path('second'), STRAIGHT)
  const done = await second.outcome('done')
  expect(sourcesOf(done)).toEqual([peerId])
  expect(await hashOf(cluster.path('second'))).toBe(sha256)
  first.kill('SIGINT')
  expect(await first.ended).toMatchObject({ code: 0 })
  await cluster.fetch('film.bin', cluster.path('third'), [...STRAIGHT, '--patience', '1s']).outcome('error')
})

it('serves what it has so far to another one, which gets the rest when the source is back', async () => {
  const { cluster, sha256, serve } = await withSource('16mbit')
  const first = serve('first')
  const { peerId } = await first.event('listening')
  await first.event('progress', ({ bytes }) => bytes > SIZE_BYTES / 2)
  const { address } = cluster.source!
  cluster.source!.kill('SIGKILL')
  const reached = first.events.findLast(({ event }) => event === 'progress')!.bytes
  const second = serve('second')
  await second.event('progress', ({ bytes }) => bytes >= reached)
  const back = await cluster.startMember('source', 'source', [
    ...['--dir', cluster.contents, '--listen', address.replace(/\/p2p\/.*/, '')]
  ])
  for (const fetch of [first, second]) await fetch.event('done')
  for (const name of ['first', 'second']) expect(await hashOf(cluster.path(name))).toBe(sha256)
  expect(sourcesOf(await second.event('done')).sort()).toEqual([back.peerId, peerId].sort())
})
