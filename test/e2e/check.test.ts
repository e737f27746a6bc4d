import { once } from 'node:events'
import { type AddressInfo, connect, createServer, type Server } from 'node:net'
import { join } from 'node:path'
import { describe, expect, it, onTestFinished } from 'vitest'
import { Director } from '../../src/director/director.ts'
import { createNode } from '../../src/transport/node.ts'
import { makeContent } from './contents.ts'
import { Cluster } from './harness.ts'
import type { Program } from './program.ts'

/** Nobody listens there. */
const DEAD = '/ip4/127.0.0.1/tcp/9'
const ANY_PORT = '/ip4/127.0.0.1/tcp/0'
/** The longest packet that passes a path which swallows long ones. */
const LONGEST_BYTES = 1_300

describe('client check', () => {
  it('tells what each route carries, which one a relay limits, and how long the whole would take', async () => {
    const relays = [
      ['--max-rate', '4mbit'],
      ['--max-rate', '24mbit'],
      ['--max-rate', '24mbit']
    ]
    const cluster = await Cluster.start(relays, contents => makeContent(join(contents, 'a'), 80_000_000))
    const director = cluster.director!.address
    const check = cluster.run(['client', 'check', 'a', '--json', '--routes', '3', '--director', director])
    const { directors, content } = await check.outcome('check')
    expect(await check.ended).toMatchObject({ code: 0 })
    expect(directors).toMatchObject([
      { director: cluster.director!.peerId, addresses: [{ observed: expect.stringContaining('127.0.0.1') }] }
    ])
    expect(content).toMatchObject({ name: 'a', bytes: 80_000_000, routesNamed: 3, failure: '' })
    expect(content.routes).toHaveLength(3)
    expect(content.seconds).toBeGreaterThan(1)
    const [slow] = cluster.relays
    const limited = content.routes.find(({ relays }: { relays: string[] }) => relays[0] === slow!.peerId)
    expect(limited).toMatchObject({ limitBytesPerSecond: 500_000, limit: 'relay' })
    const told = findings(check).filter(({ kind }) => kind === 'relayLimit')
    expect(told.map(({ what }) => what)).toContainEqual(
      `route ${limited.id} is limited by a relay, which lets it have 4.0 Mbit/s`
    )
  })

  it('names a director that is dead beside one that answers', async () => {
    const cluster = await Cluster.create()
    const director = await cluster.startDirector()
    const check = cluster.run([
      'client',
      'check',
      '--json',
      '--director',
      DEAD,
      '--director',
      director.address
    ])
    expect(await check.ended).toMatchObject({ code: 0 })
    expect(findings(check)).toMatchObject([{ kind: 'noDirector', severity: 'warning' }])
    const alone = cluster.run(['client', 'check', '--json', '--director', DEAD])
    expect(await alone.ended).toMatchObject({ code: 5 })
  })

  it('tells that the clock of a director is wrong', async () => {
    const node = await createNode({ listen: [ANY_PORT] })
    const director = new Director({ node, utcMs: () => Date.now() + 90_000 })
    await director.start()
    onTestFinished(async () => {
      await director.stop()
      await node.stop()
    })
    const cluster = await Cluster.create()
    const check = cluster.run(['client', 'check', '--json', '--director', String(node.getMultiaddrs()[0])])
    expect(await check.ended).toMatchObject({ code: 0 })
    expect(findings(check)).toMatchObject([
      { kind: 'clock', what: expect.stringMatching(/is (89|90)\.\d s ahead of this host's/) }
    ])
  })

  it('ends as a fetch does where nobody has the content', async () => {
    const cluster = await Cluster.create()
    const director = await cluster.startDirector()
    const check = cluster.run(['client', 'check', 'nothing', '--json', '--director', director.address])
    expect(await check.ended).toMatchObject({ code: 4 })
    expect(check.events.map(({ event }) => event)).toEqual(['check', 'error'])
  })

  it('tells a path that swallows long packets from a relay that does not answer', async () => {
    const cluster = await Cluster.create()
    cluster.director = await cluster.startDirector()
    await makeContent(join(cluster.contents, 'a'), 10_000_000)
    const source = await cluster.startMember('source', 'source', ['--dir', cluster.contents])
    const port = await freePort()
    const flags = ['--listen', `/ip4/127.0.0.1/tcp/${port}`, '--announce', await swallowingPathTo(port)]
    const relay = await cluster.startMember('relay', 'relay', flags)
    for (const member of [source, relay]) await member.event('registered')
    const check = cluster.run(['client', 'check', 'a', '--json', '--director', cluster.director.address])
    expect(await check.ended).toMatchObject({ code: 5 })
    expect(findings(check).map(({ kind }) => kind)).toEqual(['noRoute', 'shortfall', 'pathMtu'])
  })
})

describe('relay check', () => {
  it('says that others reach a relay here, and leaves nothing behind', async () => {
    const cluster = await Cluster.create()
    const director = await cluster.startDirector()
    const check = cluster.run([
      'relay',
      'check',
      '--json',
      '--director',
      director.address,
      '--listen',
      ANY_PORT
    ])
    expect(await check.ended).toMatchObject({ code: 0 })
    const { directors } = await check.event('check')
    expect(directors[0].verdict).toEqual({
      reached: [expect.stringContaining('/ip4/127.0.0.1/tcp/')],
      unreached: []
    })
    await director.event('left', ({ reason }) => reason === 'ended')
  })

  it.each(['relay', 'source'])('names an address at which a %s is not reached', async role => {
    const cluster = await Cluster.create()
    const director = await cluster.startDirector()
    const args = ['--director', director.address, '--listen', ANY_PORT, '--announce', DEAD]
    const check = cluster.run([role, 'check', '--json', ...args])
    expect(await check.ended).toMatchObject({ code: 1 })
    const { directors } = await check.event('check')
    expect(directors[0].verdict).toEqual({
      reached: [],
      unreached: [{ address: DEAD, reason: 'connection refused' }]
    })
    expect(findings(check)[0]).toMatchObject({ kind: 'closedPort', severity: 'problem' })
  })

  it('says that the relay runs already', async () => {
    const cluster = await Cluster.create()
    cluster.director = await cluster.startDirector()
    const relay = await cluster.startMember('relay', 'relay')
    const listen = relay.address.replace(/\/p2p\/.*/, '')
    const args = ['--director', cluster.director.address, '--listen', listen]
    const check = cluster.run(['relay', 'check', '--json', ...args])
    expect(await check.ended).toMatchObject({ code: 2 })
    expect(await check.event('error')).toMatchObject({
      code: 'ERR_PORT_TAKEN',
      message: expect.stringContaining('stop it for the check')
    })
  })
})

function findings(check: Program) {
  return check.events.filter(({ event }) => event === 'finding')
}

/**
 * The address of a path to a port of this host. No connection over it brings anything more towards the client once a
 * long packet was sent.
 */
async function swallowingPathTo(port: number): Promise<string> {
  const server = createServer(client => {
    const relay = connect(port, '127.0.0.1')
    let isStuck = false
    client.on('data', bytes => relay.write(bytes))
    relay.on('data', bytes => {
      isStuck ||= bytes.length > LONGEST_BYTES
      if (!isStuck) client.write(bytes)
    })
    for (const [one, other] of [
      [client, relay],
      [relay, client]
    ] as const) {
      one.on('error', () => {})
      one.on('close', () => other.destroy())
    }
  })
  onTestFinished(() => void server.close())
  return `/ip4/127.0.0.1/tcp/${await listening(server)}`
}

async function freePort(): Promise<number> {
  const server = createServer()
  const port = await listening(server)
  server.close()
  await once(server, 'close')
  return port
}

/** Starts to listen on any port of loopback, and returns it. */
async function listening(server: Server): Promise<number> {
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  return (server.address() as AddressInfo).port
}
