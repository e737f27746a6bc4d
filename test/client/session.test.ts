import { describe, expect, it } from 'vitest'
import {
  NoRouteError,
  RouteLostError,
  WrongRecordError,
  WrongSourceError
} from '../../src/client/route-errors.ts'
import type { SessionInit } from '../../src/client/session-init.ts'
import { CorruptSegmentError } from '../../src/client/transfer-errors.ts'
import { WireStatus } from '../../src/errors.ts'
import { extentOf } from '../../src/protocol/extent.ts'
import { decodeRequest } from '../../src/protocol/route-codec.ts'
import type { RouteMessage } from '../../src/protocol/route-messages.ts'
import { BrokenSealError } from '../../src/protocol/seal.ts'
import { opened as answer, relay } from '../protocol/messages.ts'
import {
  CONTENT,
  PATIENCE_MS,
  pathOver,
  SEGMENT_BYTES,
  SEGMENTS,
  SessionTrial,
  SOURCE,
  segment
} from './session-fixture.ts'

/** A session that has been offered one path, over a relay that refuses whatever it is asked. */
function refused(): SessionTrial {
  const trial = new SessionTrial({}, ({ route }, trial) => trial.lose(route, 'refused'))
  trial.session.offer(pathOver('relay'))
  return trial
}

/** A session with an open route over each of the relays. */
function opened(...relays: string[]): SessionTrial {
  const trial = new SessionTrial()
  for (const relay of relays) trial.session.offer(pathOver(relay))
  trial.run(0)
  for (const { route } of trial.take('open')) trial.open(route)
  return trial
}

describe('a session without a route', () => {
  it('gives up when no relay could be reached for as long as its patience, however often it tries', () => {
    const trial = refused()
    trial.run(PATIENCE_MS - 20)
    expect(trial.take('failed')).toEqual([])
    trial.run(PATIENCE_MS)
    const [failed] = trial.take('failed')
    expect(failed!.error).toBeInstanceOf(NoRouteError)
    expect(failed!.error.message).toContain('refused')
    // At 0, 1, 3, 5 s and so on; at 20 s it gives up.
    expect(trial.takeOpened()).toHaveLength(11)
  })

  it('leaves a relay alone for as long as the relay has said', () => {
    const trial = new SessionTrial({ patienceMs: Number.POSITIVE_INFINITY })
    trial.session.offer(pathOver('a'))
    trial.run(0)
    expect(trial.takeOpened()).toEqual(['a'])
    trial.lose(0, 'used up', WireStatus.allowanceUsed, 30_000)
    trial.run(29_960)
    expect(trial.takeOpened()).toEqual([])
    trial.run(30_040)
    expect(trial.takeOpened()).toEqual(['a'])
  })

  it('tells what it waits for and for how long', () => {
    const trial = refused()
    trial.run(3_000)
    const leftMs = PATIENCE_MS - 3_000
    expect(trial.takeEvents('waiting')).toEqual([
      { event: 'waiting', missing: 'relays', reason: 'refused', leftMs, atMs: 3_000 }
    ])
  })

  it('tells when the wait is over', () => {
    const trial = new SessionTrial({}, ({ route, path }, trial) => {
      if (path.relays[0]!.peerId === 'other') trial.open(route, 0)
      else trial.lose(route, 'refused')
    })
    trial.session.offer(pathOver('relay'))
    trial.run(4_000)
    trial.session.offer(pathOver('other'))
    trial.run(5_000)
    expect(trial.takeEvents('resumed')).toEqual([{ event: 'resumed', waitedMs: 4_020, atMs: 4_040 }])
  })

  it('gives up when none of its open routes has brought what it owes for some seconds and its patience', () => {
    const trial = opened('one', 'two')
    trial.run(4_000)
    const states = [0, 1].map(route => ({ route, state: 'late' as const, reason: '' }))
    trial.planner.decision = { states }
    trial.do(session => session.step(trial.nowMs))
    const silentMs = trial.nowMs + 3_000
    trial.run(silentMs + PATIENCE_MS - 100)
    expect(trial.take('failed')).toEqual([])
    expect(trial.takeEvents('waiting')[0]!.reason).toBe('nothing comes over those that are open')
    trial.run(silentMs + PATIENCE_MS + 100)
    expect(trial.take('failed')[0]!.error).toBeInstanceOf(NoRouteError)
  })

  it('does not give up while one of them brings something', () => {
    const trial = opened('one', 'two')
    trial.planner.decision = { states: [{ route: 0, state: 'late', reason: '' }] }
    trial.run(3_000 + 2 * PATIENCE_MS)
    expect(trial.take('failed')).toEqual([])
  })

  it('never gives up where its patience has no end', () => {
    const trial = new SessionTrial({ patienceMs: Number.POSITIVE_INFINITY }, ({ route }, trial) =>
      trial.lose(route, 'refused')
    )
    trial.session.offer(pathOver('relay'))
    trial.run(3_600_000)
    expect(trial.take('failed')).toEqual([])
    expect(trial.takeEvents('waiting')[0]).not.toHaveProperty('leftMs')
  })

  it('tries only what the director named last, and what is new there at once', () => {
    const trial = refused()
    trial.run(100)
    trial.session.follow([pathOver('other')], [pathOver('other')])
    trial.take('open')
    trial.run(5_100)
    expect(new Set(trial.takeOpened())).toEqual(new Set(['other']))
    trial.session.follow([pathOver('relay')], [pathOver('relay')])
    trial.run(5_120)
    expect(trial.takeOpened()).toEqual(['relay'])
  })

  it('goes on trying the paths that it knows when the director names none', () => {
    const trial = refused()
    trial.run(100)
    trial.session.follow([], [])
    trial.take('open')
    trial.run(5_100)
    expect(new Set(trial.takeOpened())).toEqual(new Set(['relay']))
  })

  it('tries a path that is withdrawn no more', () => {
    const trial = refused()
    trial.run(100)
    trial.session.withdraw(pathOver('relay'))
    trial.take('open')
    trial.run(5_100)
    expect(trial.takeOpened()).toEqual([])
  })
})

describe('a session whose open routes bring nothing', () => {
  const silence = (trial: SessionTrial, ...routes: number[]) => {
    trial.planner.decision = { states: routes.map(route => ({ route, state: 'late', reason: 'silent' })) }
    trial.do(session => session.step(trial.nowMs))
  }
  const deliver = (trial: SessionTrial, route: number) => {
    trial.planner.decision = { states: [{ route, state: 'open', reason: '' }] }
    trial.do(session => session.step(trial.nowMs))
  }
  const lettersOf = (trial: SessionTrial) => trial.take('open').map(({ route }) => route)

  it('opens another over each of their paths within half a second, and once more when nobody answers', () => {
    const trial = opened('a', 'b')
    trial.run(60_000)
    silence(trial, 0, 1)
    trial.run(trial.nowMs + 500)
    expect(trial.takeOpened()).toEqual(['a', 'b'])
    expect(trial.take('end')).toEqual([])
    trial.run(trial.nowMs + 2_000)
    expect(trial.takeOpened()).toEqual(['a', 'b'])
    trial.run(trial.nowMs + 10_000)
    expect(trial.takeOpened()).toEqual([])
  })

  it('opens none while one of them delivers', () => {
    const trial = opened('a', 'b')
    silence(trial, 0)
    trial.run(trial.nowMs + 60_000)
    expect(trial.takeOpened()).toEqual([])
  })

  it('goes on over the new one as soon as that is open, and leaves the old one', () => {
    const trial = opened('a')
    trial.run(4_000)
    silence(trial, 0)
    trial.run(trial.nowMs + 500)
    const [route] = lettersOf(trial)
    trial.take('end')
    trial.open(route!)
    expect(trial.take('end').map(({ route }) => route)).toEqual([0])
    expect([...trial.session.transfer.openRoutes]).toEqual([route])
    expect(trial.takeEvents('route').filter(({ state }) => state === 'lost')).toEqual([])
    trial.run(trial.nowMs + 5_000)
    expect(trial.takeOpened()).toEqual([])
  })

  it('stays with the old one where that delivers first', () => {
    const trial = opened('a')
    trial.run(4_000)
    silence(trial, 0)
    trial.run(trial.nowMs + 500)
    const [route] = lettersOf(trial)
    deliver(trial, 0)
    trial.run(trial.nowMs + 40)
    expect(trial.take('end').map(({ route }) => route)).toEqual([route])
    expect([...trial.session.transfer.openRoutes]).toEqual([0])
    trial.run(trial.nowMs + 60_000)
    expect(trial.takeOpened()).toEqual([])
  })

  it('goes on trying a path that was lost with all others when another is back before it', () => {
    const trial = opened('a', 'b')
    trial.run(4_000)
    silence(trial, 0, 1)
    trial.run(trial.nowMs + 500)
    const [, atB] = lettersOf(trial)
    deliver(trial, 0)
    trial.lose(atB!, 'refused')
    trial.run(trial.nowMs + 1_100)
    expect(trial.takeOpened()).toEqual(['b'])
  })

  it('tries a path again beside a try that nobody answers', () => {
    const trial = new SessionTrial()
    trial.session.offer(pathOver('a'))
    trial.run(1_980)
    expect(trial.takeOpened()).toEqual(['a'])
    trial.run(2_100)
    const [second] = lettersOf(trial)
    trial.open(second!)
    expect(trial.take('end').map(({ route }) => route)).toEqual([0])
  })

  it('does not count time for which the process was stopped', () => {
    const trial = opened('a')
    trial.run(2_000)
    silence(trial, 0)
    trial.nowMs += 120_000
    trial.run(trial.nowMs)
    deliver(trial, 0)
    trial.run(trial.nowMs + 1_000)
    expect(trial.takeOpened()).toEqual([])
    expect(trial.takeEvents('waiting')).toEqual([])
  })

  it('says that this host has no network when that is why nothing opens', () => {
    const trial = new SessionTrial({}, ({ route }, trial) => {
      const cause = Object.assign(new Error('connect ENETUNREACH 8.8.8.8:1'), { code: 'ENETUNREACH' })
      trial.do(session => session.closed(route, new RouteLostError('refused', undefined, cause), trial.nowMs))
    })
    trial.session.offer(pathOver('a'))
    trial.run(3_100)
    expect(trial.takeEvents('waiting')).toMatchObject([{ missing: 'network' }])
  })

  it('finds letters for hours beside three relays that nobody can reach, and when the good one is away', () => {
    let isAway = false
    const trial = new SessionTrial({ patienceMs: Number.POSITIVE_INFINITY }, ({ route, path }, trial) => {
      if (path.relays[0]!.peerId === 'good' && !isAway) trial.open(route)
      else trial.lose(route, 'refused')
    })
    for (const relay of ['good', 'dead', 'dead too', 'gone']) trial.session.offer(pathOver(relay))
    for (let hour = 1; hour <= 3; hour++) {
      trial.run(trial.nowMs + 3_000_000)
      isAway = true
      const [open] = [...trial.session.transfer.openRoutes]
      trial.lose(open!, 'broken')
      trial.run(trial.nowMs + 600_000)
      isAway = false
      trial.run(trial.nowMs + 2_100)
      expect(trial.session.transfer.openRoutes.size).toBe(1)
      trial.take('tell')
      trial.take('send')
    }
    expect(trial.takeOpened().length).toBeGreaterThan(1_000)
  })
})

describe('a session with several sources', () => {
  const otherSource = { peerId: 'other source', addresses: [] }
  const far = pathOver('far', otherSource)
  /** A session with an open route to each of two sources, A to the first and B to the other. */
  const withTwo = (init: Partial<SessionInit> = {}) => {
    const trial = new SessionTrial(init)
    for (const path of [pathOver('a'), far]) trial.session.offer(path)
    trial.run(0)
    for (const { route } of trial.take('open')) trial.open(route)
    for (const type of ['verify', 'send'] as const) trial.take(type)
    return trial
  }
  const corrupt = (trial: SessionTrial, route: number) => trial.receive(route, segment(0, 13))

  it('opens routes to all of them, and asks each for its own record of the content', () => {
    const trial = new SessionTrial()
    for (const path of [pathOver('a'), far]) trial.session.offer(path)
    trial.run(0)
    for (const { route } of trial.take('open')) trial.open(route)
    expect(trial.take('verify').map(({ wanted }) => wanted.sourcePeerId)).toEqual(['source', 'other source'])
    expect(trial.takeEvents('source')).toMatchObject([{ source: 'other source', state: 'joined' }])
    expect(trial.planner.told.filter(({ type }) => type === 'routeAdded')).toMatchObject([
      { route: 0, holder: 'source' },
      { route: 1, holder: 'other source' }
    ])
  })

  it('does not mistake one for the other where both are behind one relay', () => {
    const trial = opened('a')
    const path = pathOver('a', otherSource)
    trial.session.follow([pathOver('a'), path], [path])
    trial.take('verify')
    trial.run(trial.nowMs)
    const [joined] = trial.take('open')
    expect(joined).toMatchObject({ hops: [{ peerId: 'a' }, otherSource] })
    trial.open(joined!.route)
    expect(trial.take('verify')).toMatchObject([{ wanted: { sourcePeerId: 'other source' } }])
  })

  it('takes one in that the director names later, at once', () => {
    const trial = opened('a')
    trial.session.follow([pathOver('a'), far], [far])
    trial.run(trial.nowMs)
    expect(trial.takeOpened()).toEqual(['far'])
  })

  it('tells that one has left to which nothing leads any more', () => {
    const trial = withTwo()
    trial.session.follow([pathOver('a')], [])
    trial.run(trial.nowMs)
    expect(trial.takeEvents('source').filter(({ state }) => state === 'left')).toEqual([])
    trial.lose(1, 'gone')
    trial.run(trial.nowMs)
    expect(trial.takeEvents('source')).toMatchObject([{ source: 'other source', state: 'left' }])
  })

  it('costs one that sends other bytes its routes, and nothing more', () => {
    const trial = withTwo({ isSealed: true })
    corrupt(trial, 1)
    trial.run(trial.nowMs + 60_000)
    expect(trial.take('end').map(({ route }) => route)).toEqual([1])
    expect([trial.take('failed'), trial.takeOpened()]).toEqual([[], []])
    expect(trial.takeEvents('source').at(-1)).toMatchObject({ source: 'other source', state: 'left' })
    trial.session.follow([pathOver('a'), far], [far])
    trial.run(trial.nowMs + 1_000)
    expect(trial.takeOpened()).toEqual([])
  })

  it('takes one in again that had not got the content and is named anew', () => {
    const trial = withTwo()
    const gone = new RouteLostError('gone', WireStatus.contentChanged, undefined, { sourceWord: 'proven' })
    trial.do(session => session.closed(1, gone, trial.nowMs))
    trial.run(trial.nowMs + 10_000)
    expect(trial.takeOpened()).toEqual([])
    trial.session.follow([pathOver('a'), far], [far])
    trial.run(trial.nowMs)
    expect(trial.takeOpened()).toEqual(['far'])
  })

  it('fails once the last one is refused', () => {
    const trial = withTwo({ isSealed: true })
    corrupt(trial, 1)
    corrupt(trial, 0)
    expect(trial.take('failed')).toMatchObject([{ error: { code: 'ERR_WRONG_CONTENT' } }])
  })

  it('waits a little for news of others where there may be some', () => {
    const trial = opened('a')
    const waiting = new SessionTrial({ isSealed: true, mayHearOfOthers: true })
    waiting.session.offer(pathOver('a'))
    waiting.run(0)
    waiting.open(0)
    corrupt(waiting, 0)
    waiting.run(waiting.nowMs + 1_500)
    expect(waiting.take('failed')).toEqual([])
    waiting.run(waiting.nowMs + 600)
    expect(waiting.take('failed')[0]).toMatchObject({ error: { code: 'ERR_WRONG_CONTENT' } })
    expect(trial.take('failed')).toEqual([])
  })

  it('goes on from one that is named within that time', () => {
    const trial = new SessionTrial({ isSealed: true, mayHearOfOthers: true })
    trial.session.offer(pathOver('a'))
    trial.run(0)
    trial.open(0)
    corrupt(trial, 0)
    trial.run(trial.nowMs + 1_000)
    trial.take('open')
    trial.session.follow([far], [far])
    trial.run(trial.nowMs + 3_000)
    expect([trial.take('failed'), new Set(trial.takeOpened())]).toEqual([[], new Set(['far'])])
  })
})

describe('a route of a session', () => {
  it('is asked for over its hops with the orders that stand, once it is dialled', () => {
    const trial = new SessionTrial({ extent: extentOf(CONTENT, 3) })
    trial.planner.decision = { credits: [{ route: 0, limitBytes: 7 }] }
    trial.session.offer(pathOver('a'))
    trial.do(session => session.openDue(0))
    trial.do(session => session.dialled(0, 30))
    const [sent] = trial.take('send')
    const message = sent!.message as RouteMessage & { kind: 'open' }
    expect(message).toMatchObject({ kind: 'open', route: 0, hops: [SOURCE] })
    expect(decodeRequest(message.request)).toMatchObject({
      firstSeq: 3,
      endSeq: SEGMENTS,
      control: { credits: [{ route: 0, limitBytes: 7 }] }
    })
  })

  it('is asked for with the newest pass of its path, and without one where there is none', () => {
    const passOfOpen = (trial: SessionTrial) => {
      const [sent] = trial.take('send')
      return (sent!.message as RouteMessage & { kind: 'open' }).pass
    }
    const trial = new SessionTrial()
    trial.session.offer({ ...pathOver('a'), pass: Uint8Array.of(1) })
    trial.run(0)
    trial.open(0)
    expect(passOfOpen(trial)).toEqual(Uint8Array.of(1))
    trial.session.follow([{ ...pathOver('a'), pass: Uint8Array.of(2) }], [])
    trial.lose(0, 'broken')
    trial.run(trial.nowMs + 1_000)
    trial.open(0)
    expect(passOfOpen(trial)).toEqual(Uint8Array.of(2))
    trial.session.offer(pathOver('b'))
    trial.run(trial.nowMs)
    trial.open(1)
    expect(passOfOpen(trial)).toBeUndefined()
  })

  it('goes straight to the source where its path has no relay', () => {
    const trial = new SessionTrial()
    trial.session.offer({ relays: [], source: SOURCE })
    trial.run(0)
    expect(trial.take('open')).toMatchObject([{ route: 0, hops: [SOURCE] }])
    trial.take('tell')
    trial.open(0)
    expect(trial.take('send')[0]!.message).toMatchObject({ kind: 'open', hops: [] })
    expect(trial.takeEvents('route')).toMatchObject([{ id: 'A', state: 'open', relays: [] }])
  })

  it('has the round trip of its stream, without what the relays took to set up theirs', () => {
    const trial = new SessionTrial()
    trial.session.offer({ ...pathOver('a'), relays: [...pathOver('a').relays, ...pathOver('b').relays] })
    trial.run(0)
    trial.do(session => session.dialled(0, 100))
    trial.nowMs = 145
    trial.receive(0, relay('b', 20))
    trial.receive(0, relay('a', 10))
    trial.receive(0, answer())
    expect(trial.planner.told).toContainEqual({ type: 'routeOpened', route: 0, rttMs: 15 })
  })

  it('ends when it brought a record that is not the wanted one, and the others go on', () => {
    const trial = opened('liar', 'honest')
    expect(trial.take('verify')).toMatchObject([
      { route: 0, wanted: { sourcePeerId: 'source' } },
      { route: 1, wanted: { sourcePeerId: 'source' } }
    ])
    const lie = new WrongRecordError('it is of "b"')
    trial.do(session => session.recordRefused(0, lie, trial.nowMs))
    expect(trial.take('end')).toEqual([{ type: 'end', route: 0, reason: lie }])
    expect([...trial.session.transfer.openRoutes]).toEqual([1])
    trial.run(trial.nowMs + 20)
    expect(trial.take('failed')).toEqual([])
  })

  it('ends when it delivers a wrong segment, which goes nowhere', () => {
    const trial = opened('a', 'b')
    trial.receive(0, segment(0, 13))
    expect(trial.take('end')).toMatchObject([{ route: 0, reason: expect.any(CorruptSegmentError) }])
    expect(trial.take('output')).toEqual([])
    trial.receive(0, segment(0))
    expect(trial.take('output')).toEqual([])
  })

  it('ends the fetch when the same segment is wrong over two routes without a common relay: the source is wrong', () => {
    const trial = opened('a', 'b')
    trial.receive(0, segment(0, 13))
    expect(trial.take('failed')).toEqual([])
    trial.receive(1, segment(0, 13))
    expect(trial.take('failed')).toMatchObject([{ error: { code: 'ERR_WRONG_CONTENT', exitCode: 6 } }])
  })

  it('ends the fetch at once when it is sealed and a segment is wrong: only the source can have made it', () => {
    const trial = new SessionTrial({ isSealed: true })
    for (const relay of ['a', 'b']) trial.session.offer(pathOver(relay))
    trial.run(0)
    for (const route of [0, 1]) trial.open(route)
    trial.receive(0, segment(0, 13))
    expect(trial.take('failed')).toMatchObject([{ error: { code: 'ERR_WRONG_CONTENT' } }])
  })

  it.each([
    ['broke a seal', new BrokenSealError('a message was left out'), 'tampered'],
    ['led to another node', new WrongSourceError('source', new Error('another key')), 'impostor'],
    ['brought another record', new WrongRecordError('it is of "b"'), 'corrupt']
  ])('is complained of when it %s', (_, reason, fault) => {
    const trial = opened('liar', 'honest')
    trial.do(session => session.closed(0, reason, trial.nowMs))
    expect(trial.take('complain')).toMatchObject([{ path: { relays: [{ peerId: 'liar' }] }, fault }])
  })

  it('is complained of when it brings a wrong segment, but not when the source is seen to be wrong', () => {
    const trial = opened('a', 'b')
    trial.receive(0, segment(0, 13))
    expect(trial.take('complain')).toMatchObject([{ path: { relays: [{ peerId: 'a' }] }, fault: 'corrupt' }])
    trial.receive(1, segment(0, 13))
    expect(trial.take('complain')).toEqual([])
  })

  it('is not complained of for what its source has sealed, nor for being lost, nor where it has no relay', () => {
    const trial = new SessionTrial({ isSealed: true })
    const direct = { relays: [], source: SOURCE }
    for (const path of [direct, ...['a', 'b', 'c'].map(relay => pathOver(relay))]) trial.session.offer(path)
    trial.run(0)
    for (const route of [0, 1, 2, 3]) trial.open(route)
    trial.do(session => session.closed(0, new BrokenSealError('a message is cut off'), trial.nowMs))
    trial.do(session => session.recordRefused(1, new WrongRecordError('it is of "b"'), trial.nowMs))
    trial.lose(2, 'broken')
    trial.receive(3, segment(0, 13))
    expect(trial.take('end')).toHaveLength(2)
    expect(trial.take('complain')).toEqual([])
  })

  it('is told of as lost only once, and anew under a number that comes back', () => {
    const trial = new SessionTrial({}, ({ route }, trial) => {
      trial.planner.decision = { states: [{ route, state: 'closed', reason: 'refused' }] }
      trial.lose(route, 'refused')
    })
    trial.session.offer(pathOver('a'))
    trial.run(1_000)
    expect(trial.takeEvents('route').map(({ id, state }) => `${id} ${state}`)).toEqual([
      'A opening',
      'A lost',
      'A opening',
      'A lost'
    ])
  })
})

/** What was told of routes since the last look, but for those that are being opened. */
const routesTold = (trial: SessionTrial) =>
  trial.takeEvents('route').filter(({ state }) => state !== 'opening')

describe('a session over uplinks', () => {
  const by = (uplink: string, relay: string) => ({ ...pathOver(relay), uplink })

  it('tells by which uplink each route goes', () => {
    const trial = new SessionTrial()
    trial.session.offer(by('eth0', 'one'))
    trial.run(0)
    trial.open(0)
    expect(routesTold(trial)).toMatchObject([{ id: 'A', state: 'open', uplink: 'eth0' }])
    expect(trial.session.routeTotals()).toMatchObject({ A: { relays: ['one'], uplink: 'eth0' } })
  })

  it('ends routes in good order that have the places of an uplink that joins', () => {
    const trial = new SessionTrial({ maxRoutes: 2 })
    const paths = [by('eth0', 'one'), by('eth0', 'two')]
    for (const path of paths) trial.session.offer(path)
    trial.run(0)
    for (const { route } of trial.take('open')) trial.open(route)
    routesTold(trial)
    const joined = by('wwan0', 'one')
    trial.session.follow([...paths, joined], [joined])
    trial.run(trial.nowMs)
    expect(trial.take('end').map(({ route }) => route)).toEqual([1])
    expect(trial.take('open')).toMatchObject([{ path: joined }])
    expect(routesTold(trial)).toMatchObject([{ id: 'B', state: 'closed', uplink: 'eth0' }])
  })

  it('does not try again what went by an uplink that is gone', () => {
    const trial = new SessionTrial()
    const [left, gone] = [by('eth0', 'one'), by('wwan0', 'two')]
    for (const path of [left, gone]) trial.session.offer(path)
    trial.run(0)
    for (const { route } of trial.take('open')) trial.open(route)
    trial.session.follow([left], [])
    trial.lose(1, 'the uplink is not there any more')
    trial.run(60_000)
    expect(trial.take('open')).toEqual([])
  })
})

describe('a session that is told that the content is gone', () => {
  const goneOver = (trial: SessionTrial, route: number) =>
    trial.lose(route, 'the content has changed', WireStatus.contentChanged)
  const verdictOf = (trial: SessionTrial) => {
    trial.run(trial.nowMs + 20)
    return trial.take('failed')[0]?.error
  }

  it('believes it when all routes say so', () => {
    const trial = opened('a', 'b')
    goneOver(trial, 0)
    expect(verdictOf(trial)).toBeUndefined()
    goneOver(trial, 1)
    expect(verdictOf(trial)).toBeInstanceOf(RouteLostError)
  })

  it('does not believe one route while another is still being asked', () => {
    const trial = new SessionTrial()
    for (const relay of ['a', 'b']) trial.session.offer(pathOver(relay))
    trial.run(0)
    goneOver(trial, 0)
    expect(verdictOf(trial)).toBeUndefined()
  })

  it('does not believe the only route that it may use at a time while there is another path', () => {
    const trial = new SessionTrial({ maxRoutes: 1 })
    for (const relay of ['a', 'b']) trial.session.offer(pathOver(relay))
    trial.run(0)
    trial.open(0)
    goneOver(trial, 0)
    expect(verdictOf(trial)).toBeUndefined()
    expect(trial.takeOpened()).toEqual(['a', 'b'])
  })

  it('does not hold what was said over a path before against a route that is open now', () => {
    const trial = opened('a', 'b')
    goneOver(trial, 0)
    trial.run(trial.nowMs + 1_000)
    expect(trial.takeOpened()).toEqual(['a'])
    trial.open(2)
    goneOver(trial, 1)
    expect(verdictOf(trial)).toBeUndefined()
  })
})

describe('what a session delivers', () => {
  it('leaves in order, and all of it makes the session finished', () => {
    const trial = opened('a')
    trial.receive(0, segment(1, 2))
    expect(trial.take('output')).toEqual([])
    trial.receive(0, segment(0, 1))
    const [output] = trial.take('output')
    expect(output!.payloads.map(payload => payload[0])).toEqual([1, 2])
    for (let seq = 2; seq < SEGMENTS; seq++) {
      expect(trial.take('finished')).toEqual([])
      trial.receive(0, segment(seq))
    }
    expect(trial.take('finished')).toHaveLength(1)
  })

  it('is all there at the end of the extent, where that is before the end of the content', () => {
    const trial = new SessionTrial({ extent: extentOf(CONTENT, 3, 5) })
    trial.session.offer(pathOver('a'))
    trial.run(0)
    trial.open(0)
    trial.receive(0, segment(4))
    expect(trial.take('finished')).toEqual([])
    trial.receive(0, segment(3))
    expect(trial.take('finished')).toHaveLength(1)
    trial.do(session => session.consumed(2, trial.nowMs))
    expect(trial.session.outputBytes).toBe(5 * SEGMENT_BYTES)
  })

  it('counts as fetched once the output has taken it', () => {
    const trial = opened('a')
    trial.receive(0, segment(0))
    trial.do(session => session.tellProgress(trial.nowMs))
    trial.do(session => session.consumed(1, trial.nowMs))
    trial.do(session => session.tellProgress(trial.nowMs))
    expect(trial.takeEvents('progress').slice(-2)).toMatchObject([{ bytes: 0 }, { bytes: SEGMENT_BYTES }])
    expect(trial.planner.told).toContainEqual({ type: 'consumed', seq: 1 })
  })

  it('is told every quarter of a second, on while the output still writes', () => {
    const trial = opened('a')
    trial.take('tell')
    trial.do(session => session.close(trial.nowMs))
    trial.run(trial.nowMs + 1_000)
    expect(trial.takeEvents('progress')).toHaveLength(4)
  })
})

describe('a session that is closed', () => {
  it('ends its routes in good order, and neither opens nor misses any', () => {
    const trial = opened('a', 'b')
    trial.take('tell')
    trial.do(session => session.close(trial.nowMs))
    expect(routesTold(trial).map(({ id, state }) => `${id} ${state}`)).toEqual(['A closed', 'B closed'])
    expect(trial.take('end').map(({ route }) => route)).toEqual([0, 1])
    trial.take('open')
    trial.run(trial.nowMs + 2 * PATIENCE_MS)
    expect([trial.takeOpened(), trial.take('failed'), trial.takeEvents('waiting')]).toEqual([[], [], []])
  })
})
