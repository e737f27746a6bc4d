import { expect, it } from 'vitest'
import type { RouteAnswer } from '../../src/discovery/director-client.ts'
import { type RouteNews, RouteWatches } from '../../src/discovery/route-watches.ts'
import { WireStatus } from '../../src/errors.ts'
import type { AnsweredRoute, AnswerReply, DirectorReply } from '../../src/protocol/director-messages.ts'
import { Inbox } from '../director/cluster.ts'
import { startNode } from '../transport/started-node.ts'
import { VirtualScheduler } from '../virtual-scheduler.ts'
import { fakeDirector } from './fake-director.ts'

const rootHash = new Uint8Array(32)

/** Routes over the relays named, to the source. */
function found(source: string, relays: string[], pass?: Uint8Array<ArrayBuffer>): AnswerReply {
  const route = (peerId: string): AnsweredRoute => ({
    relays: [{ peerId, addresses: [], labels: [], capabilities: [] }],
    source,
    costMs: 1
  })
  return {
    kind: 'answer',
    status: WireStatus.ok,
    message: '',
    settling: false,
    holders: [{ peerId: source, addresses: [], record: new TextEncoder().encode(source), capabilities: [] }],
    routes: relays.map(route),
    gained: [],
    lost: [],
    ...(pass ? { pass } : {})
  }
}

/** Watches at directors that give these replies each, one for each query; an answer over `held` is in use. */
async function watchAt(source: string, held: string[], ...replies: (DirectorReply | DirectorReply[])[][]) {
  const directors = await Promise.all(replies.map(async said => fakeDirector(await startNode(), said)))
  const record = { name: 'a', sizeBytes: 1, segmentBytes: 1, rootHash, sourcePeerId: source }
  const news = new Inbox<RouteNews>()
  const from: RouteAnswer = {
    record,
    recordBytes: new Uint8Array(),
    sources: [{ peerId: source, addresses: [] }],
    routes: held.map(peerId => ({
      id: `${peerId}>${source}`,
      relays: [{ peerId, addresses: [], labels: [], capabilities: [] }],
      source: { peerId: source, addresses: [] },
      costMs: 1
    })),
    settling: false
  }
  const scheduler = new VirtualScheduler()
  const watches = new RouteWatches(
    await startNode(),
    directors.map(({ address }) => address),
    { content: { rootHash }, routes: 8 },
    {
      from,
      scheduler,
      verifyRecord: async bytes => ({ ...record, sourcePeerId: new TextDecoder().decode(bytes) }),
      onNews: told => news.push(told)
    }
  )
  return { news, watches, directors, scheduler }
}

const relaysOf = (routes: RouteNews['routes']) => routes.map(({ relays }) => relays[0]!.peerId).sort()

async function ids(count: number): Promise<string[]> {
  const nodes = await Promise.all(Array.from({ length: count }, () => startNode()))
  return nodes.map(({ peerId }) => String(peerId)).sort()
}

it('takes the routes that any director names: one that names bad relays hides no good ones', async () => {
  const [source, bad, good] = (await ids(3)) as [string, string, string]
  const { news, watches } = await watchAt(source, [bad], [found(source, [bad])], [found(source, [good])])
  const told = await news.until(({ routes }) => routes.length === 2)
  expect(relaysOf(told.routes)).toEqual([bad, good].sort())
  expect(relaysOf(told.gained)).toEqual([good])
  watches.stop()
})

it('loses no route that another director still names', async () => {
  const [source, one, two] = (await ids(3)) as [string, string, string]
  const { news, watches } = await watchAt(source, [one, two], [found(source, [])], [found(source, [one])])
  const told = await news.until(({ routes }) => routes.length === 1)
  expect(relaysOf(told.routes)).toEqual([one])
  watches.stop()
})

it('takes the sources that any director knows', async () => {
  const [source, other, relay] = (await ids(3)) as [string, string, string]
  const { news, watches } = await watchAt(source, [relay], [found(other, [relay])], [found(source, [relay])])
  const told = await news.until(({ routes }) => routes.length === 2)
  expect(told.routes.map(route => route.source.peerId).sort()).toEqual([source, other].sort())
  watches.stop()
})

it('keeps the pass of the first director for a route that others name, too, and the order of the routes', async () => {
  const [source, ...relays] = (await ids(3)) as [string, string, string]
  const [first, second] = [Uint8Array.of(1), Uint8Array.of(2)]
  const best = found(source, relays.toReversed(), first)
  const { news, watches } = await watchAt(source, [], [best], [found(source, relays, second)])
  const isLast = ({ routes }: RouteNews) => routes.length === 2 && routes[0]!.pass?.[0] === 1
  const told = await news.until(isLast)
  expect(told.routes.map(route => [route.relays[0]!.peerId, route.pass?.[0]])).toEqual(
    relays.toReversed().map(relay => [relay, 1])
  )
  watches.stop()
})

it('passes a complaint on to the directors that name the route, once they have answered, and then asks anew', async () => {
  const [source, bad, good] = (await ids(3)) as [string, string, string]
  const { news, watches, directors } = await watchAt(
    source,
    [bad, good],
    [found(source, [bad, good]), [], found(source, [good])],
    [found(source, [good]), [], found(source, [good])]
  )
  watches.complain(`${bad}>${source}`, 'tampered')
  expect(relaysOf((await news.until(({ routes }) => routes.length === 1)).routes)).toEqual([good])
  await watches.finish()
  const [first] = directors
  expect(first!.requests).toEqual(['query', 'complaint', 'query'])
  expect(first!.complaints).toEqual([{ kind: 'complaint', relays: [bad], fault: 'tampered' }])
  const heldOver = first!.queries.map(({ held }) => held.flatMap(({ relays }) => relays).sort())
  expect(heldOver).toEqual([[bad, good].sort(), [good]])
})

it('complains of no route that it was not told', async () => {
  const [source, relay] = (await ids(2)) as [string, string]
  const { news, watches, directors } = await watchAt(source, [], [found(source, [relay])])
  await news.next()
  watches.complain(`another>${source}`, 'tampered')
  await watches.finish()
  expect(directors[0]!.requests).toEqual(['query'])
})

it('is finished in a second where a director does not answer, however much is left to be said', async () => {
  const [source, relay] = (await ids(2)) as [string, string]
  const { watches, scheduler } = await watchAt(source, [relay], [])
  watches.complain(`${relay}>${source}`, 'tampered')
  const finished = watches.finish()
  scheduler.advance(1_000)
  await finished
})

it('is not finished before a director has what was to be said to it', async () => {
  const [source, relay] = (await ids(2)) as [string, string]
  const { watches, directors } = await watchAt(source, [relay], [found(source, [relay])])
  watches.complain(`${relay}>${source}`, 'tampered')
  await watches.finish()
  await expect.poll(() => directors[0]!.complaints).toHaveLength(1)
})
