import { multiaddr } from '@multiformats/multiaddr'
import { afterEach, expect, it } from 'vitest'
import { queryRoutes } from '../../src/discovery/director-client.ts'
import { WireStatus } from '../../src/errors.ts'
import { decodeDirectorReply, encodeDirectorRequest } from '../../src/protocol/director-codec.ts'
import {
  DIRECTOR_PROTOCOL,
  type DirectorReply,
  type DirectorRequest,
  type QueryRequest
} from '../../src/protocol/director-messages.ts'
import { ROUTE_PROTOCOL } from '../../src/protocol/route-codec.ts'
import { FramedStream } from '../../src/transport/framed-stream.ts'
import { Cluster, Inbox } from './cluster.ts'

let cluster: Cluster

afterEach(async () => await cluster.stop())

/** A director, a source of `a` and relays to it, their ids in their order among equals. */
async function start(relays: number): Promise<{ source: string; ids: string[] }> {
  cluster = new Cluster()
  await cluster.startDirector()
  const { id: source } = await cluster.addSource(['a'])
  for (let at = 0; at < relays; at++) await cluster.addRelay()
  return { source, ids: await relaysFor(relays) }
}

/** The relays of the answer that a new client gets, best first. */
async function relaysFor(routes: number): Promise<string[]> {
  const client = await cluster.addNode([])
  const answer = await queryRoutes(client, [cluster.address], { content: { name: 'a' }, routes })
  return answer.routes.flatMap(route => route.relays.map(({ peerId }) => peerId))
}

/** A stream to the director, over which anything may be said. */
async function openRaw() {
  const node = await cluster.addNode([])
  const replies = new Inbox<DirectorReply>()
  const stream = new FramedStream(await node.dialProtocol(multiaddr(cluster.address), DIRECTOR_PROTOCOL), {
    maxFrameBytes: 1_000_000,
    handlers: {
      onFrame: frame => replies.push(decodeDirectorReply(frame)),
      onEnd: () => {},
      onClose: () => {}
    }
  })
  const say = (request: DirectorRequest) => stream.send(encodeDirectorRequest(request))
  return { say, replies }
}

const complaints = () => cluster.events.until(({ kind }) => kind === 'complaint')

it('leads everybody over a relay last of which a client has complained, and tells its operator', async () => {
  const { source, ids } = await start(3)
  const { watch, updates } = await cluster.watch('a', 1)
  // Which relay comes first changes with the round trips that nodes measure meanwhile.
  const [first] = (await updates.next()).gained
  const bad = first!.relays[0]!.peerId
  watch.complain(`${bad}>${source}`, 'tampered')
  expect(await complaints()).toEqual({ kind: 'complaint', peerId: bad, hosts: 1, fault: 'tampered' })
  const { gained, lost } = await updates.next()
  const others = ids.filter(id => id !== bad).map(id => `${id}>${source}`)
  expect(lost).toEqual([`${bad}>${source}`])
  expect(gained.map(({ id }) => id)).toEqual([expect.toBeOneOf(others)])
  expect((await relaysFor(3)).at(-1)).toBe(bad)
  expect(await relaysFor(2)).not.toContain(bad)
})

it('still leads over it where there is no other', async () => {
  const { source, ids } = await start(1)
  const { watch, updates } = await cluster.watch('a', 1)
  await updates.next()
  watch.complain(`${ids[0]}>${source}`, 'impostor')
  await complaints()
  expect(await relaysFor(2)).toEqual(ids)
})

it('leaves the routes of other clients as they are', async () => {
  await start(2)
  const [holding, complaining] = [await cluster.watch('a', 1), await cluster.watch('a', 1)]
  await holding.updates.next()
  const { gained } = await complaining.updates.next()
  complaining.watch.complain(gained[0]!.id, 'tampered')
  await complaining.updates.next()
  cluster.directorClock.advance(1_000)
  await relaysFor(1)
  expect(holding.updates.size).toBe(0)
})

it('takes complaints only of whole routes that it has named on the same stream', async () => {
  const { ids } = await start(2)
  const [told, other] = ids as [string, string]
  const { say, replies } = await openRaw()
  const neighbors = [{ peerId: told }]
  const query: QueryRequest = {
    kind: 'query',
    content: { name: 'a' },
    routes: 2,
    neighbors,
    held: [],
    watch: true,
    routeProtocol: ROUTE_PROTOCOL
  }
  say(query)
  expect(await replies.next()).toMatchObject({ routes: [{ relays: [{ peerId: told }] }] })
  for (const relays of [[other], [told, other], [told]]) say({ kind: 'complaint', relays, fault: 'corrupt' })
  expect(await complaints()).toEqual({ kind: 'complaint', peerId: told, hosts: 1, fault: 'corrupt' })
  expect(await relaysFor(2)).toEqual([other, told])
  say({ kind: 'complaint', relays: [told], fault: 'corrupt' })
  say(query)
  await replies.next()
  expect(cluster.events.size).toBe(0)
})

it('refuses a complaint of those who have asked nothing', async () => {
  const { ids } = await start(1)
  const { say, replies } = await openRaw()
  say({ kind: 'complaint', relays: ids, fault: 'tampered' })
  expect(await replies.next()).toMatchObject({ kind: 'notice', status: WireStatus.unexpectedMessage })
})
