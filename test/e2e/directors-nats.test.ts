import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { makeContent } from './contents.ts'
import { Cluster, type Daemon, type WhenOver } from './harness.ts'
import { NatsServers } from './nats-servers.ts'

/** Two directors that share, a source at the first, and a relay at each. */
async function startTwo(whenOver: WhenOver) {
  const { cluster, servers } = await startServers(whenOver)
  await servers.startAll()
  const [first, second] = await Promise.all([
    startDirector(cluster, 'first', servers),
    startDirector(cluster, 'second', servers)
  ])
  for (const director of [first, second]) await director.event('directorFound')
  const sha256 = await makeContent(join(cluster.contents, 'film'), 2_000_000, 'film')
  const [, ...relays] = await Promise.all([
    startAt(cluster, first, 'source', 'source', ['--dir', cluster.contents]),
    startAt(cluster, first, 'relay', 'relay1'),
    startAt(cluster, second, 'relay', 'relay2')
  ])
  return { cluster, servers, first, second, relays: relays.map(({ peerId }) => peerId), sha256 }
}

async function startServers(whenOver: WhenOver) {
  const cluster = await Cluster.create(whenOver)
  const servers = await NatsServers.create(1, cluster.directory)
  const killAll = () => servers.killAll()
  process.on('exit', killAll)
  whenOver(async () => {
    process.off('exit', killAll)
    await servers.end()
  })
  return { cluster, servers }
}

async function startDirector(
  cluster: Cluster,
  name: string,
  servers: NatsServers,
  listen?: string
): Promise<Daemon> {
  return await cluster.startDirector(listen, ['--home', cluster.path(name), '--state', servers.state])
}

async function startAt(
  cluster: Cluster,
  director: Daemon,
  role: 'source' | 'relay',
  name: string,
  flags: string[] = []
): Promise<Daemon> {
  const member = await cluster.startMember(role, name, [...flags, '--director', director.address])
  await member.event('registered')
  return member
}

/** Asks a director until it leads over as many relays; returns these. */
async function relaysAt(cluster: Cluster, director: Daemon, count: number): Promise<string[]> {
  for (;;) {
    const asked = cluster.run(['client', 'routes', 'film', '--json', '--director', director.address])
    await asked.ended
    const relays = asked.events.filter(({ event }) => event === 'route').flatMap(({ relays }) => relays)
    if (relays.length === count) return relays.sort()
  }
}

// These tests mostly wait.
describe.concurrent('directors that share their state over NATS', () => {
  it('lead clients of either over the relays of both', async ({ onTestFinished }) => {
    const { cluster, first, second, relays, sha256 } = await startTwo(onTestFinished)
    for (const director of [first, second])
      expect(await relaysAt(cluster, director, 2)).toEqual([...relays].sort())
    const output = cluster.path('film')
    const fetch = cluster.run([
      'client',
      'fetch',
      'film',
      '--json',
      '--checksum',
      '-o',
      output,
      '--director',
      second.address
    ])
    expect(await fetch.outcome('done')).toMatchObject({ sha256 })
  })

  it('go on without the nodes that only a killed one has told, until it is back', async ({
    onTestFinished
  }) => {
    const { cluster, servers, first, second, relays } = await startTwo(onTestFinished)
    expect(await relaysAt(cluster, first, 2)).toEqual([...relays].sort())
    const { address } = second
    await second.end()
    expect(await first.event('directorLost')).toMatchObject({ peerId: second.peerId })
    expect(await relaysAt(cluster, first, 1)).toEqual([relays[0]])
    const again = await startDirector(cluster, 'second', servers, address.replace(/\/p2p\/.*/, ''))
    for (const director of [first, again])
      expect(await relaysAt(cluster, director, 2)).toEqual([...relays].sort())
  })

  it('start without the servers, say so, and share once these are there', async ({ onTestFinished }) => {
    const { cluster, servers } = await startServers(onTestFinished)
    const director = await startDirector(cluster, 'first', servers)
    const { message } = await director.event('problem')
    expect(message).toContain('cannot connect to the NATS servers 127.0.0.1:')
    await director.event('stateLost')
    await startAt(cluster, director, 'relay', 'relay1')
    await servers.startAll()
    await director.event('stateFound')
    const second = await startDirector(cluster, 'second', servers)
    expect(await second.event('directorFound')).toMatchObject({ peerId: director.peerId })
    await servers.kill(0)
    await director.nextEvent('stateLost')
    const found = director.nextEvent('stateFound')
    await servers.start(0)
    await found
  })
})
