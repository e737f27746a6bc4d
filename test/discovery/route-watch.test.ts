import { expect, it } from 'vitest'
import { type RouteUpdate, watchRoutes } from '../../src/discovery/route-watch.ts'
import { WireStatus } from '../../src/errors.ts'
import type { AnsweredRoute, AnswerReply, DirectorReply } from '../../src/protocol/director-messages.ts'
import { Inbox } from '../director/cluster.ts'
import { startNode } from '../transport/started-node.ts'
import { VirtualScheduler } from '../virtual-scheduler.ts'
import { fakeDirector } from './fake-director.ts'

const NOTHING = { settling: false, holders: [], routes: [], gained: [], lost: [] }
const UNKNOWN: AnswerReply = {
  kind: 'answer',
  status: WireStatus.unknownContent,
  message: 'no registered source has it',
  ...NOTHING
}

function found(source: string, ...routes: AnsweredRoute[]): AnswerReply {
  const holders = [{ peerId: source, addresses: [], record: Uint8Array.of(1), capabilities: [] }]
  return { ...UNKNOWN, status: WireStatus.ok, message: '', holders, routes }
}

/** A watch of `a` at a director that gives these replies; all contents are the source's. */
async function startWatch(sourcePeerId: string, replies: DirectorReply[]) {
  const director = await fakeDirector(await startNode(), replies)
  const scheduler = new VirtualScheduler()
  const [updates, problems] = [new Inbox<RouteUpdate>(), new Inbox<Error>()]
  const record = { name: 'a', sizeBytes: 1, segmentBytes: 1, rootHash: new Uint8Array(32), sourcePeerId }
  const question = { content: { name: 'a' }, routes: 3 }
  const watch = watchRoutes(await startNode(), [director.address], question, {
    scheduler,
    random: () => 0,
    verifyRecord: async () => record,
    onUpdate: update => updates.push(update),
    onProblem: error => problems.push(error)
  })
  return { director, scheduler, updates, problems, watch }
}

it('waits longer after each stream that was soon lost, and is quick again after one that has lasted', async () => {
  const source = String((await startNode()).peerId)
  const replies = [UNKNOWN, found(source), UNKNOWN, found(source)]
  const { director, scheduler, updates, problems, watch } = await startWatch(source, replies)
  for (const [livedMs, delayMs] of [
    [0, 100],
    [9_999, 200],
    [10_000, 100],
    [0, 200]
  ] as const) {
    await updates.next()
    scheduler.advance(livedMs)
    director.drop()
    await problems.next()
    expect(scheduler.pendingDelaysMs).toEqual([delayMs])
    scheduler.advance(delayMs)
  }
  watch.stop()
})

it('asks with the paths that it holds after a restart, and loses none while the director settles', async () => {
  const [source, near, far, other] = (
    await Promise.all([startNode(), startNode(), startNode(), startNode()])
  ).map(node => String(node.peerId)) as [string, string, string, string]
  const over = (...relays: string[]): AnsweredRoute => ({
    relays: relays.map(peerId => ({ peerId, addresses: [], labels: [], capabilities: [] })),
    source,
    costMs: 1
  })
  const replies = [
    found(source, over(), over(near, far)),
    { ...found(source, over(), over(other)), settling: true },
    found(source, over(other))
  ]
  const { director, scheduler, updates, problems, watch } = await startWatch(source, replies)
  expect((await updates.next()).gained.map(({ id }) => id)).toEqual([source, `${near}>${far}>${source}`])
  director.drop()
  await problems.next()
  scheduler.advance(100)
  const settling = await updates.next()
  expect(director.queries.map(({ held }) => held)).toEqual([
    [],
    [
      { relays: [], source },
      { relays: [near, far], source }
    ]
  ])
  expect(settling.answer!.routes.map(({ id }) => id)).toEqual([
    source,
    `${other}>${source}`,
    `${near}>${far}>${source}`
  ])
  expect([settling.gained.map(({ id }) => id), settling.lost]).toEqual([[`${other}>${source}`], []])
  watch.ask({ content: { name: 'a' }, routes: 2 })
  expect((await updates.next()).lost).toEqual([source, `${near}>${far}>${source}`])
  watch.stop()
})

it('tells a route again when a node of it has other addresses', async () => {
  const [source, relay] = (await Promise.all([startNode(), startNode()])).map(node =>
    String(node.peerId)
  ) as [string, string]
  const at = (port: number) =>
    found(source, {
      relays: [{ peerId: relay, addresses: [`/ip4/127.0.0.1/tcp/${port}`], labels: [], capabilities: [] }],
      source,
      costMs: 1
    })
  const { director, scheduler, updates, problems, watch } = await startWatch(source, [at(1), at(2)])
  await updates.next()
  director.drop()
  await problems.next()
  scheduler.advance(100)
  const { gained, lost } = await updates.next()
  expect(gained.map(({ relays }) => relays[0]!.addresses)).toEqual([['/ip4/127.0.0.1/tcp/2']])
  expect(lost).toEqual([])
  watch.stop()
})
