import { join } from 'node:path'
import { expect, it } from 'vitest'
import { makeContent } from './contents.ts'
import { Cluster } from './harness.ts'
import type { Told } from './program.ts'

it('a source that tells no address is fetched from over the relays to which it attaches itself', async () => {
  const cluster = await Cluster.create()
  const hash = await makeContent(join(cluster.contents, 'a'), 3_000_000)
  cluster.director = await cluster.startDirector()
  const relays = await Promise.all([1, 2].map(at => cluster.startMember('relay', `relay${at}`, [])))
  for (const relay of relays) await relay.event('registered')
  const source = await cluster.startMember('source', 'source', ['--dir', cluster.contents, '--reverse'])
  await source.event('registered')
  const over = relays.map(({ peerId }) => [peerId]).sort()

  const done = await cluster.fetch('a', cluster.path('out')).outcome('done')
  expect(done).toMatchObject({ sha256: hash })
  expect(relaysOf(done)).toEqual(over)
})

it('a relay that stops sends those who are attached elsewhere first', async () => {
  const cluster = await Cluster.create()
  await makeContent(join(cluster.contents, 'a'), 200_000)
  cluster.director = await cluster.startDirector()
  const first = await cluster.startMember('relay', 'relay1')
  await first.event('registered')
  const source = await cluster.startMember('source', 'source', ['--dir', cluster.contents, '--reverse'])
  expect(await source.event('attached')).toMatchObject({ relays: [first.peerId] })
  const second = await cluster.startMember('relay', 'relay2')
  await source.event('attached', ({ relays }) => relays.includes(second.peerId))
  first.kill('SIGTERM')
  await source.event('attached', ({ relays }) => relays.join() === second.peerId)
  const done = await cluster.fetch('a', cluster.path('out')).outcome('done')
  expect(relaysOf(done)).toEqual([[second.peerId]])
})

/** The relays of the routes over which a fetch went, in order. */
function relaysOf({ routes }: Told): string[][] {
  return Object.values<{ relays: string[] }>(routes)
    .map(({ relays }) => relays)
    .sort()
}
