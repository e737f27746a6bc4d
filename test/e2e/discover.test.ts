import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { makeContent } from './contents.ts'
import { Cluster } from './harness.ts'
import { LocalNetwork } from './local-network.ts'
import type { Told } from './program.ts'

const SIZE = 1_000_000
const ANYWHERE = ['--listen', '/ip4/0.0.0.0/tcp/0']

function relaysOf({ routes }: Told): string[][] {
  return Object.values<{ relays: string[] }>(routes).map(({ relays }) => relays)
}

describe('on a local network', () => {
  it('a client finds a source by itself, and fetches what it knows the name of', async () => {
    const [network, cluster] = [await LocalNetwork.create(), await Cluster.create()]
    const sha256 = await makeContent(join(cluster.contents, 'a'), SIZE)
    const there = { under: network.at(0) }
    const flags = ['--dir', cluster.contents, ...ANYWHERE]
    await cluster.startMember('source', 'source', [...flags, '--discover'], there)
    await makeContent(cluster.path('b'), SIZE)
    // One that does not announce itself is not heard.
    await cluster.startMember('source', 'quiet', ['--dir', cluster.directory, ...ANYWHERE], there)
    const fetch = (name: string, flags: string[]) => {
      const args = [
        'client',
        'fetch',
        name,
        '--json',
        '--checksum',
        '-o',
        cluster.path('out/'),
        '--discover',
        ...flags
      ]
      return cluster.run(args, { under: network.at(1) })
    }
    const done = await fetch('a', ['--wait']).outcome('done')
    expect(done).toMatchObject({ sha256 })
    expect(relaysOf(done)).toEqual([[]])
    expect(await fetch('b', []).ended).toMatchObject({ code: 4 })
  })

  it('a client finds a director by itself, which leads it over its relays', async () => {
    const [network, cluster] = [await LocalNetwork.create(), await Cluster.create()]
    const sha256 = await makeContent(join(cluster.contents, 'a'), SIZE)
    const there = { under: network.at(0) }
    cluster.director = await cluster.startDirector(ANYWHERE[1], ['--discover'], there)
    const [source, relay] = await Promise.all([
      cluster.startMember('source', 'source', ['--dir', cluster.contents, ...ANYWHERE], there),
      cluster.startMember('relay', 'relay', ANYWHERE, there)
    ])
    for (const member of [source, relay]) await member.event('registered')
    const args = ['client', 'fetch', 'a', '--json', '--checksum', '-o', cluster.path('out/'), '--discover']
    const done = await cluster.run(args, { under: network.at(1) }).outcome('done')
    expect(done).toMatchObject({ sha256 })
    expect(relaysOf(done)).toEqual([[relay.peerId]])
  })

  it('a client that hears nobody says so', async () => {
    const [network, cluster] = [await LocalNetwork.create(), await Cluster.create()]
    const args = ['client', 'fetch', 'a', '--json', '--discover', '--patience', '3s']
    const fetch = cluster.run(args, { under: network.at(1) })
    expect(await fetch.outcome('error')).toMatchObject({ code: 'ERR_NOBODY_HEARD' })
    expect(await fetch.ended).toMatchObject({ code: 5 })
  })
})
