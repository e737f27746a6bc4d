import { multiaddr } from '@multiformats/multiaddr'
import { describe, expect, it } from 'vitest'
import { queryRoutes, type RouteQuestion } from '../../src/discovery/director-client.ts'
import {
  ContentNotFoundError,
  DirectorContradictionError,
  DirectorRefusedError,
  DirectorUnreachableError
} from '../../src/discovery/director-errors.ts'
import { DirectorSession } from '../../src/discovery/director-session.ts'
import { ExitCode, WireStatus } from '../../src/errors.ts'
import { InvalidContentNameError } from '../../src/protocol/content-name.ts'
import type { AnswerReply, DirectorReply, Holder } from '../../src/protocol/director-messages.ts'
import { ROUTE_PROTOCOL } from '../../src/protocol/route-codec.ts'
import { startSilent } from '../transport/silent-host.ts'
import { startNode } from '../transport/started-node.ts'
import { VirtualScheduler } from '../virtual-scheduler.ts'
import { fakeDirector } from './fake-director.ts'

const question: RouteQuestion = { content: { name: 'a' }, routes: 2 }
async function startFake(replies: (DirectorReply | DirectorReply[])[]) {
  return await fakeDirector(await startNode(), replies)
}

function unknown(settling = false): AnswerReply {
  const message = 'no registered source has a content a'
  return {
    kind: 'answer',
    status: WireStatus.unknownContent,
    message,
    settling,
    holders: [],
    routes: [],
    gained: [],
    lost: []
  }
}

function found(source: string, settling = false): AnswerReply {
  const answer = { ...unknown(settling), status: WireStatus.ok, message: '' }
  return { ...answer, holders: [holder(source)] }
}

function holder(peerId: string): Holder {
  return { peerId, addresses: [], record: Uint8Array.of(1), capabilities: [] }
}

async function verifyAs(sourcePeerId: string) {
  return { name: 'a', sizeBytes: 1, segmentBytes: 1, rootHash: new Uint8Array(32), sourcePeerId }
}

describe('queryRoutes', () => {
  it('says that a content is not found, with its exit code', async () => {
    const fake = await startFake([unknown()])
    const failure = queryRoutes(await startNode([]), [fake.address], question)
    await expect(failure).rejects.toBeInstanceOf(ContentNotFoundError)
    await expect(failure).rejects.toMatchObject({ exitCode: ExitCode.notFound })
  })

  it('takes the next director at once when one cannot be reached', async () => {
    const fake = await startFake([unknown()])
    const dead = await startNode()
    const [address] = dead.getMultiaddrs()
    await dead.stop()
    const clock = new VirtualScheduler()
    const failure = queryRoutes(await startNode([]), [String(address), fake.address], question, {
      scheduler: clock
    })
    await expect(failure).rejects.toBeInstanceOf(ContentNotFoundError)
  })

  it('names every director that did not answer, and why', async () => {
    const noDirector = await startNode()
    const [address] = noDirector.getMultiaddrs().map(String)
    const failure = queryRoutes(await startNode([]), [address!], question)
    await expect(failure).rejects.toBeInstanceOf(DirectorUnreachableError)
    await expect(failure).rejects.toMatchObject({
      exitCode: ExitCode.network,
      message: expect.stringContaining('speaks another version of the protocol, or is no director')
    })
  })

  it('asks the next director when one stays silent, and gives all up in the end', async () => {
    const silent = [await startFake([]), await startFake([])]
    const clock = new VirtualScheduler()
    const client = await startNode([])
    const addresses = silent.map(({ address }) => address)
    for (const address of addresses) await client.dial(multiaddr(address))
    const failure = queryRoutes(client, addresses, question, { scheduler: clock })
    failure.catch(() => {})
    for (const { requests } of silent) {
      await expect.poll(() => requests).toEqual(['query'])
      clock.advance(1_000)
    }
    clock.advance(6_000)
    await expect(failure).rejects.toMatchObject({ message: expect.stringContaining('no answer within 6 s') })
  })

  it('asks a director once that has several addresses, though the first does not answer', async () => {
    const events: string[] = []
    const fake = await startFake([unknown(), unknown()])
    const silent = `${await startSilent(events)}/p2p/${fake.peerId}`
    const clock = new VirtualScheduler()
    const failure = queryRoutes(await startNode([]), [silent, fake.address], question, { scheduler: clock })
    failure.catch(() => {})
    await expect.poll(() => events).toContain('silent opened')
    clock.advance(1_000)
    await expect(failure).rejects.toBeInstanceOf(ContentNotFoundError)
    expect(fake.requests).toEqual(['query'])
  })

  it('asks again while a director that has just started knows no route, then takes what there is', async () => {
    const fake = await startFake([])
    const replies = [unknown(true), found(fake.peerId, true), found(fake.peerId)]
    const patient = await startFake(replies)
    const clock = new VirtualScheduler()
    const ticking = setInterval(() => clock.advance(250), 1)
    const verifyRecord = () => verifyAs(fake.peerId)
    const answer = await queryRoutes(await startNode([]), [patient.address], question, {
      scheduler: clock,
      verifyRecord
    })
    clearInterval(ticking)
    expect(answer.routes).toEqual([])
    expect(patient.requests).toEqual(['query', 'query', 'query'])
  })

  it('waits a little for a source that is still hashing, and says so when the content is not there by then', async () => {
    const patient = await startFake(new Array<AnswerReply>(40).fill({ ...unknown(), indexing: true }))
    const clock = new VirtualScheduler()
    const ticking = setInterval(() => clock.advance(250), 1)
    const failure = queryRoutes(await startNode([]), [patient.address], question, { scheduler: clock })
    await expect(failure).rejects.toMatchObject({
      code: 'ERR_CONTENT_NOT_FOUND',
      message: expect.stringContaining('a source is still indexing its files: try again later')
    })
    clearInterval(ticking)
    expect(patient.requests.length).toBeGreaterThan(1)
  })

  it('takes all holders and the routes that lead to them, and the record of the first', async () => {
    const [first, second, relay] = [await startNode(), await startNode(), await startNode()].map(node =>
      String(node.peerId)
    ) as [string, string, string]
    const onTheWay = { peerId: relay, addresses: [], labels: [], capabilities: [] }
    const answer = {
      ...found(first),
      holders: [holder(first), holder(second)],
      routes: [
        { relays: [], source: second, costMs: 1 },
        { relays: [{ ...onTheWay, capacityBytesPerSecond: 1_000 }, onTheWay], source: first, costMs: 2 },
        { relays: [onTheWay], source: second, costMs: 3 },
        { relays: [], source: first, costMs: 4 }
      ]
    }
    const fake = await startFake([answer])
    const verifyRecord = () => verifyAs(first)
    const { sources, routes } = await queryRoutes(await startNode([]), [fake.address], question, {
      verifyRecord
    })
    const [one, two] = [first, second].map(peerId => ({ peerId, addresses: [] }))
    expect(sources).toEqual([one, two])
    expect(routes).toMatchObject([
      { id: second, source: two, relays: [], costMs: 1 },
      { id: `${relay}>${relay}>${first}`, source: one, costMs: 2, capacityBytesPerSecond: 1_000 },
      { id: `${relay}>${second}`, source: two, costMs: 3 },
      { id: first, source: one, relays: [], costMs: 4 }
    ])
    expect(routes[0]).not.toHaveProperty('capacityBytesPerSecond')
  })

  it.each([
    ['source', { name: 'a' }, 'other'],
    ['name', { name: 'b' }, 'same'],
    ['root hash', { rootHash: new Uint8Array(32).fill(1) }, 'same']
  ] as const)('refuses an answer whose record has another %s', async (_, content, signer) => {
    const other = (await startNode()).peerId.toString()
    const source = (await startNode()).peerId.toString()
    const fake = await startFake([found(source)])
    const verifyRecord = () => verifyAs(signer === 'same' ? source : other)
    const failure = queryRoutes(
      await startNode([]),
      [fake.address],
      { ...question, content },
      { verifyRecord }
    )
    await expect(failure).rejects.toBeInstanceOf(DirectorContradictionError)
  })

  it('refuses an answer that names another source than the one that is wanted', async () => {
    const [source, wanted] = [await startNode(), await startNode()].map(node => String(node.peerId))
    const fake = await startFake([found(source!)])
    const verifyRecord = () => verifyAs(source!)
    const wanting = { ...question, source: wanted! }
    const failure = queryRoutes(await startNode([]), [fake.address], wanting, { verifyRecord })
    await expect(failure).rejects.toBeInstanceOf(DirectorContradictionError)
    await expect(failure).rejects.toMatchObject({ message: expect.stringContaining(`instead of ${wanted}`) })
  })

  it('passes on why a director refused', async () => {
    const fake = await startFake([{ kind: 'notice', status: WireStatus.refusedSessions, message: 'full' }])
    const failure = queryRoutes(await startNode([]), [fake.address], question)
    await expect(failure).rejects.toBeInstanceOf(DirectorRefusedError)
    await expect(failure).rejects.toMatchObject({
      exitCode: ExitCode.refused,
      message: expect.stringContaining('full')
    })
  })

  it('says its own version, and passes on that the director has another one', async () => {
    const message = 'use the same version on both sides'
    const refused = { status: WireStatus.otherVersion, message, settling: false, holders: [], routes: [] }
    const fake = await startFake([{ kind: 'answer', ...refused, gained: [], lost: [] }])
    const failure = queryRoutes(await startNode([]), [fake.address], question)
    await expect(failure).rejects.toMatchObject({
      code: 'ERR_PROTOCOL_VERSION',
      exitCode: ExitCode.network,
      message: expect.stringContaining(message)
    })
    expect(fake.queries).toMatchObject([{ routeProtocol: ROUTE_PROTOCOL }])
  })

  it('refuses a name that cannot be before it asks anybody', async () => {
    const failure = queryRoutes(await startNode([]), [], { ...question, content: { name: '../a' } })
    await expect(failure).rejects.toBeInstanceOf(InvalidContentNameError)
  })

  it('ends with the reason of its signal', async () => {
    const silent = await startFake([])
    const aborter = new AbortController()
    const failure = queryRoutes(await startNode([]), [silent.address], question, { signal: aborter.signal })
    aborter.abort(new Error('enough'))
    await expect(failure).rejects.toThrow('enough')
  })
})

describe('DirectorSession', () => {
  it('registers with each of several directors', async () => {
    const registered = { kind: 'registered' as const, leaseMs: 15_000, capabilities: [] }
    const replies = () => [
      [registered, { kind: 'neighbors' as const, peers: [], linked: [], attach: false }],
      registered
    ]
    const fakes = [await startFake(replies()), await startFake(replies())]
    const addresses = fakes.map(fake => fake.address)
    const seen = new Set<string>()
    const all = Promise.withResolvers<void>()
    const onRegistered = (address: string): void => {
      if (seen.add(address).size === 2) all.resolve()
    }
    const scheduler = new VirtualScheduler()
    const options = { role: 'relay' as const, directors: addresses, scheduler, onRegistered }
    const session = new DirectorSession(await startNode(), options)
    session.start()
    await all.promise
    expect([...seen].sort()).toEqual([...addresses].sort())
    await session.stop()
    for (const fake of fakes) expect(fake.requests).toEqual(['register', 'renew', 'leave'])
  })

  it('knows the neighbours that any of its directors has named, and their addresses', async () => {
    const [a, b] = [(await startNode([])).peerId.toString(), (await startNode([])).peerId.toString()]
    const at = (peerId: string, ...hosts: string[]) => ({
      peerId,
      addresses: hosts.map(host => `/ip4/${host}/tcp/1/p2p/${peerId}`)
    })
    const naming = (peers: ReturnType<typeof at>[], linked: ReturnType<typeof at>[] = []) =>
      startFake([
        [
          { kind: 'registered', leaseMs: 15_000, capabilities: [] },
          { kind: 'neighbors', peers, linked, attach: false }
        ]
      ])
    const [c, d] = [(await startNode([])).peerId.toString(), (await startNode([])).peerId.toString()]
    const fakes = [
      await naming([at(a, '10.0.0.1')], [at(c, '10.0.0.3')]),
      await naming([at(a, '10.0.0.1', '10.0.0.2'), at(b)])
    ]
    const measured = Promise.withResolvers<void>()
    const asked = new Set<string>()
    const session = new DirectorSession(await startNode(), {
      role: 'relay',
      directors: fakes.map(({ address }) => address),
      neighbors: [`/ip4/10.0.0.4/tcp/1/p2p/${d}`, a],
      scheduler: new VirtualScheduler(),
      measure: async ({ peerId }) => {
        if (asked.add(peerId).size === 2) measured.resolve()
        return 1
      }
    })
    expect(session.isNeighbor(a)).toBe(false)
    session.start()
    await measured.promise
    expect(session.addressesOf(a)).toEqual(at(a, '10.0.0.1', '10.0.0.2').addresses)
    expect([a, b, c, d].map(id => session.isNeighbor(id))).toEqual([true, true, false, false])
    expect(session.addressesOf(b)).toEqual([])
    expect(session.addressesOf(c)).toEqual(at(c, '10.0.0.3').addresses)
    expect(session.addressesOf(d)).toEqual(at(d, '10.0.0.4').addresses)
    expect(session.addressesOf(fakes[0]!.peerId)).toBeUndefined()
    await session.stop()
  })

  it('refuses directors and neighbours that cannot be read', async () => {
    const node = await startNode([])
    const refused = { code: 'ERR_CONFIGURATION' }
    const session = (directors: string[], neighbors: string[]) => () =>
      new DirectorSession(node, { role: 'relay', directors, neighbors })
    expect(session(['nowhere'], [])).toThrow(expect.objectContaining(refused))
    expect(session([], ['nobody'])).toThrow(expect.objectContaining(refused))
    expect(session([], ['/ip4/127.0.0.1/tcp/1'])).toThrow(expect.objectContaining(refused))
    expect(session([], [node.peerId.toString(), `/ip4/127.0.0.1/tcp/1/p2p/${node.peerId}`])).not.toThrow()
  })
})
