import { readFileSync } from 'node:fs'
import { generateKeyPairFromSeed } from '@libp2p/crypto/keys'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { fromHex, toHex } from '../../src/protocol/bytes.ts'
import { ROUTE_LIMITS } from '../../src/protocol/limits.ts'
import {
  InvalidPassError,
  MAX_CLOCK_SKEW_MS,
  type Pass,
  type PassUse,
  signPass,
  verifyPass
} from '../../src/protocol/pass.ts'
import { signerOf, verifierOf } from '../../src/transport/signatures.ts'
import { director, makePass, makeUse, NOW_MS, passDirector, signedPass } from './passes.ts'

const PEER_ID = '12D3KooWDpJ7As7BWAwRMfu1VU2WCqNjvq387JEYKDBj4kx6nXTN'

describe('a pass', () => {
  it.each([
    ['for some relays', {}],
    ['for any relay', { relays: [] }],
    ['with a limit of bytes', { maxBytes: Number.MAX_SAFE_INTEGER }],
    ['that allows no byte', { maxBytes: 0 }]
  ])('%s comes back as it was signed, with its director', (_, changes) => {
    const pass = verifyPass(signedPass(changes), makeUse())
    expect({ ...pass, id: Uint8Array.from(pass.id) }).toEqual({
      ...makePass(changes),
      director: director.director
    })
  })

  it('holds the relays of the largest answer', () => {
    const relays = Array.from({ length: 128 }, () => PEER_ID)
    const bytes = signedPass({ client: PEER_ID, sources: [PEER_ID], relays, maxBytes: 1 })
    expect(bytes.byteLength).toBeLessThanOrEqual(ROUTE_LIMITS.maxPassBytes)
    expect(() => signedPass({ relays: [...relays, PEER_ID] })).toThrow(InvalidPassError)
  })

  it.each([
    ['a short id', { id: new Uint8Array(15) }],
    ['a fraction of a byte', { maxBytes: 1.5 }],
    ['a time past 2^53', { expiresAtMs: 2 ** 53 }],
    ['peer ids that are too long', { client: 'x'.repeat(9_000) }]
  ])('is not signed with %s', (_, changes) => {
    expect(() => signedPass(changes)).toThrow(InvalidPassError)
  })

  it('holds for its client at the first relay, and for a relay of it at the next one', () => {
    for (const [asker, relay] of [
      ['client', 'near'],
      ['client', 'far'],
      ['near', 'far']
    ] as const)
      expect(() => verifyPass(signedPass(), makeUse({ asker, relay }))).not.toThrow()
  })

  it('without relays holds at any relay that the client asks itself', () => {
    const bytes = signedPass({ relays: [] })
    expect(() => verifyPass(bytes, makeUse({ relay: 'any' }))).not.toThrow()
    expect(() => verifyPass(bytes, makeUse({ relay: 'any', asker: 'near' }))).toThrow('another client')
  })

  it('holds for a while before and after its time, as clocks differ', () => {
    const bytes = signedPass()
    const [first, end] = [NOW_MS - MAX_CLOCK_SKEW_MS, NOW_MS + 600_000 + MAX_CLOCK_SKEW_MS]
    for (const nowMs of [first, end - 1]) expect(() => verifyPass(bytes, makeUse({ nowMs }))).not.toThrow()
    expect(() => verifyPass(bytes, makeUse({ nowMs: first - 1 }))).toThrow('the future')
    expect(() => verifyPass(bytes, makeUse({ nowMs: end }))).toThrow('expired')
  })

  it.each<[string, Partial<PassUse>, string]>([
    ['client', { asker: 'somebody' }, 'another client'],
    ['relay', { relay: 'other' }, 'other relays'],
    ['source', { source: 'other' }, 'another source'],
    ['director', { directors: new Map() }, 'not of a director']
  ])('does not hold for another %s', (_, changes, reason) => {
    expect(() => verifyPass(signedPass(), makeUse(changes))).toThrow(reason)
  })

  it('of somebody who only claims to be the director does not hold', async () => {
    const { isSigned } = await passDirector()
    const use = makeUse({ directors: new Map([[director.director, isSigned]]) })
    expect(() => verifyPass(signedPass(), use)).toThrow('signature is wrong')
  })

  it('is refused once any bit differs or any byte is missing', () => {
    const bytes = signedPass({ maxBytes: 1_000 })
    for (let bit = 0; bit < 8 * bytes.length; bit++) {
      const forged = Uint8Array.from(bytes)
      forged[bit >> 3]! ^= 1 << (bit & 7)
      expect(() => verifyPass(forged, makeUse())).toThrow(InvalidPassError)
    }
    for (let length = 0; length < bytes.length; length++)
      expect(() => verifyPass(bytes.subarray(0, length), makeUse())).toThrow(InvalidPassError)
  })

  it('is refused for any garbage with one error class', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: ROUTE_LIMITS.maxPassBytes + 10 }), garbage => {
        expect(() => verifyPass(garbage, makeUse())).toThrow(InvalidPassError)
      })
    )
  })
})

it('the pass of the test vectors is signed and read', async () => {
  const file = new URL('vectors/pass.json', import.meta.url)
  const vector = JSON.parse(readFileSync(file, 'utf8'))
  const pass: Pass = { ...vector.pass, id: fromHex(vector.pass.id) }
  const key = await generateKeyPairFromSeed('Ed25519', fromHex(vector.seed))
  const bytes = signPass(pass, { director: vector.director, sign: signerOf(key) })
  expect(toHex(bytes)).toBe(vector.signed)
  const directors = new Map([[vector.director, verifierOf(vector.director)]])
  const { client, sources, relays, issuedAtMs } = pass
  const use = { nowMs: issuedAtMs, directors, asker: client, relay: relays[0]!, source: sources[0]! }
  expect(verifyPass(bytes, use)).toEqual({ ...pass, director: vector.director })
})
