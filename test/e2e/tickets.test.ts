import { rename } from 'node:fs/promises'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { decodeTicket, encodeTicket } from '../../src/protocol/ticket.ts'
import { hashOf, makeContent } from './contents.ts'
import { Cluster } from './harness.ts'
import type { Program, Told } from './program.ts'

const SIZE = 3_000_000
const ON_LOOPBACK = ['--listen', '/ip4/127.0.0.1/tcp/0']

/** A file in a cluster, and how it is shared. */
async function makeShare(cluster: Cluster) {
  const path = join(cluster.contents, 'film.bin')
  const sha256 = await makeContent(path, SIZE)
  const share = (flags: string[]) =>
    cluster.run(['source', 'share', path, '--json', '-v', ...ON_LOOPBACK, ...flags])
  return { path, sha256, share }
}

async function ticketOf(program: Program): Promise<string> {
  return (await program.event('ticket')).ticket
}

/** Fetches by nothing but a ticket. */
function fetchBy(cluster: Cluster, ticket: string, flags: string[] = []): Program {
  return cluster.run([
    'client',
    'fetch',
    ticket,
    '--json',
    '--checksum',
    '-o',
    cluster.path('out/'),
    ...flags
  ])
}

function relaysOf({ routes }: Told): string[][] {
  return Object.values<{ relays: string[] }>(routes).map(({ relays }) => relays)
}

describe('a ticket', () => {
  it('is all that is needed to fetch from a source that can be dialled', async () => {
    const cluster = await Cluster.create()
    const { sha256, share } = await makeShare(cluster)
    const ticket = await ticketOf(share([]))
    const done = await fetchBy(cluster, ticket).outcome('done')
    expect(done).toMatchObject({ bytes: SIZE, sha256 })
    expect(relaysOf(done)).toEqual([[]])
    expect(await hashOf(cluster.path('out/film.bin'))).toBe(sha256)
  })

  it('leads to a source behind a NAT over the relays that its user has named', async () => {
    const cluster = await Cluster.create()
    const { sha256, share } = await makeShare(cluster)
    const relays = await Promise.all([1, 2].map(at => cluster.startMember('relay', `relay${at}`)))
    const named = relays.flatMap(({ address }) => ['--relay', address])
    const ticket = await ticketOf(share(['--reverse', ...named]))
    expect(decodeTicket(ticket).holders[0]!.addresses).toEqual([])
    const done = await fetchBy(cluster, ticket).outcome('done')
    expect(done).toMatchObject({ sha256 })
    expect(relaysOf(done).sort()).toEqual(relays.map(({ peerId }) => [peerId]).sort())
  })

  it('names the director and the relays to which it has the source attach itself, and works without the director', async () => {
    const cluster = await Cluster.create()
    const { sha256, share } = await makeShare(cluster)
    const director = await cluster.startDirector()
    cluster.director = director
    const relay = await cluster.startMember('relay', 'relay1')
    await relay.event('registered')
    const source = share(['--reverse', '--director', director.address])
    const ticket = await ticketOf(source)
    const { directors, relays } = decodeTicket(ticket)
    expect({ directors, relays: relays.map(({ peerId }) => peerId) }).toEqual({
      directors: [director.address],
      relays: [relay.peerId]
    })
    expect(await fetchBy(cluster, ticket).outcome('done')).toMatchObject({ sha256 })
    await director.end()
    await rename(cluster.path('out/film.bin'), cluster.path('first'))
    const done = await fetchBy(cluster, ticket).outcome('done')
    expect(done).toMatchObject({ sha256 })
    expect(relaysOf(done)).toEqual([[relay.peerId]])
  })

  it('is looked at and checked without a fetch', async () => {
    const cluster = await Cluster.create()
    const { share } = await makeShare(cluster)
    const relay = await cluster.startMember('relay', 'relay1')
    const ticket = await ticketOf(share(['--relay', relay.address]))
    const routes = cluster.run(['client', 'routes', ticket, '--json'])
    expect(await routes.ended).toMatchObject({ code: 0 })
    expect(routes.events.filter(({ event }) => event === 'route').map(({ relays }) => relays)).toEqual([
      [],
      [relay.peerId]
    ])
    const check = cluster.run(['client', 'check', ticket, '--json'])
    expect((await check.outcome('check')).content).toMatchObject({ name: 'film.bin', isComplete: true })
  })

  it('leads to the same source after it was started again', async () => {
    const cluster = await Cluster.create()
    const { share } = await makeShare(cluster)
    const first = share([])
    const before = decodeTicket(await ticketOf(first)).holders[0]!.peerId
    first.kill('SIGINT')
    expect(await first.ended).toMatchObject({ code: 0 })
    expect(decodeTicket(await ticketOf(share([]))).holders[0]!.peerId).toBe(before)
  })

  it('is what opens a shared file, which nobody gets by its name', async () => {
    const cluster = await Cluster.create()
    const { share } = await makeShare(cluster)
    const source = share([])
    await source.event('ticket')
    const { addresses } = await source.event('listening')
    const guess = cluster.run([
      'client',
      'fetch',
      'film.bin',
      '--json',
      '--source',
      addresses[0],
      '--patience',
      '2s'
    ])
    expect(await guess.outcome('error')).toMatchObject({ code: 'ERR_ROUTE_LOST' })
    expect(await guess.ended).toMatchObject({ code: 4 })
  })

  it('has no director told the token of whoever fetches', async () => {
    const cluster = await Cluster.create()
    const ANABRANCH_TOKEN = 'a-token-that-nobody-else-knows'
    const director = await cluster.startDirector(undefined, [], { environment: { ANABRANCH_TOKEN } })
    const ticket = encodeTicket({
      ...{ rootHash: new Uint8Array(32), sizeBytes: 1, segmentBytes: 1, name: 'a', relays: [] },
      holders: [{ peerId: director.peerId, addresses: [] }],
      directors: [director.address]
    })
    const fetch = (flags: string[]) =>
      cluster.run(['client', 'fetch', ticket, '--json', ...flags], { environment: { ANABRANCH_TOKEN } })
    expect(await fetch([]).ended).toMatchObject({ code: 10 })
    expect(await fetch(['--director', director.address]).ended).toMatchObject({ code: 4 })
  })

  it('that was mistyped is told to be', async () => {
    const cluster = await Cluster.create()
    const { share } = await makeShare(cluster)
    const ticket = await ticketOf(share([]))
    const fetch = fetchBy(cluster, `${ticket.slice(0, -1)}${ticket.endsWith('a') ? 'b' : 'a'}`)
    expect(await fetch.outcome('error')).toMatchObject({ code: 'ERR_TICKET' })
    expect(await fetch.ended).toMatchObject({ code: 2 })
  })

  it('says nothing of what cannot be shared', async () => {
    const cluster = await Cluster.create()
    for (const file of [cluster.contents, cluster.path('nothing')]) {
      const source = cluster.run(['source', 'share', file, '--json', ...ON_LOOPBACK])
      expect(await source.outcome('error')).toMatchObject({ code: 'ERR_CONFIGURATION' })
      expect(await source.ended).toMatchObject({ code: 3 })
    }
  })
})

it('a source that is known is fetched from directly', async () => {
  const cluster = await Cluster.create()
  const sha256 = await makeContent(join(cluster.contents, 'a'), SIZE)
  const source = await cluster.startMember('source', 'source', ['--dir', cluster.contents])
  const fetch = cluster.run([
    'client',
    'fetch',
    'a',
    '--json',
    '--checksum',
    '--source',
    source.address,
    '--wait'
  ])
  const done = await fetch.outcome('done')
  expect(done).toMatchObject({ sha256 })
  expect(relaysOf(done)).toEqual([[]])
})

describe('a file that is sent', () => {
  it('comes to whoever waits for it, also when the sender was there first', async () => {
    const cluster = await Cluster.create()
    const { sha256, share } = await makeShare(cluster)
    const receive = () =>
      cluster.run(['client', 'receive', '--json', '--yes', '-o', cluster.path('inbox'), '--listen', listen])
    let listen = '/ip4/127.0.0.1/tcp/0'
    const first = receive()
    const { addresses, peerId } = await first.event('listening')
    listen = addresses[0].replace(/\/p2p\/.*/, '')
    first.kill('SIGTERM')
    expect(await first.ended).toMatchObject({ code: 0 })
    const source = share(['--to', addresses[0]])
    await source.event('problem')
    const second = receive()
    const done = await second.event('done')
    expect(done).toMatchObject({ bytes: SIZE })
    expect(await source.event('offered')).toMatchObject({ peerId, status: 100 })
    expect(await hashOf(cluster.path('inbox/film.bin'))).toBe(sha256)
  })

  it('is not waited for where nobody could be asked', async () => {
    const cluster = await Cluster.create()
    const receive = cluster.run(['client', 'receive', '--json', ...ON_LOOPBACK])
    expect(await receive.outcome('error')).toMatchObject({ code: 'ERR_USAGE' })
  })
})
