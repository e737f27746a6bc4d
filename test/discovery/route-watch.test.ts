import { expect, it } from 'vitest'
import { type RouteUpdate, watchRoutes } from '../../src/discovery/route-watch.ts'
import { WireStatus } from '../../src/errors.ts'
import type { AnswerReply } from '../../src/protocol/director-messages.ts'
import { Inbox } from '../director/cluster.ts'
import { startNode } from '../transport/started-node.ts'
import { VirtualScheduler } from '../virtual-scheduler.ts'
import { fakeDirector } from './fake-director.ts'

it('waits longer after each stream that was soon lost, and is quick again after one that has lasted', async () => {
  const nothing = { settling: false, holders: [], routes: [], gained: [], lost: [] }
  const unknown: AnswerReply = {
    kind: 'answer',
    status: WireStatus.unknownContent,
    message: 'no registered source has it',
    ...nothing
  }
  const sourcePeerId = (await startNode()).peerId.toString()
  const known = {
    ...unknown,
    status: WireStatus.ok,
    holders: [{ peerId: sourcePeerId, addresses: [], record: Uint8Array.of(1), capabilities: [] }]
  }
  const record = { name: 'a', sizeBytes: 1, segmentBytes: 1, rootHash: new Uint8Array(32), sourcePeerId }
  const director = await fakeDirector(await startNode(), [unknown, known, unknown, known])
  const scheduler = new VirtualScheduler()
  const [updates, problems] = [new Inbox<RouteUpdate>(), new Inbox<Error>()]
  const question = { content: { name: 'a' }, routes: 1 }
  const watch = watchRoutes(await startNode(), [director.address], question, {
    scheduler,
    random: () => 0,
    verifyRecord: async () => record,
    onUpdate: update => updates.push(update),
    onProblem: error => problems.push(error)
  })
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
