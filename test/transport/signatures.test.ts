import { generateKeyPair } from '@libp2p/crypto/keys'
import { peerIdFromPrivateKey } from '@libp2p/peer-id'
import { expect, it } from 'vitest'
import { UsageError } from '../../src/errors.ts'
import { signerOf, verifierOf } from '../../src/transport/signatures.ts'

const BYTES = Uint8Array.of(1, 2, 3)

it('signatures are those of libp2p', async () => {
  const key = await generateKeyPair('Ed25519')
  const isSigned = verifierOf(peerIdFromPrivateKey(key).toString())
  const signature = signerOf(key)(BYTES)
  expect(await key.publicKey.verify(BYTES, signature)).toBe(true)
  expect(isSigned(BYTES, await key.sign(BYTES))).toBe(true)
  expect(isSigned(Uint8Array.of(1, 2, 4), signature)).toBe(false)
  expect(isSigned(BYTES, signature.subarray(1))).toBe(false)
})

it('keys of other kinds are refused', async () => {
  const key = await generateKeyPair('secp256k1')
  expect(() => signerOf(key)).toThrow(UsageError)
  expect(() => verifierOf(peerIdFromPrivateKey(key).toString())).toThrow(UsageError)
})
