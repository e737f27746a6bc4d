import { pureJsCrypto } from '@chainsafe/libp2p-noise'
import fc from 'fast-check'
import { Uint8ArrayList } from 'uint8arraylist'
import { describe, expect, it } from 'vitest'
import { noiseCrypto } from '../../src/transport/noise-crypto.ts'

const bytes = (length: number) => fc.uint8Array({ minLength: length, maxLength: length })
const plain = (data: { subarray(): Uint8Array }) => Buffer.from(data.subarray()).toString('hex')

describe('noiseCrypto', () => {
  it('seals and opens as the pure JavaScript implementation does, for any split of the input', () => {
    fc.assert(
      fc.property(
        fc.uint8Array({ maxLength: 3000 }),
        fc.nat(3000),
        fc.uint8Array({ maxLength: 64 }),
        bytes(12),
        bytes(32),
        (text, cut, ad, nonce, key) => {
          const list = new Uint8ArrayList(text.subarray(0, cut), text.subarray(cut)) as never
          const sealed = noiseCrypto.chaCha20Poly1305Encrypt(list, nonce, ad, key)
          expect(plain(sealed)).toBe(plain(pureJsCrypto.chaCha20Poly1305Encrypt(text, nonce, ad, key)))
          expect(plain(noiseCrypto.chaCha20Poly1305Decrypt(sealed, nonce, ad, key))).toBe(plain(text))
        }
      ),
      { numRuns: 50 }
    )
  })

  it('opens nothing that was changed on the way', () => {
    const [key, nonce, ad] = [new Uint8Array(32).fill(1), new Uint8Array(12), new Uint8Array(0)]
    const sealed = Uint8Array.from(
      noiseCrypto.chaCha20Poly1305Encrypt(new Uint8Array(100), nonce, ad, key).subarray()
    )
    for (const position of [0, 50, 99, 100, 115]) {
      const changed = Uint8Array.from(sealed)
      changed[position]! ^= 1
      expect(() => noiseCrypto.chaCha20Poly1305Decrypt(changed, nonce, ad, key)).toThrow()
    }
  })

  it('agrees on a shared key with the pure JavaScript implementation, from fresh keys and from a seed', () => {
    const ours = noiseCrypto.generateX25519KeyPair()
    const theirs = pureJsCrypto.generateX25519KeyPair()
    expect(plain(noiseCrypto.generateX25519SharedKey(ours.privateKey, theirs.publicKey))).toBe(
      plain(pureJsCrypto.generateX25519SharedKey(theirs.privateKey, ours.publicKey))
    )
    const seed = new Uint8Array(32).fill(7)
    expect(plain(noiseCrypto.generateX25519KeyPairFromSeed(seed).publicKey)).toBe(
      plain(pureJsCrypto.generateX25519KeyPairFromSeed(seed).publicKey)
    )
  })

  it('derives the keys that the pure JavaScript implementation derives', () => {
    fc.assert(
      fc.property(bytes(32), fc.uint8Array({ maxLength: 64 }), (chainingKey, input) => {
        const keys = (crypto: typeof noiseCrypto) => crypto.getHKDF(chainingKey, input).map(plain)
        expect(keys(noiseCrypto)).toEqual(keys(pureJsCrypto))
      })
    )
  })

  it('hashes lists as if they were one piece', () => {
    const list = new Uint8ArrayList(Uint8Array.of(1, 2), Uint8Array.of(3)) as never
    expect(plain(noiseCrypto.hashSHA256(list))).toBe(plain(pureJsCrypto.hashSHA256(Uint8Array.of(1, 2, 3))))
  })
})
