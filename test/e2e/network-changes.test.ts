import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { makeContent } from './contents.ts'
import { Cluster } from './harness.ts'
import type { Program } from './program.ts'
import { type PublicHost, PublicNetwork } from './public-network.ts'

const DIRECTOR = { name: 'director', ip4: '5.9.1.2' }
const RELAYS = [
  { name: 'relay1', ip4: '8.20.1.2' },
  { name: 'relay2', ip4: '9.20.1.2' }
]
const SOURCE = { name: 'source', ip4: '5.45.1.2' }
const CLIENT = { name: 'client', ip4: '8.30.1.2' }
const SIZE_BYTES = 30_000_000
/**
 * Longest time without content, in milliseconds. It is about one second on an idle machine; by silence alone dead
 * connections are found out after 20 s at the soonest.
 */
const LONGEST_GAP_MS = 8_000

describe('a running fetch goes on within seconds', () => {
  it('when the client has another address', async () => {
    const { network, fetch, sha256 } = await running()
    await network.change(CLIENT, [
      `addr del ${CLIENT.ip4}/24 dev eth0`,
      'addr add 8.30.1.9/24 dev eth0',
      'route add default via 8.30.1.1'
    ])
    await expectShortGap(fetch, sha256)
  })

  it('when a NAT before the client has forgotten its connections', async () => {
    const { network, fetch, sha256 } = await running()
    await network.forgetConnections(CLIENT)
    await expectShortGap(fetch, sha256)
  })

  it('when a NAT between relays and source has forgotten their connections', async () => {
    const { network, fetch, sha256 } = await running()
    await network.forgetConnections(SOURCE)
    await expectShortGap(fetch, sha256)
  })

  it('when its network is back, and says meanwhile that there is none', async () => {
    const { network, fetch, sha256 } = await running()
    await network.change(CLIENT, ['link set eth0 down'])
    expect(await fetch.event('waiting', ({ missing }) => missing === 'network')).toBeDefined()
    await network.change(CLIENT, ['link set eth0 up', 'route add default via 8.30.1.1'])
    const bytes = lastBytes(fetch)
    const backAtMs = Date.now()
    await fetch.nextEvent('progress', event => event.bytes > bytes)
    expect(Date.now() - backAtMs).toBeLessThan(LONGEST_GAP_MS)
    expect(await fetch.outcome('done')).toMatchObject({ sha256 })
  })
})

/** A fetch that has brought a tenth, between hosts with public addresses. */
async function running() {
  const network = await PublicNetwork.create([DIRECTOR, ...RELAYS, SOURCE, CLIENT])
  const cluster = await Cluster.create()
  const sha256 = await makeContent(join(cluster.contents, 'a'), SIZE_BYTES)
  const start = (role: string, host: PublicHost, args: string[]) =>
    cluster.run([role, 'start', '--json', '--home', cluster.path(host.name), ...args], {
      under: network.at(host)
    })
  const director = start('director', DIRECTOR, [])
  const { addresses } = await director.event('listening')
  const toDirector = ['--director', addresses[0]]
  const members = [
    start('source', SOURCE, ['--dir', cluster.contents, ...toDirector]),
    ...RELAYS.map(host => start('relay', host, ['--max-rate', '16mbit', ...toDirector]))
  ]
  for (const member of members) await member.event('registered')
  const fetch = cluster.fetch('a', cluster.path('out'), toDirector, { under: network.at(CLIENT) })
  await fetch.event('progress', ({ bytes }) => bytes > SIZE_BYTES / 10)
  return { network, fetch, sha256 }
}

async function expectShortGap(fetch: Program, sha256: string): Promise<void> {
  const done = await fetch.outcome('done')
  expect(done).toMatchObject({ sha256 })
  expect(done.longestStallMs).toBeLessThan(LONGEST_GAP_MS)
}

function lastBytes(fetch: Program): number {
  return fetch.events.findLast(({ event }) => event === 'progress')?.bytes ?? 0
}
