import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { expect, it } from 'vitest'
import { makeContent } from './contents.ts'
import { Cluster } from './harness.ts'
import type { Program } from './program.ts'
import { type PublicHost, PublicNetwork } from './public-network.ts'

const DIRECTOR = { name: 'director', ip4: '5.9.1.2', ip6: '2a01:4f8:1::2' }
const RELAY = { name: 'relay', ip4: '8.20.1.2', ip6: '2a01:4f8:2::2' }
const SOURCE = { name: 'source', ip4: '5.45.1.2' }
const CLIENT = { name: 'client', ip4: '8.30.1.2', ip6: '2a01:4f8:4::2' }

it('a fetch between hosts with public addresses needs no flags, and nobody is told of loopback or docker0', async () => {
  const network = await PublicNetwork.create([DIRECTOR, RELAY, SOURCE, CLIENT])
  const cluster = await Cluster.create()
  const hash = await makeContent(join(cluster.contents, 'a'), 2_000_000)
  const start = (host: PublicHost, args: string[]) =>
    cluster.run([host.name, 'start', '--json', '--home', cluster.path(host.name), ...args], {
      under: network.at(host)
    })

  const director = start(DIRECTOR, [])
  const [address] = await addressesOf(director, DIRECTOR, 4001)
  const toDirector = ['--director', address!]
  const relay = start(RELAY, toDirector)
  const source = start(SOURCE, ['--dir', cluster.contents, ...toDirector])
  const [relayAddresses] = await Promise.all([
    addressesOf(relay, RELAY, 4003),
    addressesOf(source, SOURCE, 4002),
    relay.event('registered'),
    source.event('registered')
  ])

  const atClient = { under: network.at(CLIENT) }
  const routes = cluster.run(['client', 'routes', 'a', '--json', ...toDirector], atClient)
  expect((await routes.outcome('route')).addresses).toEqual([relayAddresses])
  const fetch = cluster.fetch('a', cluster.path('out'), toDirector, atClient)
  expect(await fetch.outcome('done')).toMatchObject({ sha256: hash })
})

it('a daemon listens on IPv4 alone where the system knows no IPv6', async () => {
  const cluster = await Cluster.create()
  const script = cluster.path('no-ipv6.cjs')
  await writeFile(
    script,
    `const { Server } = require('node:net')
    const { listen } = Server.prototype
    Server.prototype.listen = function (options, ...rest) {
      if (options.host === '::') throw new Error('listen EAFNOSUPPORT: address family not supported')
      return listen.call(this, options, ...rest)
    }`
  )
  const director = cluster.run(['director', 'start', '--json', '--home', cluster.path('director')], {
    under: ['unshare', '--net'],
    environment: { NODE_OPTIONS: `--require ${script}` }
  })
  await director.event('listening')
})

it('a daemon that has no address to tell says so', async () => {
  const cluster = await Cluster.create()
  const args = ['director', 'start', '--json', '--home', cluster.path('director')]
  const director = cluster.run(args, { under: ['unshare', '--net'] })
  expect(await director.event('listening')).toMatchObject({ addresses: [] })
  expect((await director.event('problem')).message).toMatch(/no network interface has an address/)
})

/** What a daemon says that it listens on, which has to be the public addresses of its host. */
async function addressesOf(program: Program, host: PublicHost, port: number): Promise<string[]> {
  const { addresses, peerId } = await program.event('listening')
  const tail = `/tcp/${port}/p2p/${peerId}`
  const ip6 = host.ip6 ? [`/ip6/${host.ip6}${tail}`] : []
  expect(addresses).toEqual([`/ip4/${host.ip4}${tail}`, ...ip6])
  return addresses
}
