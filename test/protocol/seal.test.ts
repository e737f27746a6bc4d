import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { fastestCipher, makeAead } from '../../src/protocol/aead.ts'
import * as browser from '../../src/protocol/aead-browser.ts'
import { concatBytes, toHex } from '../../src/protocol/bytes.ts'
import type { CipherName } from '../../src/protocol/cipher.ts'
import { encodeRouteMessage } from '../../src/protocol/route-codec.ts'
import type { RouteMessage } from '../../src/protocol/route-messages.ts'
import { RouteSeal, type SealedRoute } from '../../src/protocol/route-seal.ts'
import { BrokenSealError, sessionIdOf } from '../../src/protocol/seal.ts'
import { payloadBytesOf } from '../../src/protocol/segment-frame.ts'
import { control, opened } from './messages.ts'

const SECRET = new Uint8Array(32).fill(5)
const ROUTE: SealedRoute = { secret: SECRET, route: 3, opening: 1 }
const SALT = new Uint8Array(16).fill(8)
const CIPHERS: CipherName[] = ['aes-256-gcm', 'chacha20-poly1305']
const KEY = new Uint8Array(32).fill(1)

const segment = (seq: number): RouteMessage & { kind: 'segment' } => ({
  kind: 'segment',
  seq,
  sentAtUs: 77,
  repair: true,
  more: false,
  payload: new Uint8Array(100).fill(seq)
})
const report: RouteMessage = { kind: 'report', source: 'me', patterns: [], reassigned: [] }

/** Both ends of a sealed route that the source has opened. */
function openRoute(cipher: CipherName = 'aes-256-gcm') {
  const [client, source] = [new RouteSeal(ROUTE), new RouteSeal(ROUTE, SALT)]
  const frame = (end: RouteSeal, message: RouteMessage) => concatBytes(end.encode(message))
  client.decode(frame(source, { ...opened(), cipher } as RouteMessage))
  return {
    client,
    up: (message: RouteMessage) => frame(client, message),
    down: (message: RouteMessage) => frame(source, message),
    source
  }
}

describe.each(CIPHERS)('%s', cipher => {
  it('is the same in a browser as with Node', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 200 }), fc.uint8Array({ maxLength: 20 }), (body, head) => {
        const nonce = new Uint8Array(12).fill(9)
        const [node, other] = [makeAead(cipher, KEY), browser.makeAead(cipher, KEY)]
        const sealed = concatBytes(node.seal(nonce, head, body))
        expect(toHex(concatBytes(other.seal(nonce, head, body)))).toBe(toHex(sealed))
        expect([...other.open(nonce, head, sealed)!]).toEqual([...body])
        expect([...node.open(nonce, head, sealed)!]).toEqual([...body])
      })
    )
  })

  it.each([
    ['Node', makeAead],
    ['a browser', browser.makeAead]
  ])('opens nothing that was changed, with %s', (_, make) => {
    const aead = make(cipher, KEY)
    const [nonce, head, body] = [new Uint8Array(12), Uint8Array.of(1), Uint8Array.of(1, 2, 3)]
    const sealed = concatBytes(aead.seal(nonce, head, body))
    for (let at = 0; at < sealed.byteLength; at++) {
      expect(
        aead.open(
          nonce,
          head,
          sealed.map((byte, i) => (i === at ? byte ^ 1 : byte))
        )
      ).toBeUndefined()
    }
    expect(aead.open(nonce, Uint8Array.of(2), sealed)).toBeUndefined()
    expect(
      aead.open(
        Uint8Array.from(nonce, () => 1),
        head,
        sealed
      )
    ).toBeUndefined()
    expect(aead.open(nonce, head, sealed.subarray(0, 15))).toBeUndefined()
    expect(
      make(
        cipher,
        KEY.map(byte => byte ^ 1)
      ).open(nonce, head, sealed)
    ).toBeUndefined()
  })

  it('carries what both ends say', () => {
    const { client, source, up, down } = openRoute(cipher)
    expect(source.decode(up({ kind: 'control', ...control({ done: 4 }) }))).toMatchObject({ done: 4 })
    expect(client.decode(down(segment(9)))).toEqual(segment(9))
    expect(client.decode(down(report))).toEqual(report)
  })
})

it('has a fastest cipher on this machine', () => {
  expect(CIPHERS).toContain(fastestCipher())
})

describe('a sealed route', () => {
  it('hides everything but what relays need: the kind, and of segments number, time and flags', () => {
    const { down } = openRoute()
    const [clear, sealed] = [concatBytes(encodeRouteMessage(segment(1))), down(segment(1))]
    expect(sealed.subarray(2, 14)).toEqual(clear.subarray(2, 14))
    expect(Buffer.from(sealed).includes(Buffer.from(segment(1).payload.subarray(0, 8)))).toBe(false)
    expect(payloadBytesOf(sealed)).toBe(100)
    expect(payloadBytesOf(clear)).toBe(100)
  })

  it('leaves in clear what relays read', () => {
    const plan: RouteMessage = { kind: 'plan', patterns: [], drops: [], done: 3 }
    const { up } = openRoute()
    expect(toHex(up(plan))).toBe(toHex(concatBytes(encodeRouteMessage(plan))))
  })

  it('never has two frames of one key with the same nonce', () => {
    const { down } = openRoute()
    const frames = [segment(1), segment(1), segment(1)].map(down)
    expect(new Set(frames.map(toHex)).size).toBe(3)
  })

  it('breaks with any bit that is changed, the readable head included', () => {
    for (const message of [segment(1), report]) {
      const { client, down } = openRoute()
      const frame = down(message)
      for (let bit = 8; bit < frame.byteLength * 8; bit++) {
        const changed = frame.map((byte, at) => (at === bit >> 3 ? byte ^ (1 << (bit & 7)) : byte))
        expect(() => client.decode(changed)).toThrow(BrokenSealError)
      }
      expect(client.decode(frame)).toEqual(message)
    }
  })

  it.each([
    ['another secret', { ...ROUTE, secret: new Uint8Array(32) }],
    ['another route', { ...ROUTE, route: 4 }],
    ['another stream of the route', { ...ROUTE, opening: 2 }]
  ])('does not open with %s', (_, other) => {
    const frame = concatBytes(new RouteSeal(other).encode({ kind: 'control', ...control() }))
    expect(() => openRoute().source.decode(frame)).toThrow(BrokenSealError)
  })

  it('does not take what it has sent itself', () => {
    const { source, down } = openRoute()
    expect(() => source.decode(down(report))).toThrow(BrokenSealError)
  })

  it('takes no segment twice, or later than one that was sent after it, and counts those left out', () => {
    const { client, down } = openRoute()
    const [first, second, third] = [down(segment(1)), down(segment(2)), down(segment(3))]
    client.decode(first)
    expect(() => client.decode(first)).toThrow(BrokenSealError)
    client.decode(third)
    expect(client.missing).toBe(1)
    expect(() => client.decode(second)).toThrow(BrokenSealError)
  })

  it('takes messages that may overtake segments only if none is missing', () => {
    const { client, down } = openRoute()
    down(segment(1))
    const [first, second] = [down(report), down(report)]
    expect(() => client.decode(second)).toThrow(BrokenSealError)
    client.decode(first)
    expect(client.decode(second)).toEqual(report)
  })

  it('takes nothing in clear where it should be sealed', () => {
    expect(() => openRoute().client.decode(concatBytes(encodeRouteMessage(report)))).toThrow(BrokenSealError)
    expect(() => openRoute().client.decode(concatBytes(encodeRouteMessage(segment(1))))).toThrow(
      BrokenSealError
    )
  })

  it("has other keys in the source's direction whenever the source has another salt", () => {
    const frames = [SALT, new Uint8Array(16)].map(salt =>
      concatBytes(new RouteSeal(ROUTE, salt).encode({ ...opened(), cipher: 'aes-256-gcm' } as RouteMessage))
    ) as [Uint8Array, Uint8Array]
    const [first, second] = frames.map(frame => toHex(frame.subarray(17)))
    expect(first).not.toBe(second)
    for (const frame of frames) expect(new RouteSeal(ROUTE).decode(frame)).toMatchObject({ kind: 'opened' })
    const swapped = concatBytes([frames[0].subarray(0, 1), frames[1].subarray(1, 17), frames[0].subarray(17)])
    expect(() => new RouteSeal(ROUTE).decode(swapped)).toThrow(BrokenSealError)
  })

  it('can tell the client why it does not open the route', () => {
    const ended: RouteMessage = { kind: 'ended', status: 204, message: 'no such content' }
    expect(new RouteSeal(ROUTE).decode(concatBytes(new RouteSeal(ROUTE, SALT).encode(ended)))).toEqual(ended)
  })

  it('takes no cipher that it does not know', () => {
    const source = new RouteSeal(ROUTE, SALT)
    expect(() => source.encode({ ...opened(), cipher: 'rot13' } as RouteMessage)).toThrow('unknown cipher')
  })
})

it('gives each secret a session id of its own', () => {
  expect(toHex(sessionIdOf(SECRET))).toMatch(/^[0-9a-f]{32}$/)
  expect(toHex(sessionIdOf(SECRET))).not.toBe(toHex(sessionIdOf(KEY)))
})
