import { generateKeyPair } from '@libp2p/crypto/keys'
import type { Stream } from '@libp2p/interface'
import { multiaddr } from '@multiformats/multiaddr'
import { afterEach, describe, expect, it } from 'vitest'
import type { Director, DirectorOptions } from '../../src/director/director.ts'
import { DIRECTOR_LIMITS } from '../../src/director/limits.ts'
import { queryRoutes, type RouteAnswer } from '../../src/discovery/director-client.ts'
import { ContentNotFoundError } from '../../src/discovery/director-errors.ts'
import { WireStatus } from '../../src/errors.ts'
import { decodeDirectorReply, encodeDirectorRequest } from '../../src/protocol/director-codec.ts'
import {
  type AnswerReply,
  DIRECTOR_PROTOCOL,
  type DirectorReply,
  type RegisterRequest
} from '../../src/protocol/director-messages.ts'
import { ROUTE_PROTOCOL } from '../../src/protocol/route-codec.ts'
import { FramedStream } from '../../src/transport/framed-stream.ts'
import { INTERFACE_POLL_MS } from '../../src/transport/limits.ts'
import type { OverlayNode } from '../../src/transport/node.ts'
import { ANY_PORT, Cluster, contentOf, Inbox } from './cluster.ts'

const PING_PROTOCOL = '/ipfs/ping/1.0.0'

let cluster: Cluster

afterEach(async () => await cluster.stop())

async function startCluster(options: Partial<DirectorOptions> = {}): Promise<Cluster> {
  cluster = new Cluster(options)
  await cluster.startDirector()
  return cluster
}

async function ask(
  name: string,
  routes: number,
  neighbors?: string[],
  source?: string
): Promise<RouteAnswer> {
  const client = await cluster.addNode([])
  const question = {
    content: { name },
    routes,
    ...(neighbors ? { neighbors: neighbors.map(peerId => ({ peerId })) } : {}),
    ...(source ? { source } : {})
  }
  return await queryRoutes(client, [cluster.address], question)
}

/** The relays of the answer's routes, route by route. */
function relaysOf(answer: RouteAnswer | undefined): string[] | undefined {
  return answer && viaOf(answer.routes).sort()
}

function viaOf(routes: RouteAnswer['routes']): string[] {
  return routes.map(({ relays }) => relays.map(({ peerId }) => peerId).join('>'))
}

/** The id of a route over one relay. */
function idOver(relay: { id: string }, source: { id: string }): string {
  return `${relay.id}>${source.id}`
}

/** A raw stream to the director: what comes back, and how it ends. */
async function openRaw(node?: OverlayNode) {
  node ??= await cluster.addNode([])
  const replies = new Inbox<DirectorReply>()
  const ended = Promise.withResolvers<void>()
  const stream = new FramedStream(await node.dialProtocol(multiaddr(cluster.address), DIRECTOR_PROTOCOL), {
    maxFrameBytes: 1_000_000,
    handlers: {
      onFrame: frame => replies.push(decodeDirectorReply(frame)),
      onEnd: () => void stream.close(),
      onClose: () => ended.resolve()
    }
  })
  return { node, stream, replies, ended: ended.promise }
}

function registration(role: 'source' | 'relay'): RegisterRequest {
  return {
    kind: 'register',
    role,
    addresses: [],
    labels: [],
    restricted: false,
    capabilities: [],
    routeProtocol: ROUTE_PROTOCOL
  }
}

function counts(director: Director): number[] {
  return [director.counts.nodes, director.counts.contents, director.counts.watches]
}

describe('Director', () => {
  it('answers with the record, the source and what is known of each relay', async () => {
    await startCluster()
    const source = await cluster.addSource(['films/a.mkv'])
    const fast = await cluster.addRelay({ capacityBytesPerSecond: 5_000_000, labels: ['eu'] })
    const plain = await cluster.addRelay()
    const answer = await ask('films/a.mkv', 2)
    expect(answer.record).toMatchObject({ name: 'films/a.mkv', sourcePeerId: source.id })
    expect(answer.sources[0]!.addresses).toEqual(source.node.getMultiaddrs().map(String))
    expect(relaysOf(answer)).toEqual([fast.id, plain.id].sort())
    expect(answer.shortfall).toBeUndefined()
    expect(answer.routes.find(route => route.id === idOver(fast, source))).toMatchObject({
      capacityBytesPerSecond: 5_000_000,
      relays: [{ labels: ['eu'], addresses: fast.node.getMultiaddrs().map(String) }]
    })
  })

  it('leads over two relays where neighbours are given, and says which relay further routes would share', async () => {
    await startCluster()
    const source = await cluster.addSource(['a'], { neighbors: [] })
    const near = await cluster.addRelay({ neighbors: [source.id] })
    const far = await cluster.addRelay({ neighbors: [near.id] })
    const answer = await ask('a', 2, [far.id])
    expect(relaysOf(answer)).toEqual([`${far.id}>${near.id}`])
    expect(answer.shortfall).toMatchObject({ reason: 'shared', links: [[near.id, far.id]] })
  })

  it('answers with the source that is wanted, and names it where it has no such content', async () => {
    await startCluster()
    const sources = [await cluster.addSource(['film']), await cluster.addSource(['film'])]
    const relay = await cluster.addRelay()
    for (const { id } of sources) {
      expect((await ask('film', 1, undefined, id)).routes[0]!.source.peerId).toBe(id)
      const { updates } = await cluster.watch('film', 1, id)
      expect((await updates.next()).answer?.routes[0]?.source.peerId).toBe(id)
    }
    await expect(ask('film', 1, undefined, relay.id)).rejects.toThrow(
      `Content not found: the director says: the source ${relay.id} is not registered with a content film`
    )
  })

  it('pushes a relay that comes, one that leaves, and a content that goes and returns', async () => {
    await startCluster()
    const source = await cluster.addSource(['a'])
    const first = await cluster.addRelay()
    const { updates } = await cluster.watch('a', 4)
    expect(relaysOf((await updates.next()).answer)).toEqual([first.id])
    const second = await cluster.addRelay()
    const grown = await updates.until(update => update.gained.length > 0)
    expect(grown.gained.map(route => route.id)).toEqual([idOver(second, source)])
    await first.session.stop()
    const shrunk = await updates.until(update => update.lost.length > 0)
    expect([shrunk.lost, relaysOf(shrunk.answer)]).toEqual([[idOver(first, source)], [second.id]])
    source.session.catalogChanged({ remove: ['a'] })
    expect(await updates.until(update => !update.answer)).toMatchObject({
      gained: [],
      lost: [idOver(second, source)]
    })
    source.session.catalogChanged({ put: source.contents })
    expect(viaOf((await updates.next()).gained)).toEqual([second.id])
  })

  it('shows what it holds and what its watches were told, as plain data', async () => {
    await startCluster()
    const source = await cluster.addSource(['a'])
    const relay = await cluster.addRelay()
    const { updates } = await cluster.watch('a', 1)
    await updates.next()
    const view = cluster.director.view()
    expect(JSON.parse(JSON.stringify(view))).toEqual(view)
    expect(view.nodes.map(({ peerId, state }) => [peerId, state])).toEqual([
      [source.id, 'connected'],
      [relay.id, 'connected']
    ])
    expect(view.links.map(({ ends }) => ends)).toEqual([[source.id, relay.id]])
    expect(view.contents.map(({ name, holders }) => [name, holders])).toEqual([['a', [source.id]]])
    expect(
      view.watches.map(({ content, told }) => [content, told?.routes.map(route => route.relays)])
    ).toEqual([[{ name: 'a' }, [[relay.id]]]])
  })

  it('keeps what a node has registered that it can, and says that it can nothing of its own', async () => {
    await startCluster()
    const { stream, replies } = await openRaw()
    stream.send(encodeDirectorRequest({ ...registration('relay'), capabilities: ['one', 'two'] }))
    const registered = await replies.until(reply => reply.kind === 'registered')
    expect(registered).toMatchObject({ capabilities: [] })
    expect(cluster.director.view().nodes).toMatchObject([{ capabilities: ['one', 'two'] }])
  })

  it('says that a source is still hashing until it has told what it has hashed', async () => {
    await startCluster()
    await cluster.addRelay()
    const key = await generateKeyPair('Ed25519')
    const node = await cluster.addNode([ANY_PORT], key)
    const source = cluster.begin(node, { role: 'source', catalog: () => [] })
    source.session.setIndexing(true)
    await cluster.events.until(event => event.kind === 'joined' && event.role === 'source')
    const { stream, replies } = await openRaw()
    const ask = async () => {
      const query = { kind: 'query' as const, content: { name: 'a' }, routes: 1, held: [], watch: true }
      stream.send(encodeDirectorRequest({ ...query, routeProtocol: ROUTE_PROTOCOL }))
      const { status, indexing } = (await replies.next()) as AnswerReply
      return [status, indexing]
    }
    await expect.poll(ask).toEqual([WireStatus.unknownContent, true])
    expect(source.registered.size).toBe(0)
    source.session.catalogChanged({ put: [await contentOf('a', key)] })
    source.session.setIndexing(false)
    await source.registered.next()
    await expect.poll(async () => (await ask())[0]).toBe(WireStatus.ok)
    source.session.catalogChanged({ remove: ['a'] })
    await expect.poll(ask).toEqual([WireStatus.unknownContent, undefined])
  })

  it('leads nobody to or over a node of another version, and tells both operators once', async () => {
    await startCluster()
    const source = await cluster.addSource(['a'])
    const relay = await cluster.addRelay()
    const { stream, replies, node } = await openRaw(await cluster.addNode([ANY_PORT]))
    const peerId = node.peerId.toString()
    const addresses = node.getMultiaddrs().map(String)
    const older = { ...registration('relay'), addresses, routeProtocol: '/anabranch/route/3.0.0' }
    stream.send(encodeDirectorRequest(older))
    expect(await replies.until(reply => reply.kind === 'notice')).toMatchObject({
      status: WireStatus.otherVersion,
      message: expect.stringMatching(/3\.0\.0.*use the same version on both sides/)
    })
    expect(await cluster.events.until(({ kind }) => kind === 'refused')).toMatchObject({
      role: 'relay',
      peerId,
      message: expect.stringContaining('/anabranch/route/3.0.0')
    })
    expect(await replies.until(reply => reply.kind === 'neighbors')).toMatchObject({ peers: [], linked: [] })
    const peers = [{ peerId: source.id, rttMs: 1 }]
    for (const request of [older, { kind: 'measurements' as const, peers }]) {
      stream.send(encodeDirectorRequest(request))
    }
    await replies.until(reply => reply.kind === 'registered')
    expect(relaysOf(await ask('a', 3))).toEqual([relay.id])
    expect(cluster.director.view().links.flatMap(({ ends }) => ends)).not.toContain(peerId)
    expect(cluster.events.size).toBe(0)
  })

  it('answers a client of another version by what to do, and tells its operator', async () => {
    await startCluster()
    for (const told of [{}, { routeProtocol: '/anabranch/route/99.0.0' }]) {
      const { stream, replies, node } = await openRaw()
      const query = { kind: 'query' as const, content: { name: 'a' }, routes: 1, held: [], watch: true }
      stream.send(encodeDirectorRequest({ ...query, ...told }))
      expect(await replies.next()).toMatchObject({
        kind: 'answer',
        status: WireStatus.otherVersion,
        message: expect.stringContaining('use the same version on both sides')
      })
      expect(await cluster.events.until(({ kind }) => kind === 'refused')).toMatchObject({
        role: 'client',
        peerId: node.peerId.toString()
      })
    }
  })

  it('tells a node at once of another that has measured it, and that it need not measure itself', async () => {
    const NEAR = '/ip4/127.0.0.1/tcp/4002'
    await startCluster({
      limits: { maxNeighbors: 0 },
      dialBack: async address => (address === NEAR ? near : far).node.peerId.toString()
    })
    const [far, near] = [await openRaw(), await openRaw()]
    const register = ({ stream }: typeof far, address: string) =>
      stream.send(encodeDirectorRequest({ ...registration('relay'), addresses: [address] }))
    const neighborsOf = ({ replies }: typeof far) => replies.until(reply => reply.kind === 'neighbors')
    register(far, '/ip4/127.0.0.1/tcp/4003')
    register(near, NEAR)
    for (const node of [far, near]) expect(await neighborsOf(node)).toMatchObject({ linked: [] })
    const peers = [{ peerId: near.node.peerId.toString(), rttMs: 5 }]
    far.stream.send(encodeDirectorRequest({ kind: 'measurements', peers }))
    const peerId = far.node.peerId.toString()
    expect(await neighborsOf(near)).toMatchObject({
      peers: [],
      linked: [{ peerId, addresses: [`/ip4/127.0.0.1/tcp/4003/p2p/${peerId}`] }]
    })
    far.stream.abort(new Error('restarted'))
    register(await openRaw(far.node), '/ip4/127.0.0.1/tcp/5')
    expect(await neighborsOf(near)).toMatchObject({
      linked: [{ peerId, addresses: [`/ip4/127.0.0.1/tcp/5/p2p/${peerId}`] }]
    })
  })

  it('tells a node of its neighbours once it has found it at one address, and at once when it comes back', async () => {
    await startCluster({
      limits: { maxNeighbors: 0 },
      dialBack: async address =>
        address.endsWith('/tcp/1') ? peerId : await new Promise<string>(() => undefined)
    })
    const node = await cluster.addNode([ANY_PORT])
    const peerId = node.peerId.toString()
    const addresses = ['/ip4/127.0.0.1/tcp/1', '/ip4/127.0.0.1/tcp/2']
    for (const told of [addresses, addresses.slice(1)]) {
      const { stream, replies } = await openRaw(node)
      stream.send(encodeDirectorRequest({ ...registration('relay'), addresses: told }))
      expect(await replies.until(reply => reply.kind === 'neighbors')).toMatchObject({
        peers: [],
        linked: []
      })
    }
  })

  it('takes no address from a node that others could not read once its peer id is in it', async () => {
    await startCluster()
    const { stream, replies } = await openRaw()
    const addresses = [`/dns/${'x'.repeat(480)}/tcp/1`]
    stream.send(encodeDirectorRequest({ ...registration('relay'), addresses }))
    expect(await replies.next()).toMatchObject({ kind: 'notice', status: WireStatus.malformed })
    expect(cluster.director.counts.nodes).toBe(0)
  })

  it('tells a node at which addresses it was not found and why, and leads nobody there', async () => {
    const dials = new Inbox<string>()
    await startCluster({
      dialBack: async address => {
        dials.push(address)
        if (address.endsWith('/tcp/9')) throw new Error('connect ECONNREFUSED 127.0.0.1:9')
        return id
      }
    })
    const node = await cluster.addNode([ANY_PORT])
    const id = node.peerId.toString()
    const { stream, replies } = await openRaw(node)
    const [here, dead, far] = ['/ip4/127.0.0.1/tcp/8', '/ip4/127.0.0.1/tcp/9', '/ip4/169.254.169.254/tcp/80']
    stream.send(encodeDirectorRequest({ ...registration('relay'), addresses: [dead, here, far] }))
    const notice = await replies.until(reply => reply.kind === 'notice')
    expect(notice).toMatchObject({ status: WireStatus.nextHopUnreachable })
    expect((notice as { message: string }).message).toMatch(
      /^this node was not found at \/ip4\/127.0.0.1\/tcp\/9 \(connection refused\), \/ip4\/169.254.169.254\/tcp\/80 \(/
    )
    expect([await dials.next(), await dials.next(), dials.size]).toEqual([dead, here, 0])
    expect(cluster.director.view().nodes[0]!.reachable).toEqual([`${here}/p2p/${id}`])
    const { addresses } = (await cluster.events.until(({ kind }) => kind === 'unreached')) as {
      addresses: { address: string }[]
    }
    expect(addresses.map(({ address }) => address)).toEqual([dead, far].map(at => `${at}/p2p/${id}`))
  })

  it('knows no source that it cannot reach, and finds one that can be reached later', async () => {
    let isOpen = false
    await startCluster({
      dialBack: async () => {
        if (!isOpen) throw new Error('no answer in time')
        return source.id
      }
    })
    const source = await cluster.addSource(['a'])
    await expect(ask('a', 1)).rejects.toBeInstanceOf(ContentNotFoundError)
    expect((await source.problems.next()).message).toMatch(/was not found at .*\(no answer\)/)
    const { updates } = await cluster.watch('a', 1)
    expect((await updates.next()).answer).toBeUndefined()
    isOpen = true
    cluster.directorClock.advance(1_000)
    expect((await updates.next()).answer?.sources[0]?.peerId).toBe(source.id)
  })

  it('finds a node that has moved at its new addresses, and tells those who watch; its contents stay', async () => {
    await startCluster()
    const relayNode = await cluster.addNode([ANY_PORT, ANY_PORT])
    const [before, after] = relayNode.getMultiaddrs()
    let isMoved = false
    const getMultiaddrs = () => [isMoved ? after! : before!]
    await cluster.join(Object.assign(relayNode, { getMultiaddrs }))
    await cluster.addSource(['a'])
    const { updates } = await cluster.watch('a', 1)
    const placesOf = (answer: RouteAnswer | undefined) =>
      answer?.routes.flatMap(({ relays }) => relays.flatMap(({ addresses }) => addresses))
    await updates.until(({ answer }) => placesOf(answer)?.join() === `${before}`)
    isMoved = true
    cluster.nodeClock.advance(INTERFACE_POLL_MS)
    await updates.until(({ answer }) => placesOf(answer)?.join() === `${after}`)
    expect(counts(cluster.director)).toEqual([2, 1, 1])
  })

  it('takes no other role of a node on the stream that it has', async () => {
    await startCluster()
    const { stream, replies } = await openRaw()
    stream.send(encodeDirectorRequest(registration('relay')))
    await replies.until(reply => reply.kind === 'registered')
    stream.send(encodeDirectorRequest(registration('source')))
    expect(
      await replies.until(reply => reply.kind === 'notice' && reply.status === WireStatus.unexpectedMessage)
    ).toBeDefined()
  })

  it('tells a node that nobody can reach what to do, also when it tells no address at all', async () => {
    await startCluster()
    const { stream, replies } = await openRaw()
    stream.send(encodeDirectorRequest(registration('relay')))
    const { message } = (await replies.until(reply => reply.kind === 'notice')) as { message: string }
    expect(message).toMatch(
      /^nobody can dial this node.*no address that others could be told.*give the address at which others reach it/
    )
    expect(cluster.director.view().nodes).toMatchObject([{ reachable: [] }])
  })

  it('gives its node back when it stops: nothing is answered there any more, and it can start anew', async () => {
    await startCluster()
    await cluster.director.stop()
    await (await openRaw()).ended
    await cluster.director.start()
    const { stream, replies } = await openRaw()
    stream.send(encodeDirectorRequest(registration('relay')))
    await replies.until(reply => reply.kind === 'registered')
  })

  it('takes a relay out of new routes while it drains', async () => {
    await startCluster()
    const source = await cluster.addSource(['a'])
    const relay = await cluster.addRelay()
    const { updates } = await cluster.watch('a', 1)
    expect(relaysOf((await updates.next()).answer)).toEqual([relay.id])
    relay.session.setDraining(true)
    expect(await updates.next()).toMatchObject({ lost: [idOver(relay, source)] })
    relay.session.setDraining(false)
    expect((await updates.next()).gained).toHaveLength(1)
  })

  it('gives a relay whose connection broke a grace before its routes are lost', async () => {
    await startCluster()
    const source = await cluster.addSource(['a'])
    const relay = await cluster.addRelay()
    const { updates } = await cluster.watch('a', 1)
    await updates.next()
    await relay.node.stop()
    const left = await cluster.events.until(event => event.kind === 'left')
    expect(left).toEqual({ kind: 'left', peerId: relay.id, reason: 'connection lost' })
    expect(relaysOf(await ask('a', 1))).toEqual([relay.id])
    cluster.directorClock.advance(6_000)
    expect((await updates.until(update => update.lost.length > 0)).lost).toEqual([idOver(relay, source)])
  })

  it('leads to another source with the same bytes as soon as the connection of the one in use breaks', async () => {
    await startCluster()
    const sources = [await cluster.addSource(['a']), await cluster.addSource(['a'])]
    await cluster.addRelay()
    const { updates } = await cluster.watch('a', 1)
    const inUse = (await updates.next()).answer!.routes[0]!.source.peerId
    const [first, second] = sources[0]!.id === inUse ? sources : sources.toReversed()
    await first!.node.stop()
    const update = await updates.until(({ answer }) => answer?.routes[0]?.source.peerId === second!.id)
    expect(update.gained).toHaveLength(1)
    expect((await ask('a', 1)).routes[0]!.source.peerId).toBe(second!.id)
  })

  it('forgets nodes that do not renew, and takes them again when they return', async () => {
    await startCluster()
    const source = await cluster.addSource(['a'])
    const relay = await cluster.addRelay()
    const { updates } = await cluster.watch('a', 1)
    await updates.next()
    cluster.directorClock.advance(16_000)
    expect((await cluster.events.until(event => event.kind === 'left')).kind).toBe('left')
    expect((await updates.until(update => !update.answer)).lost).toEqual([idOver(relay, source)])
    expect(counts(cluster.director)).toEqual([0, 0, 1])
    await relay.problems.next()
    cluster.nodeClock.advance(2_000)
    await relay.registered.next()
    expect((await updates.until(update => update.gained.length > 0)).gained[0]!.id).toBe(
      idOver(relay, source)
    )
  })

  it('keeps nodes that renew', async () => {
    await startCluster({ limits: { leaseMs: 15_000 } })
    const { stream, replies } = await openRaw()
    stream.send(encodeDirectorRequest(registration('relay')))
    await replies.until(reply => reply.kind === 'registered')
    for (let third = 0; third < 6; third++) {
      cluster.directorClock.advance(5_000)
      stream.send(encodeDirectorRequest({ kind: 'renew', draining: false, load: 0, indexing: false }))
      await replies.until(reply => reply.kind === 'registered')
    }
    expect(cluster.director.counts.nodes).toBe(1)
  })

  it('knows all again within two seconds of its restart, and no watch loses a route by it', async () => {
    await startCluster()
    const nodes = [await cluster.addSource(['a', 'b']), await cluster.addRelay(), await cluster.addRelay()]
    const { updates } = await cluster.watch('a', 3)
    const before = relaysOf((await updates.next()).answer)
    await cluster.restartDirector()
    await Promise.all(nodes.map(node => node.registered.next()))
    expect(counts(cluster.director).slice(0, 2)).toEqual([3, 2])
    expect(relaysOf(await ask('a', 3))).toEqual(before)
    const newcomer = await cluster.addRelay()
    const lost: string[] = []
    const update = await updates.until(
      ({ lost: also, gained }) => lost.push(...also) > 0 || gained.length > 0
    )
    expect([lost, viaOf(update.gained)]).toEqual([[], [newcomer.id]])
  })

  it('tells a watch what stayed away once it has settled after a restart', async () => {
    await startCluster()
    const source = await cluster.addSource(['a'])
    const [stays, goes] = [await cluster.addRelay(), await cluster.addRelay()]
    const { updates } = await cluster.watch('a', 2)
    await updates.next()
    await cluster.restartDirector({ before: () => goes.session.stop() })
    await Promise.all([source.registered.next(), stays.registered.next()])
    expect(relaysOf(await ask('a', 1))).toEqual([stays.id])
    cluster.directorClock.advance(5_000)
    const update = await updates.until(({ lost }) => lost.length > 0)
    expect([update.lost, relaysOf(update.answer)]).toEqual([[idOver(goes, source)], [stays.id]])
  })

  it('takes a catalog of many frames whole, in place of the one before', async () => {
    await startCluster()
    const contents = Array.from({ length: 20_000 }, (_, index) => ({
      record: { name: `some/long/path/to/a/content/number-${index}`, rootHash: new Uint8Array(32) },
      recordBytes: new Uint8Array(200)
    }))
    const source = await cluster.addSource([], { catalog: () => contents })
    expect(cluster.director.counts.contents).toBe(20_000)
    contents.length = 19_000
    await cluster.restartDirector()
    await source.registered.next()
    expect(cluster.director.counts.contents).toBe(19_000)
  })

  it("withdraws a content whose record turns out not to be its source's, and tells the source", async () => {
    await startCluster()
    const foreign = await contentOf('a', await generateKeyPair('Ed25519'))
    const forged = { record: foreign.record, recordBytes: foreign.recordBytes.map(byte => byte ^ 1) }
    const source = await cluster.addSource(['good'])
    const good = source.contents[0]!
    const renamed = { ...good, record: { ...good.record, name: 'other' } }
    for (const put of [foreign, forged, renamed]) {
      const { updates } = await cluster.watch(put.record.name, 1)
      expect((await updates.next()).answer).toBeUndefined()
      source.session.catalogChanged({ put: [put] })
      expect((await source.problems.next()).message).toMatch(/was left out: its record/)
      await expect(ask(put.record.name, 1)).rejects.toBeInstanceOf(ContentNotFoundError)
    }
    expect((await ask('good', 1)).record.name).toBe('good')
    expect(counts(cluster.director)).toEqual([1, 1, 3])
  })

  it('answers a name with the bytes of its first source, and with the next one when that has gone', async () => {
    await startCluster()
    const first = await cluster.addSource(['a'])
    const other = await cluster.addSource(['a'], {}, 99)
    await cluster.addRelay()
    const { updates } = await cluster.watch('a', 1)
    expect((await updates.next()).answer!.routes[0]!.source.peerId).toBe(first.id)
    expect((await ask('a', 1)).routes[0]!.source.peerId).toBe(first.id)
    const byRoot = { content: { rootHash: other.contents[0]!.record.rootHash }, routes: 1 }
    const found = await queryRoutes(await cluster.addNode([]), [cluster.address], byRoot)
    expect(found.routes[0]!.source.peerId).toBe(other.id)
    await first.session.stop()
    expect((await updates.until(update => update.gained.length > 0)).answer!.routes[0]!.source.peerId).toBe(
      other.id
    )
  })

  it('tells a source once a registration which of its names lead to another source', async () => {
    await startCluster()
    const first = await cluster.addSource(['a', 'b', 'c', 'd', 'late', 'wrong'])
    const other = await cluster.addSource(['a', 'b', 'c', 'd', 'own'], {}, 99)
    expect((await other.problems.next()).message).toBe(
      'The director refused: the names "a", "b", "c" and 1 more (4 in all) are held by other sources with other bytes; ' +
        'queries by name lead there'
    )
    const late = { ...other.contents[0]!, record: { ...other.contents[0]!.record, name: 'late' } }
    const forged = { ...late, record: { ...late.record, name: 'forged' } }
    other.session.catalogChanged({ put: [late, forged] })
    const { problems } = await cluster.watch('forged', 1)
    expect((await other.problems.next()).message).toMatch(/forged was left out/)
    expect([first.problems, problems].map(inbox => inbox.size)).toEqual([0, 0])
  })

  it('tells of names in all frames of a catalog together', async () => {
    await startCluster()
    await cluster.addSource(['a', 'b'])
    const { stream, replies } = await openRaw()
    stream.send(encodeDirectorRequest(registration('source')))
    for (const [name, complete] of [
      ['a', false],
      ['b', true]
    ] as const) {
      const put = [{ name, rootHash: new Uint8Array(32).fill(99), record: new Uint8Array(200) }]
      stream.send(encodeDirectorRequest({ kind: 'catalog', put, remove: [], complete }))
    }
    expect(await replies.until(reply => reply.kind === 'notice')).toMatchObject({
      status: WireStatus.taken,
      message: expect.stringContaining('"a", "b" (2 in all)')
    })
  })

  it('does not let a forged entry decide what a name stands for, though another source has those bytes', async () => {
    await startCluster()
    const genuine = await contentOf('a', await generateKeyPair('Ed25519'), 1)
    const forged = { record: genuine.record, recordBytes: new Uint8Array(200) }
    const forger = await cluster.addSource([], { catalog: () => [forged], neighbors: [] })
    const honest = await cluster.addSource(['a'], {}, 2)
    await cluster.addSource(['a'], {}, 1)
    await cluster.addRelay()
    expect((await ask('a', 1)).routes[0]!.source.peerId).toBe(honest.id)
    expect((await forger.problems.next()).message).toMatch(/was left out: its record/)
  })

  it.each([
    ['garbage', Uint8Array.of(255, 255, 255), WireStatus.malformed],
    ['an empty frame', new Uint8Array(0), WireStatus.malformed],
    [
      'a renewal before a registration',
      encodeDirectorRequest({ kind: 'renew', draining: false, load: 0, indexing: false }),
      WireStatus.unexpectedMessage
    ]
  ])('closes a stream with a status for %s, and goes on serving others', async (_, frame, status) => {
    await startCluster()
    const { stream, replies, ended } = await openRaw()
    stream.send(frame)
    expect(await replies.next()).toMatchObject({ kind: 'notice', status })
    await ended
    await cluster.addSource(['a'])
    await expect(ask('a', 1)).resolves.toMatchObject({ routes: [] })
  })

  it('ends a stream on which nothing is asked', async () => {
    await startCluster()
    const { ended, stream } = await openRaw()
    await cluster.addSource(['a'])
    cluster.directorClock.advance(10_000)
    await ended
    expect(stream.closed).toBe(true)
  })

  it('refuses an identity that is registered over another connection, and says from where, until that one leaves', async () => {
    await startCluster()
    const key = await generateKeyPair('Ed25519')
    const first = await cluster.join(await cluster.addNode([ANY_PORT], key))
    const waits = new Inbox<'retry'>()
    const random = () => {
      waits.push('retry')
      return 0
    }
    const copy = cluster.begin(await cluster.addNode([ANY_PORT], key), { random })
    const { message } = await copy.problems.next()
    expect(message).toMatch(
      /another node with this identity is registered from \/ip4\/127.0.0.1\/tcp\/\d+ since 2/
    )
    await waits.next()
    cluster.nodeClock.advance(1_500)
    await waits.next()
    expect(first.problems.size).toBe(0)
    await first.session.stop()
    cluster.nodeClock.advance(1_500)
    await copy.registered.next()
    // The second refusal was like the first one: it is told once.
    expect(copy.problems.size).toBe(0)
  })

  it('lets a node back in whose connection before does not answer any more', async () => {
    await startCluster()
    const key = await generateKeyPair('Ed25519')
    const first = await cluster.join(await cluster.addNode([ANY_PORT], key))
    const isAsked = Promise.withResolvers<void>()
    await first.node.handle(PING_PROTOCOL, () => isAsked.resolve(), { force: true })
    const back = cluster.begin(await cluster.addNode([ANY_PORT], key))
    await isAsked.promise
    cluster.directorClock.advance(DIRECTOR_LIMITS.identityCheckMs)
    await back.registered.next()
    expect((await first.problems.next()).message).toMatch(/connection to the director was lost/)
    expect([back.problems.size, cluster.director.counts.nodes]).toEqual([0, 1])
  })

  it('lets a node in at once when the one before leaves while it is asked whether it is there', async () => {
    await startCluster()
    const key = await generateKeyPair('Ed25519')
    const first = await cluster.join(await cluster.addNode([ANY_PORT], key))
    const leaveThenAnswer = async (stream: Stream) => {
      await first.session.stop()
      for await (const data of stream) stream.send(data)
    }
    await first.node.handle(PING_PROTOCOL, leaveThenAnswer, { force: true })
    const next = cluster.begin(await cluster.addNode([ANY_PORT], key))
    await next.registered.next()
    expect(next.problems.size).toBe(0)
  })

  it('takes a further registration over the same connection in place of the one before', async () => {
    await startCluster()
    const first = await openRaw()
    first.stream.send(encodeDirectorRequest(registration('relay')))
    await first.replies.until(reply => reply.kind === 'registered')
    const second = await openRaw(first.node)
    second.stream.send(encodeDirectorRequest(registration('relay')))
    await second.replies.until(reply => reply.kind === 'registered')
    await first.ended
    expect(cluster.director.counts.nodes).toBe(1)
  })

  it('refuses nodes and watches beyond its limits', async () => {
    await startCluster({ limits: { maxNodes: 1, maxWatches: 1 } })
    await cluster.addRelay()
    const { stream, replies, ended } = await openRaw()
    stream.send(encodeDirectorRequest(registration('relay')))
    expect(await replies.next()).toMatchObject({ kind: 'notice', status: WireStatus.refusedSessions })
    await ended
    const first = await cluster.watch('a', 1)
    await first.updates.next()
    const { problems } = await cluster.watch('a', 1)
    expect((await problems.next()).message).toMatch(/1 watches open, its limit/)
  })
})
