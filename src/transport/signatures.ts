import { createPrivateKey, createPublicKey, type KeyObject, sign, verify } from 'node:crypto'
import type { PrivateKey } from '@libp2p/interface'
import { peerIdFromString } from '@libp2p/peer-id'
import { UsageError } from '../errors.ts'

/**
 * Returns what signs with a libp2p key, at once and without a promise; the key is prepared once.
 * Throws UsageError where it is no Ed25519 key.
 */
export function signerOf({ type, raw }: Pick<PrivateKey, 'type' | 'raw'>): (bytes: Uint8Array) => Uint8Array {
  if (type !== 'Ed25519') throw new UsageError(`signing needs an Ed25519 key, not ${type}`)
  const d = Buffer.from(raw.subarray(0, 32)).toString('base64url')
  const x = Buffer.from(raw.subarray(32)).toString('base64url')
  const key = createPrivateKey({ format: 'jwk', key: { kty: 'OKP', crv: 'Ed25519', d, x } })
  return bytes => sign(null, bytes, key)
}

/**
 * Returns what tells whether a signature is of the peer, at once and without a promise. Throws
 * UsageError where the peer id does not hold an Ed25519 key.
 */
export function verifierOf(peerId: string): (bytes: Uint8Array, signature: Uint8Array) => boolean {
  const key = publicKeyOf(peerId)
  return (bytes, signature) => verify(null, bytes, key, signature)
}

function publicKeyOf(peerId: string): KeyObject {
  const { type, publicKey } = peerIdFromString(peerId)
  if (type !== 'Ed25519' || !publicKey)
    throw new UsageError(`${peerId} is not the peer id of an Ed25519 key, such as 12D3KooW...`)
  const x = Buffer.from(publicKey.raw).toString('base64url')
  return createPublicKey({ format: 'jwk', key: { kty: 'OKP', crv: 'Ed25519', x } })
}
