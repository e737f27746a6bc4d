import { expect } from 'vitest'
import type { RouteMessage } from '../../src/protocol/route-messages.ts'
import type { Peer } from './harness.ts'

export function segment(seq: number, payloadBytes = 1_000): RouteMessage {
  const payload = new Uint8Array(payloadBytes)
  for (let i = 0; i < payloadBytes; i++) payload[i] = (seq * 31 + i * 7) & 0xff
  return { kind: 'segment', seq, sentAtUs: seq * 10, repair: false, more: false, payload }
}

export function* segments(count: number, payloadBytes: number): Generator<RouteMessage> {
  for (let seq = 0; seq < count; seq++) yield segment(seq, payloadBytes)
}

/** Every segment in order, byte for byte. */
export function expectSegments(peer: Peer, count: number, payloadBytes: number): void {
  const got = peer.received.filter(message => message.kind === 'segment')
  expect(got.map(({ seq }) => seq)).toEqual(Array.from({ length: count }, (_, seq) => seq))
  const same = got.every(message => {
    const sent = segment(message.seq, payloadBytes)
    return sent.kind === 'segment' && Buffer.compare(sent.payload, message.payload) === 0
  })
  expect(same).toBe(true)
}
