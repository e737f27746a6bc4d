import { expect, it } from 'vitest'
import { hashOf, makeContent } from './contents.ts'
import { Cluster, shared } from './harness.ts'
import { lastVersion } from './last-version.ts'
import type { Told } from './program.ts'

const SIZE = 20_000_000
const RELAYS = ['relay1', 'relay2']

/** Each network has nodes of the last version and of this one. */
const NETWORKS = [
  { old: ['director'], name: 'its director' },
  { old: ['source', 'relay1', 'relay2'], name: 'its source and relays' },
  { old: ['relay1'], name: 'one of its relays' },
  { old: ['client'], name: 'the client' }
]

const old = shared(lastVersion)

it.for(NETWORKS)(
  'a fetch over two relays is right where $name has the last version',
  async ({ old: olds }) => {
    const cluster = await Cluster.create()
    const options = (node: string) =>
      olds.includes(node) ? { program: old(), environment: { ANABRANCH_FAILPOINTS: '' } } : {}
    const hash = await makeContent(`${cluster.contents}/a.mkv`, SIZE)
    cluster.director = await cluster.startDirector(undefined, [], options('director'))
    const members = await Promise.all([
      cluster.startMember('source', 'source', ['--dir', cluster.contents], options('source')),
      ...RELAYS.map(name => cluster.startMember('relay', name, ['--max-rate', '40mbit'], options(name)))
    ])
    for (const member of members) await member.event('registered')

    const director = ['--director', cluster.director.address]
    const args = ['client', 'fetch', 'a.mkv', '--json', '-o', cluster.path('copy'), ...director]
    const { routes } = await cluster.run(args, options('client')).outcome('done')
    expect(await hashOf(cluster.path('copy'))).toBe(hash)
    const carriers = Object.values<Told>(routes).filter(({ bytes }) => bytes > 0)
    const [, relay1, relay2] = members
    expect(carriers.flatMap(route => route.relays).sort()).toEqual([relay1!.peerId, relay2!.peerId].sort())
  }
)
