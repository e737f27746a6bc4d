import { expect, it } from 'vitest'
import { SenderCore } from '../../src/source/sender-core.ts'
import { sessionOfOneRoute } from './session-fixture.ts'

const SEGMENT_BYTES = 20 * 1024
const SEGMENTS = 60

function coreOfOneRoute(): SenderCore {
  const session = sessionOfOneRoute(SEGMENTS, SEGMENT_BYTES)
  return new SenderCore(session, 0)
}

it('sends in pieces what a route sends first and what the content ends with, each stamped with the time given', () => {
  const core = coreOfOneRoute()
  const payload = new Uint8Array(SEGMENT_BYTES)
  const lengthsOf = (seq: number) =>
    core.segment(seq, false, payload, seq).map(({ payload }) => payload.byteLength)
  const cut = Array.from({ length: SEGMENTS }, (_, seq) => seq).filter(seq => lengthsOf(seq).length > 1)
  expect(cut).toEqual([0, 1, 2, 3, 4, 5, 6, ...Array.from({ length: 16 }, (_, at) => 44 + at)])
  expect(core.sentBytes).toBe(SEGMENTS * SEGMENT_BYTES)
  const pieces = core.segment(SEGMENTS - 1, true, payload, 12.3456)
  expect(pieces.map(({ payload, ...rest }) => ({ ...rest, bytes: payload.byteLength }))).toEqual(
    [8192, 8192, 4096].map((bytes, at) => ({
      seq: SEGMENTS - 1,
      repair: true,
      more: at < 2,
      sentAtUs: 12_345,
      bytes
    }))
  )
})

it('lets others have their turn after some segments, counted from when it begins to send', () => {
  const core = coreOfOneRoute()
  const send = (segments: number) => {
    for (let i = 0; i < segments; i++) {
      const action = core.next()
      if (action?.kind !== 'segment') throw new Error(`no segment but ${action?.kind}`)
      core.segment(action.seq, action.repair, new Uint8Array(SEGMENT_BYTES), 0)
    }
  }
  expect(core.next()).toMatchObject({ kind: 'message', message: { kind: 'report' } })
  send(16)
  expect(core.next()).toEqual({ kind: 'yield' })
  send(15)
  core.begin()
  send(16)
  expect(core.next()).toEqual({ kind: 'yield' })
  send(13)
  expect(core.next()).toBeUndefined()
})
