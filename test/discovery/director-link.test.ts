import { expect, it } from 'vitest'
import { DirectorSession } from '../../src/discovery/director-session.ts'
import { Inbox } from '../director/cluster.ts'
import { startNode } from '../transport/started-node.ts'
import { VirtualScheduler } from '../virtual-scheduler.ts'
import { fakeDirector } from './fake-director.ts'

it('waits longer after each registration that was soon lost, and is quick again after one that has lasted', async () => {
  const registered = { kind: 'registered' as const, leaseMs: 15_000, capabilities: [] }
  const accepted = [
    [registered, { kind: 'neighbors' as const, peers: [], linked: [], attach: false }],
    registered
  ]
  const director = await fakeDirector(await startNode(), Array.from({ length: 4 }, () => accepted).flat())
  const scheduler = new VirtualScheduler()
  const [returns, problems] = [new Inbox<string>(), new Inbox<Error>()]
  const session = new DirectorSession(await startNode(), {
    role: 'relay',
    directors: [director.address],
    scheduler,
    random: () => 0,
    onRegistered: address => returns.push(address),
    onProblem: error => problems.push(error)
  })
  session.start()
  for (const [livedMs, delayMs] of [
    [0, 100],
    [9_999, 200],
    [10_000, 100],
    [0, 200]
  ] as const) {
    await returns.next()
    scheduler.advance(livedMs)
    director.drop()
    await problems.next()
    expect(scheduler.pendingDelaysMs).toEqual([delayMs])
    scheduler.advance(delayMs)
  }
  await session.stop()
})
