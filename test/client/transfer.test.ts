import { describe, expect, it } from 'vitest'
import { Transfer } from '../../src/client/transfer.ts'
import { CorruptSegmentError, UnexpectedMessageError } from '../../src/client/transfer-errors.ts'
import { Pattern } from '../../src/pattern/pattern.ts'
import { extentOf } from '../../src/protocol/extent.ts'
import { ROUTE_LIMITS } from '../../src/protocol/limits.ts'
import type { RouteMessage } from '../../src/protocol/route-messages.ts'
import { report } from '../protocol/messages.ts'
import { ScriptedPlanner } from './scripted-planner.ts'

const TO_SOURCE = { source: { peerId: 'source' } }

function begin(segmentCount = 10) {
  const planner = new ScriptedPlanner()
  const transfer = new Transfer({
    extent: extentOf({ segmentBytes: 4, sizeBytes: segmentCount * 4 }),
    planner,
    check: {
      learn: (_group, leaves) => leaves.byteLength === 0,
      knows: () => true,
      verify: (_, payload) => payload[0] !== 13,
      forgetBelow: () => {}
    }
  })
  for (const route of [0, 1]) {
    transfer.addRoute(route, TO_SOURCE, 0)
    transfer.routeOpened(route, 20, 10)
  }
  transfer.tick(10)
  return { planner, transfer }
}

const segment = (seq: number, first = 1): RouteMessage => ({
  kind: 'segment',
  seq,
  sentAtUs: 5_000,
  repair: false,
  more: false,
  payload: Uint8Array.of(first, 0, 0, seq)
})
const move = (id: number) => ({ id, fromRoute: 0, toRoute: 1, copy: false, ranges: [{ from: 3, to: 5 }] })

describe('Transfer', () => {
  it('starts the credit of a route anew that is opened under a letter from before', () => {
    const { planner, transfer } = begin()
    planner.decision = { credits: [{ route: 0, limitBytes: 1_000 }] }
    transfer.tick(20)
    transfer.routeClosed(0, 'gone', 30)
    transfer.addRoute(0, TO_SOURCE, 40)
    planner.decision = { credits: [{ route: 0, limitBytes: 100 }] }
    expect(transfer.openingControl(0, 50).credits).toEqual([{ route: 0, limitBytes: 100 }])
  })

  it('counts what came under a letter over all routes that have had it', () => {
    const { transfer } = begin()
    transfer.receive(0, segment(0), 30)
    transfer.routeClosed(0, 'gone', 40)
    transfer.addRoute(0, TO_SOURCE, 50)
    transfer.openingControl(0, 50)
    transfer.routeOpened(0, 20, 60)
    transfer.receive(0, segment(1), 70)
    expect(transfer.stats.get(0)).toMatchObject({ bytes: 8, segments: 2 })
  })

  it('forgets the pieces that a route brought before it closed', () => {
    const { transfer } = begin()
    transfer.receive(0, { ...segment(0), more: true, payload: Uint8Array.of(1, 0) } as RouteMessage, 30)
    transfer.routeClosed(0, 'gone', 40)
    transfer.addRoute(0, TO_SOURCE, 50)
    expect(transfer.receive(0, segment(0), 60).map(bytes => bytes.byteLength)).toEqual([4])
  })

  it('hands payloads on in order, and tells the planner of every arrival', () => {
    const { planner, transfer } = begin()
    expect(transfer.receive(0, segment(1), 30)).toEqual([])
    expect(transfer.receive(1, segment(0), 31).map(bytes => bytes[3])).toEqual([0, 1])
    expect(transfer.receive(1, segment(1), 32)).toEqual([])
    expect(planner.told.filter(({ type }) => type === 'arrived')).toEqual([
      { type: 'arrived', route: 0, seq: 1, bytes: 4, sentAtMs: 5 },
      { type: 'arrived', route: 1, seq: 0, bytes: 4, sentAtMs: 5 },
      { type: 'arrived', route: 1, seq: 1, bytes: 4, sentAtMs: 5 }
    ])
    expect(transfer.stats.get(1)).toMatchObject({ bytes: 8, segments: 2, duplicateBytes: 4 })
    expect([transfer.next, transfer.duplicateBytes, transfer.outOfSequence]).toEqual([2, 4, 1])
  })

  it('takes a segment in pieces for one arrival, whatever comes over other routes meanwhile', () => {
    const { planner, transfer } = begin()
    const piece = (bytes: number[], more: boolean) =>
      ({ ...segment(0), more, payload: Uint8Array.from(bytes) }) as RouteMessage
    expect(transfer.receive(0, piece([1, 0], true), 30)).toEqual([])
    expect(transfer.receive(1, segment(1), 31)).toEqual([])
    expect(transfer.receive(0, piece([0, 0], false), 32).map(bytes => bytes[3])).toEqual([0, 1])
    expect(planner.told.filter(({ type }) => type === 'arrived').at(-1)).toMatchObject({ seq: 0, bytes: 4 })
    expect(transfer.stats.get(0)).toMatchObject({ bytes: 4, segments: 1 })
  })

  it('is complete with the last segment', () => {
    const { transfer } = begin(2)
    transfer.receive(0, segment(1), 30)
    expect(transfer.complete).toBe(false)
    transfer.receive(0, segment(0), 30)
    expect(transfer.complete).toBe(true)
  })

  it('refuses a route that delivers wrong bytes, wrong hashes, or what was never asked for', () => {
    const { transfer } = begin()
    const none = new Uint8Array(0)
    expect(() => transfer.receive(0, segment(0, 13), 30)).toThrow(CorruptSegmentError)
    const wrong = new Uint8Array(32)
    expect(() => transfer.receive(0, { kind: 'hashes', group: 0, leaves: wrong, proof: none }, 30)).toThrow(
      CorruptSegmentError
    )
    expect(() => transfer.receive(0, { kind: 'hashes', group: 2, leaves: none, proof: none }, 30)).toThrow(
      UnexpectedMessageError
    )
    expect(() => transfer.receive(0, segment(10), 30)).toThrow(UnexpectedMessageError)
    expect(() => transfer.receive(0, { kind: 'test', nonce: 1, replyBytes: 1 }, 30)).toThrow(
      UnexpectedMessageError
    )
    expect(transfer.stats.get(0)!.bytes).toBe(0)
  })

  it('tells every route a pattern once, and then what was predicted and what holds', () => {
    const { planner, transfer } = begin()
    planner.decision = { patterns: [{ version: 1, from: 4, pattern: Pattern.parse('AB') }] }
    expect(transfer.tick(20)).toMatchObject({
      controls: [{ control: { patterns: [{ version: 1, from: 4 }] }, routes: [0, 1] }]
    })
    expect(transfer.tick(40).controls).toEqual([])
    transfer.receive(0, report({ patterns: [{ version: 1, from: 6 }] }), 50)
    transfer.receive(1, report({ patterns: [{ version: 1, from: 6 }] }), 51)
    const { plans, controls, events } = transfer.tick(60)
    expect(controls).toEqual([])
    expect(plans).toMatchObject(
      [0, 1].map(route => ({ route, plan: { patterns: [{ version: 1, from: 6 }] } }))
    )
    expect(events).toEqual([{ type: 'pattern', pattern: 'AB', predicted: 4, actual: 6 }])
    expect(transfer.tick(80).plans).toEqual([])
    expect(planner.told.filter(({ type }) => type === 'patternApplied').length).toBe(1)
  })

  it('leaves corrections of patterns out of a plan that would hold too many with the new ones', () => {
    const { planner, transfer } = begin()
    const most = ROUTE_LIMITS.maxPatternsPerControl
    const ordered = Array.from({ length: most }, (_, i) => ({
      version: i + 1,
      from: i % 8,
      pattern: Pattern.parse('AB')
    }))
    planner.decision = { patterns: ordered }
    transfer.tick(20)
    const applied = ordered.map(({ version }) => ({ version, from: 8 }))
    transfer.receive(0, report({ patterns: applied }), 30)
    planner.decision = { patterns: [{ version: most + 1, from: 9, pattern: Pattern.parse('A') }] }
    const { plans } = transfer.tick(40)
    expect(plans.map(({ plan }) => plan.patterns.length)).toEqual([most, most])
    expect(plans[0]!.plan.patterns.at(-1)).toMatchObject({ version: most + 1, from: 9 })
  })

  it('tells patterns of before anew to a route that opens with older orders after all others were lost', () => {
    const { planner, transfer } = begin()
    transfer.addRoute(2, TO_SOURCE, 10)
    transfer.openingControl(2, 10)
    planner.decision = { patterns: [{ version: 1, from: 4, pattern: Pattern.parse('AB') }] }
    transfer.tick(20)
    transfer.receive(0, report({ patterns: [{ version: 1, from: 6 }] }), 50)
    for (const route of [0, 1]) transfer.routeClosed(route, 'gone', 60)
    transfer.routeOpened(2, 60, 70)
    expect(transfer.tick(70)).toMatchObject({
      controls: [{ control: { patterns: [{ version: 1, from: 4 }] }, routes: [2] }]
    })
    planner.decision = { patterns: [{ version: 2, from: 8, pattern: Pattern.parse('C') }] }
    expect(transfer.tick(80).controls[0]!.control.patterns.map(({ version }) => version)).toEqual([2])
  })

  it('tells every route a reassignment once', () => {
    const { planner, transfer } = begin()
    planner.decision = { reassignments: [move(1)] }
    expect(transfer.tick(20)).toMatchObject({
      controls: [{ control: { reassignments: [{ id: 1 }] }, routes: [0, 1] }],
      events: [{ type: 'reassigned', from: 0, to: 1, segments: 2, copy: false }]
    })
    expect(transfer.tick(40).controls).toEqual([])
    planner.decision = { credits: [{ route: 0, limitBytes: 100 }] }
    expect(transfer.tick(45).controls[0]!.control.reassignments).toEqual([])
    const kept = [{ from: 3, to: 4 }]
    transfer.receive(0, report({ reassigned: [{ id: 1, kept }] }), 50)
    transfer.receive(1, report({ reassigned: [{ id: 1, kept }] }), 51)
    expect(transfer.tick(60).controls).toEqual([])
    expect(planner.told.filter(({ type }) => type === 'reassigned')).toEqual([
      { type: 'reassigned', route: 0, id: 1, kept }
    ])
  })

  it('repeats what is not answered yet with every later order, lowest first', () => {
    const { planner, transfer } = begin()
    planner.decision = { reassignments: [move(1)] }
    transfer.tick(20)
    planner.decision = { reassignments: [move(2)] }
    expect(transfer.tick(40).controls[0]!.control.reassignments.map(({ id }) => id)).toEqual([1, 2])
    transfer.receive(0, report({ reassigned: [{ id: 1, kept: [] }] }), 50)
    planner.decision = { reassignments: [move(3)] }
    expect(transfer.tick(60).controls[0]!.control.reassignments.map(({ id }) => id)).toEqual([2, 3])
  })

  it('tells a route that opens what was ordered since it was asked for', () => {
    const { planner, transfer } = begin()
    transfer.addRoute(2, TO_SOURCE, 20)
    planner.decision = { reassignments: [move(1)] }
    expect(transfer.openingControl(2, 20).reassignments.map(({ id }) => id)).toEqual([1])
    transfer.tick(30)
    planner.decision = { reassignments: [move(2)] }
    transfer.tick(40)
    transfer.routeOpened(2, 20, 50)
    expect(transfer.tick(60)).toMatchObject({
      controls: [{ control: { reassignments: [{ id: 1 }, { id: 2 }] }, routes: [0, 1, 2] }]
    })
    transfer.tick(80)
    expect(transfer.tick(100).controls).toEqual([])
  })

  it('says nothing while there is nothing new, and what the output has taken when there is', () => {
    const { transfer } = begin()
    expect(transfer.tick(20).controls).toEqual([])
    transfer.receive(0, segment(0), 30)
    transfer.consumed(1, 31)
    expect(transfer.tick(40).controls[0]!.control).toMatchObject({ done: 1, horizon: 10 })
    expect(transfer.tick(60).controls).toEqual([])
  })

  it('gives credit only upwards', () => {
    const { planner, transfer } = begin()
    planner.decision = { credits: [{ route: 0, limitBytes: 100 }] }
    expect(transfer.tick(20).controls[0]!.control.credits).toEqual([{ route: 0, limitBytes: 100 }])
    planner.decision = { credits: [{ route: 0, limitBytes: 90 }] }
    expect(transfer.tick(40).controls).toEqual([])
  })

  it('tells a source that may know nothing all patterns that still matter', () => {
    const { planner, transfer } = begin()
    planner.decision = { patterns: [{ version: 1, from: 0, pattern: Pattern.parse('A') }] }
    transfer.tick(20)
    transfer.receive(0, report({ patterns: [{ version: 1, from: 0 }] }), 30)
    planner.decision = { patterns: [{ version: 2, from: 0, pattern: Pattern.parse('B') }] }
    expect(transfer.openingControl(2, 40).patterns.map(({ version }) => version)).toEqual([1, 2])
    transfer.receive(0, report({ patterns: [{ version: 2, from: 0 }] }), 50)
    expect(transfer.openingControl(2, 60).patterns.map(({ version }) => version)).toEqual([2])
  })

  it('never says more than one message may hold', () => {
    const { planner, transfer } = begin(10_000)
    planner.horizon = 10_000
    planner.decision = {
      patterns: Array.from({ length: 200 }, (_, i) => ({
        version: i + 1,
        from: 10 * i,
        pattern: Pattern.parse('A')
      })),
      reassignments: Array.from({ length: 200 }, (_, i) => move(i + 1))
    }
    const control = transfer.tick(20).controls[0]!.control
    expect(control.patterns.length).toBe(ROUTE_LIMITS.maxPatternsPerControl)
    expect(control.reassignments.length).toBe(ROUTE_LIMITS.maxReassignmentsPerControl)
    expect(control.patterns[0]!.version).toBe(1)
    expect(transfer.tick(25).controls[0]!.control.patterns.length).toBe(ROUTE_LIMITS.maxPatternsPerControl)
    expect(transfer.openingControl(2, 30).patterns.length).toBe(ROUTE_LIMITS.maxPatternsPerControl)
  })

  it('measures a test by its own request, on its own route only', () => {
    const { planner, transfer } = begin()
    planner.decision = { probes: [{ route: 1, replyBytes: 50 }] }
    const [test] = transfer.tick(100).tests
    expect(test).toMatchObject({ route: 1, replyBytes: 50 })
    const reply: RouteMessage = { kind: 'testReply', nonce: test!.nonce, padding: new Uint8Array(50) }
    transfer.receive(0, reply, 120)
    transfer.receive(1, reply, 130)
    transfer.receive(1, reply, 140)
    expect(planner.told.filter(({ type }) => type === 'testReply')).toEqual([
      { type: 'testReply', route: 1, rttMs: 30, bytes: 50 }
    ])
  })

  it('takes the test block behind the first answer as a measure of rate', () => {
    const { planner, transfer } = begin()
    transfer.receive(0, { kind: 'testReply', nonce: 0, padding: new Uint8Array(1000) }, 18)
    expect(planner.told.at(-1)).toEqual({ type: 'testReply', route: 0, rttMs: 28, bytes: 1000, spreadMs: 8 })
  })

  it('sends the tests that were planned while a route was being opened', () => {
    const { planner, transfer } = begin()
    planner.decision = { probes: [{ route: 0, replyBytes: 9 }] }
    transfer.openingControl(2, 20)
    expect(transfer.tick(40).tests).toMatchObject([{ route: 0, replyBytes: 9 }])
    expect(transfer.tick(60).tests).toEqual([])
  })

  it('passes on what relays held or dropped, and what closed', () => {
    const { planner, transfer } = begin()
    planner.decision = { reassignments: [{ ...move(1), copy: true, ranges: [{ from: 2, to: 4 }] }] }
    transfer.tick(15)
    transfer.receive(0, { kind: 'held', waitMs: 65 }, 20)
    transfer.receive(0, { kind: 'dropped', bytes: 8, ranges: [{ from: 2, to: 4 }] }, 30)
    transfer.routeClosed(0, 'gone', 40)
    expect(planner.told.slice(-3)).toEqual([
      { type: 'held', route: 0, waitMs: 65 },
      { type: 'dropped', route: 0, bytes: 8, ranges: [{ from: 2, to: 4 }] },
      { type: 'routeClosed', route: 0, reason: 'gone' }
    ])
    expect([...transfer.openRoutes]).toEqual([1])
  })

  it('takes no word of dropped segments but from the relays that were to drop them', () => {
    const { planner, transfer } = begin()
    planner.decision = { reassignments: [{ ...move(1), copy: true }, move(2)] }
    transfer.tick(20)
    const dropped: RouteMessage = { kind: 'dropped', bytes: 8, ranges: [{ from: 3, to: 5 }] }
    expect(() => transfer.receive(1, dropped, 30)).toThrow(UnexpectedMessageError)
    expect(() => transfer.receive(0, { ...dropped, ranges: [{ from: 3, to: 6 }] }, 30)).toThrow(
      UnexpectedMessageError
    )
    transfer.receive(0, dropped, 30)
  })
})
