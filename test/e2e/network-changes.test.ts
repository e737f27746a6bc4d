import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { makeContent } from './contents.ts'
import { Cluster, UNREHEARSED, type WhenOver } from './harness.ts'
import type { Program } from './program.ts'
import { type PublicHost, PublicNetwork } from './public-network.ts'

const DIRECTOR = { name: 'director', ip4: '5.9.1.2' }
const RELAYS = [
  { name: 'relay1', ip4: '8.20.1.2' },
  { name: 'relay2', ip4: '9.20.1.2' }
]
const SOURCE = { name: 'source', ip4: '5.45.1.2' }
const CLIENT = { name: 'client', ip4: '8.30.1.2' }
/** The relays take six seconds for it. */
const SIZE_BYTES = 24_000_000

// How soon is held by test/client/session.test.ts and test/transport/reach.test.ts, in virtual time.
// These tests mostly wait: they run at once.
describe.concurrent('a running fetch goes on', () => {
  it('when the client has another address', async ({ onTestFinished }) => {
    const { network, fetch, sha256 } = await running(onTestFinished)
    await network.change(CLIENT, [
      `addr del ${CLIENT.ip4}/24 dev eth0`,
      'addr add 8.30.1.9/24 dev eth0',
      'route add default via 8.30.1.1'
    ])
    await expectGoesOn(fetch, sha256)
  })

  it('when a NAT before the client has forgotten its connections', async ({ onTestFinished }) => {
    const { network, fetch, sha256 } = await running(onTestFinished)
    await network.forgetConnections(CLIENT)
    await expectGoesOn(fetch, sha256)
  })

  it('when a NAT between relays and source has forgotten their connections', async ({ onTestFinished }) => {
    const { network, fetch, sha256 } = await running(onTestFinished)
    await network.forgetConnections(SOURCE)
    await expectGoesOn(fetch, sha256)
  })

  it('when a NAT has forgotten the connections of a source that is attached to its relays', async ({
    onTestFinished
  }) => {
    const { network, fetch, sha256 } = await running(onTestFinished, ['--reverse'])
    await network.forgetConnections(SOURCE)
    await expectGoesOn(fetch, sha256)
  })

  it('when its network is back, and says meanwhile that there is none', async ({ onTestFinished }) => {
    const { network, fetch, sha256 } = await running(onTestFinished)
    await network.change(CLIENT, ['link set eth0 down'])
    expect(await fetch.event('waiting', ({ missing }) => missing === 'network')).toBeDefined()
    await network.change(CLIENT, ['link set eth0 up', 'route add default via 8.30.1.1'])
    await expectGoesOn(fetch, sha256)
  })
})

/** A fetch that has brought a tenth, between hosts with public addresses. */
async function running(whenOver: WhenOver, sourceArguments: string[] = []) {
  const network = await PublicNetwork.create([DIRECTOR, ...RELAYS, SOURCE, CLIENT], whenOver)
  const cluster = await Cluster.create(whenOver)
  const sha256 = await makeContent(join(cluster.contents, 'a'), SIZE_BYTES)
  const start = (role: string, host: PublicHost, args: string[]) =>
    cluster.run([role, 'start', '--json', '--home', cluster.path(host.name), ...args], {
      under: network.at(host),
      environment: UNREHEARSED
    })
  const director = start('director', DIRECTOR, [])
  const { addresses } = await director.event('listening')
  const toDirector = ['--director', addresses[0]]
  const members = [
    start('source', SOURCE, ['--dir', cluster.contents, ...sourceArguments, ...toDirector]),
    ...RELAYS.map(host => start('relay', host, ['--max-rate', '16mbit', ...toDirector]))
  ]
  for (const member of members) await member.event('registered')
  const fetch = cluster.fetch('a', cluster.path('out'), toDirector, { under: network.at(CLIENT) })
  await fetch.event('progress', ({ bytes }) => bytes > SIZE_BYTES / 10)
  return { network, fetch, sha256 }
}

/** It ends well, over routes that were opened in the place of those that are dead; no relay is blamed for their end. */
async function expectGoesOn(fetch: Program, sha256: string): Promise<void> {
  expect(await fetch.outcome('done')).toMatchObject({ sha256 })
  const routes = fetch.events.filter(({ event }) => event === 'route')
  expect(routes.filter(({ state }) => state === 'open').length).toBeGreaterThan(RELAYS.length)
  expect(routes.filter(({ reason }) => reason === 'the relay ended the route')).toEqual([])
}
