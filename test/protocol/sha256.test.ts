import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { toHex } from '../../src/protocol/bytes.ts'
import * as node from '../../src/protocol/sha256.ts'
import * as browser from '../../src/protocol/sha256-browser.ts'

describe.each([
  ['for Node', node],
  ['for browsers', browser]
])('SHA-256 %s', (_, { sha256, startSha256 }) => {
  it('gives the hashes of FIPS 180-2', () => {
    expect(toHex(sha256(new TextEncoder().encode('abc')))).toBe(
      'ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad'
    )
    expect(toHex(sha256(new Uint8Array(0)))).toBe(
      'e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855'
    )
  })

  it('is the same of bytes in parts', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 300 }), fc.nat(300), (bytes, at) => {
        const parts = startSha256().update(bytes.subarray(0, at)).update(bytes.subarray(at))
        expect(toHex(parts.digest())).toBe(toHex(sha256(bytes)))
        expect(toHex(sha256(bytes))).toBe(toHex(node.sha256(bytes)))
      })
    )
  })
})
