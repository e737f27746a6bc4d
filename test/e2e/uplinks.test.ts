import { join } from 'node:path'
import { expect, it } from 'vitest'
import { ExitCode } from '../../src/errors.ts'
import { makeContent } from './contents.ts'
import { Cluster } from './harness.ts'
import { ETH, UplinkNetwork, WWAN } from './uplink-network.ts'

const DIRECTOR = '8.60.1.1'
const SOURCE = '8.61.1.1'
const RELAYS = ['8.62.1.1', '8.63.1.1', '8.64.1.1']
/** Six seconds over three relays. */
const CONTENT_BYTES = 45_000_000
/** Of a machine that is busy with other tests; test/planner holds the true bounds, in virtual time. */
const BUSY_STALL_MS = 2_000
const UPLINK_FLAGS = ['--uplink', 'eth0', '--uplink', 'wwan0']

it('a fetch goes by both uplinks, loses one without a pause, and takes it back', async () => {
  const { network, cluster, hash, fetch } = await start(RELAYS)
  const [byEth, byWwan] = RELAYS
  await network.block(WWAN, byEth!)
  await network.block(ETH, byWwan!)
  const program = fetch(UPLINK_FLAGS)
  await opened(program, 'eth0', 2)
  await opened(program, 'wwan0', 2)
  await program.event('progress', ({ atMs }) => atMs > 1_500)

  await network.cut(WWAN)
  expect(await program.event('uplink')).toMatchObject({ uplink: 'wwan0', state: 'gone' })
  await program.event('route', ({ uplink, state }) => uplink === 'wwan0' && state === 'lost')
  await network.raise(WWAN)
  await program.event('uplink', ({ uplink, state }) => uplink === 'wwan0' && state === 'up')
  await program.nextEvent('route', ({ uplink, state }) => uplink === 'wwan0' && state === 'open')

  const done = await program.outcome('done')
  expect(done).toMatchObject({ sha256: hash })
  expect(done.longestStallMs).toBeLessThan(BUSY_STALL_MS)
  const uplinks = Object.values<{ uplink: string }>(done.routes).map(({ uplink }) => uplink)
  expect(new Set(uplinks)).toEqual(new Set(['eth0', 'wwan0']))
  const relays = new Set(cluster.relays.map(({ peerId }) => peerId))
  expect(relays.size).toBe(RELAYS.length)
  for (const uplink of [ETH, WWAN])
    expect(await network.receivedBytes(uplink)).toBeGreaterThan(CONTENT_BYTES / 6)
})

it('one relay by two uplinks is two routes', async () => {
  const { network, hash, fetch } = await start(RELAYS.slice(0, 1), 4_000_000)
  const done = await fetch(['--uplink', 'all']).outcome('done')
  expect(done).toMatchObject({ sha256: hash })
  const routes = Object.values<{ uplink: string; bytes: number }>(done.routes)
  expect(routes.map(({ uplink }) => uplink).sort()).toEqual(['eth0', 'wwan0'])
  expect(Math.min(...routes.map(({ bytes }) => bytes))).toBeGreaterThan(0)
  expect(await network.receivedBytes(WWAN)).toBeGreaterThan(400_000)
})

it('a backup carries nothing until the other uplink is gone, and goes on at once', async () => {
  const { network, hash, fetch } = await start(RELAYS, 20_000_000)
  const program = fetch([...UPLINK_FLAGS, '--backup', 'wwan0'])
  await opened(program, 'wwan0', 1)
  await program.event('progress', ({ atMs }) => atMs > 1_000)
  expect(await network.receivedBytes(WWAN)).toBeLessThan(500_000)
  await network.cut(ETH)
  const done = await program.outcome('done')
  expect(done).toMatchObject({ sha256: hash })
  expect(done.longestStallMs).toBeLessThan(BUSY_STALL_MS)
  expect(await network.receivedBytes(WWAN)).toBeGreaterThan(5_000_000)
})

it('an uplink that has carried what it may is not used any more', async () => {
  const { network, hash, fetch } = await start(RELAYS, 20_000_000)
  const program = fetch([...UPLINK_FLAGS, '--cap', 'wwan0=2MB'])
  expect(await program.event('uplink')).toMatchObject({ uplink: 'wwan0', state: 'usedUp' })
  const carried = await network.receivedBytes(WWAN)
  expect(await program.outcome('done')).toMatchObject({ sha256: hash })
  expect(await network.receivedBytes(WWAN)).toBeLessThan(carried + 1_000_000)
  expect(carried).toBeLessThan(4_000_000)
})

it('routes go over the relays that are wanted alone, and over the avoided one only where others cannot', async () => {
  const { cluster, hash, fetch } = await start(RELAYS, 4_000_000)
  const [wanted, avoided] = cluster.relays.map(({ peerId }) => peerId)
  const done = await fetch(['--via', wanted!, '--via', avoided!, '--avoid', avoided!]).outcome('done')
  expect(done).toMatchObject({ sha256: hash })
  const routes = Object.values<{ relays: string[]; bytes: number }>(done.routes)
  const bytesOver = (relay: string) =>
    routes.filter(({ relays }) => relays[0] === relay).reduce((sum, { bytes }) => sum + bytes, 0)
  // Whichever route opens first carries alone until the other one is open, too.
  expect(bytesOver(wanted!)).toBeGreaterThan(3_000_000)
  expect(bytesOver(wanted!) + bytesOver(avoided!)).toBe(4_000_000)
  const none = fetch(['--via', 'nobody', '--force', '--patience', '1s'])
  expect((await none.ended).code).toBe(ExitCode.network)
})

it('an uplink whose packets leave elsewhere is told, with what ends that', async () => {
  const { network, fetch } = await start(RELAYS.slice(0, 1), 1_000_000)
  await network.forgetRule(WWAN)
  const program = fetch(UPLINK_FLAGS)
  expect((await program.event('problem')).message).toMatch(
    /^what comes from 8.50.1.2 leaves by eth0 and not by wwan0; run as root: ip route replace default via GATEWAY dev wwan0 table \d+ && ip rule add from 8.50.1.2 lookup \d+, where/
  )
  await program.outcome('done')
})

/** A director, a source and relays of 20 Mbit/s in the world, and how to fetch from the client's host. */
async function start(relays: string[], bytes = CONTENT_BYTES) {
  const network = await UplinkNetwork.create([DIRECTOR, SOURCE, ...relays])
  const inWorld = network.in(network.world)
  const cluster = await Cluster.create()
  const hash = await makeContent(join(cluster.contents, 'a'), bytes)
  cluster.director = await cluster.startDirector(listenOn(DIRECTOR), [], inWorld)
  const source = ['--dir', cluster.contents, '--listen', listenOn(SOURCE)]
  const members = await Promise.all([
    cluster.startMember('source', 'source', source, inWorld),
    ...relays.map((ip, at) =>
      cluster.startMember('relay', `relay${at}`, ['--max-rate', '20mbit', '--listen', listenOn(ip)], inWorld)
    )
  ])
  cluster.relays.push(...members.slice(1))
  for (const member of members) await member.event('registered')
  const fetch = (flags: string[]) =>
    cluster.fetch('a', cluster.path('out'), flags, network.in(network.client))
  return { network, cluster, hash, fetch }
}

type Fetch = ReturnType<Cluster['fetch']>

/** Waits until so many routes by an uplink are open. */
async function opened(program: Fetch, uplink: string, count: number): Promise<void> {
  const ids = new Set<string>()
  while (ids.size < count) {
    const { id } = await program.event(
      'route',
      event => event.uplink === uplink && event.state === 'open' && !ids.has(event.id)
    )
    ids.add(id)
  }
}

function listenOn(ip: string): string {
  return `/ip4/${ip}/tcp/0`
}
