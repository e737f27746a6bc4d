import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { expect, it } from 'vitest'
import { makeContent } from './contents.ts'
import { Cluster } from './harness.ts'
import type { Program } from './program.ts'
import { type PublicHost, PublicNetwork } from './public-network.ts'

const DIRECTOR = { name: 'director', ip4: '5.9.1.2', ip6: '2a01:4f8:1::2' }
const RELAY = { name: 'relay', ip4: '8.20.1.2', ip6: '2a01:4f8:2::2' }
const SOURCE = { name: 'source', ip4: '5.45.1.2' }
const CLIENT = { name: 'client', ip4: '8.30.1.2', ip6: '2a01:4f8:4::2' }

const PRIVATE = ['10.0.0.0/8', '172.16.0.0/12', '192.168.0.0/16', '169.254.0.0/16', 'fc00::/7', 'fe80::/10']
const OWN_HOST = ['127.0.0.0/8', '::1']

it('a fetch between hosts with public addresses needs no flags, and nobody is told of loopback or docker0', async () => {
  const network = await PublicNetwork.create([DIRECTOR, RELAY, SOURCE, CLIENT])
  const cluster = await Cluster.create()
  const hash = await makeContent(join(cluster.contents, 'a'), 2_000_000)
  const start = startIn(network, cluster)

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
  // The director may find the second of its addresses a moment after the first.
  const told = async () => {
    const routes = cluster.run(['client', 'routes', 'a', '--json', ...toDirector], atClient)
    return (await routes.outcome('route')).addresses
  }
  await expect.poll(told, { timeout: 20_000 }).toEqual([relayAddresses])
  const fetch = cluster.fetch('a', cluster.path('out'), toDirector, atClient)
  expect(await fetch.outcome('done')).toMatchObject({ sha256: hash })
})

it('what two hosts have in a private network of their own is told to nobody by a director outside of it', async () => {
  const network = await PublicNetwork.create([DIRECTOR, RELAY, SOURCE, CLIENT])
  await network.join({ host: RELAY, ip4: '10.9.0.1' }, { host: SOURCE, ip4: '10.9.0.2' })
  const dials = await Promise.all([
    network.countDials(CLIENT, [...PRIVATE, ...OWN_HOST]),
    // Relays and sources rehearse on their own host.
    ...[RELAY, SOURCE, DIRECTOR].map(host => network.countDials(host, PRIVATE))
  ])
  const cluster = await Cluster.create()
  const hash = await makeContent(join(cluster.contents, 'a'), 2_000_000)
  const start = startIn(network, cluster)

  const [address] = await addressesOf(start(DIRECTOR, []), DIRECTOR, 4001)
  const toDirector = ['--director', address!]
  const source = start(SOURCE, ['--dir', cluster.contents, ...toDirector])
  const everywhere = start(RELAY, toDirector)
  const listen = `/ip4/${RELAY.ip4}/tcp/4555`
  const there = start(RELAY, ['--listen', listen, ...toDirector], 'relay2')
  const relays = [everywhere, there]
  await Promise.all([source, ...relays].map(program => program.event('registered')))
  const [all, one] = await Promise.all(relays.map(relay => relay.event('listening')))
  const tail = `/tcp/4003/p2p/${all!.peerId}`
  expect(all!.addresses).toEqual(
    [RELAY.ip4, RELAY.ip6, '10.9.0.1'].map(ip => `/ip${ip.includes(':') ? 6 : 4}/${ip}${tail}`)
  )
  expect(one!.addresses).toEqual([`${listen}/p2p/${one!.peerId}`])

  const atClient = { under: network.at(CLIENT) }
  const ask = ['client', 'routes', 'a', '--same-network', '--json', ...toDirector]
  const told = await addressesTold(
    () => cluster.run(ask, atClient),
    [...all!.addresses.slice(0, 2), ...one!.addresses]
  )
  expect(told.filter(each => /\/(10|172)\./.test(each))).toEqual([])
  const fetch = cluster.fetch('a', cluster.path('out'), ['--same-network', ...toDirector], atClient)
  expect(await fetch.outcome('done')).toMatchObject({ sha256: hash })
  expect(await Promise.all(dials.map(count => count()))).toEqual([0, 0, 0, 0])
})

it('a client dials nothing in private networks, on its host or on its links, whatever a director says', async () => {
  const network = await PublicNetwork.create([DIRECTOR, CLIENT])
  const count = await network.countDials(CLIENT, [...PRIVATE, ...OWN_HOST])
  const cluster = await Cluster.create()
  const script = fileURLToPath(new URL('lying-director.ts', import.meta.url))
  const lies = ['10.9.0.1', '172.17.0.1', '192.168.1.1', '127.0.0.1', '169.254.169.254'].map(
    ip => `/ip4/${ip}/tcp/4003`
  )
  const names = ['/ip6/::1/tcp/4003', '/ip6/fd00::1/tcp/4003', '/dns4/localhost/tcp/4003']
  const director = cluster.run([`/ip4/${DIRECTOR.ip4}/tcp/4001`, ...lies, ...names], {
    under: [...network.at(DIRECTOR), process.execPath, '--experimental-transform-types', script, '--']
  })
  const { address } = await director.event('listening')
  const atClient = { under: network.at(CLIENT) }
  const fetch = cluster.fetch('a', cluster.path('out'), ['--patience', '2s', '--director', address], atClient)
  await fetch.outcome('error')
  expect(await count()).toBe(0)
})

it('a relay whose host has a private address alone is found at the one that its cloud gives it', async () => {
  const inCloud = { name: 'relay', ip4: '10.77.0.2', nat: { ip4: '8.20.1.2', isForwarded: true } }
  const network = await PublicNetwork.create([DIRECTOR, inCloud, SOURCE, CLIENT])
  const cluster = await Cluster.create()
  const hash = await makeContent(join(cluster.contents, 'a'), 2_000_000)
  const start = startIn(network, cluster)
  const [address] = await addressesOf(start(DIRECTOR, []), DIRECTOR, 4001)
  const toDirector = ['--director', address!]
  const source = start(SOURCE, ['--dir', cluster.contents, ...toDirector])
  const relay = start(inCloud, toDirector)
  await Promise.all([source.event('registered'), relay.event('registered')])
  const { peerId } = await relay.event('listening')

  const atClient = { under: network.at(CLIENT) }
  const routes = cluster.run(['client', 'routes', 'a', '--json', ...toDirector], atClient)
  expect((await routes.outcome('route')).addresses).toEqual([[`/ip4/8.20.1.2/tcp/4003/p2p/${peerId}`]])
  const fetch = cluster.fetch('a', cluster.path('out'), toDirector, atClient)
  expect(await fetch.outcome('done')).toMatchObject({ sha256: hash })
  expect(relay.events.filter(({ event }) => event === 'problem')).toEqual([])
})

it('a relay that nobody can reach says so, with all that was tried and what to do', async () => {
  const behind = { name: 'relay', ip4: '10.77.0.2', nat: { ip4: '8.20.1.2', isForwarded: false } }
  const network = await PublicNetwork.create([DIRECTOR, behind])
  const start = startIn(network, await Cluster.create())
  const [address] = await addressesOf(start(DIRECTOR, []), DIRECTOR, 4001)
  const relay = start(behind, ['--director', address!])
  const { code, message } = await relay.event('problem')
  expect(code).toBe('ERR_NODE_UNREACHED')
  expect(message).toMatch(/^the director says: nobody can dial this node/)
  expect(message).toMatch(/8\.20\.1\.2\/tcp\/4003 \(no/)
  expect(message).toMatch(/10\.77\.0\.2\/tcp\/4003 \(private, and the director is not in its network\)/)
  expect(message).toMatch(/forward it in the router, or give the address at which others reach it/)
})

it('a relay that moves to another address is led over there', async () => {
  const network = await PublicNetwork.create([DIRECTOR, RELAY, SOURCE, CLIENT])
  const cluster = await Cluster.create()
  await makeContent(join(cluster.contents, 'a'), 100_000)
  const start = startIn(network, cluster)
  const director = start(DIRECTOR, ['-v'])
  const [address] = await addressesOf(director, DIRECTOR, 4001)
  const toDirector = ['--director', address!]
  const relay = start(RELAY, toDirector)
  const source = start(SOURCE, ['--dir', cluster.contents, ...toDirector])
  await Promise.all([source.event('registered'), relay.event('registered')])
  const { peerId } = await relay.event('listening')
  const joined = director.nextEvent('joined', event => event.peerId === peerId)
  await network.move(RELAY, '8.21.1.2')
  await joined
  const atClient = { under: network.at(CLIENT) }
  const ask = ['client', 'routes', 'a', '--json', ...toDirector]
  const at = (ip4: string) => `/ip4/${ip4}/tcp/4003/p2p/${peerId}`
  const told = await addressesTold(() => cluster.run(ask, atClient), [at('8.21.1.2')])
  expect(told).not.toContain(at(RELAY.ip4))
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

/** What starts a daemon at a host; its role is the host's name, and `home` tells those of one host apart. */
function startIn(network: PublicNetwork, cluster: Cluster) {
  return (host: PublicHost, args: string[], home = host.name): Program =>
    cluster.run([host.name, 'start', '--json', '--home', cluster.path(home), ...args], {
      under: network.at(host)
    })
}

/** Asks for routes until they go over all of the wanted addresses; returns the addresses of their relays. */
async function addressesTold(ask: () => Program, wanted: string[]): Promise<string[]> {
  for (;;) {
    const asked = ask()
    await asked.ended
    const routes = asked.events.filter(({ event }) => event === 'route')
    const told: string[] = routes.flatMap(route => route.addresses.flat())
    if (wanted.every(address => told.includes(address))) return told
  }
}

/** What a daemon says that it listens on, which has to be the public addresses of its host. */
async function addressesOf(program: Program, host: PublicHost, port: number): Promise<string[]> {
  const { addresses, peerId } = await program.event('listening')
  const tail = `/tcp/${port}/p2p/${peerId}`
  const ip6 = host.ip6 ? [`/ip6/${host.ip6}${tail}`] : []
  expect(addresses).toEqual([`/ip4/${host.ip4}${tail}`, ...ip6])
  return addresses
}
