import { generateKeyPairSync, type KeyObject, sign } from 'node:crypto'
import { publicKeyFromRaw, publicKeyToProtobuf } from '@libp2p/crypto/keys'
import type { PublicKey } from '@libp2p/interface'
import { peerIdFromPublicKey } from '@libp2p/peer-id'
import { type DhKey, newDhKey, noisePayload } from './light-noise.ts'

const RAW_KEY_BYTES = 32

/** What a light node is known by. */
export interface LightIdentity {
  peerId: string
  publicKey: PublicKey
  dh: DhKey
  noisePayload: Buffer
  sign(bytes: Uint8Array): Uint8Array
}

// All light nodes share one X25519 key, for which each vouches with its own Ed25519 key: a director cannot tell.
const dh = newDhKey()

export function newIdentity(): LightIdentity {
  const { publicKey, privateKey } = generateKeyPairSync('ed25519')
  const raw = publicKey.export({ type: 'spki', format: 'der' }).subarray(-RAW_KEY_BYTES)
  const key = publicKeyFromRaw(Uint8Array.from(raw))
  const signature = signed(
    privateKey,
    Buffer.concat([Buffer.from('noise-libp2p-static-key:'), dh.publicBytes])
  )
  return {
    peerId: peerIdFromPublicKey(key).toString(),
    publicKey: key,
    dh,
    noisePayload: noisePayload(publicKeyToProtobuf(key), signature),
    sign: bytes => signed(privateKey, bytes)
  }
}

function signed(key: KeyObject, bytes: Uint8Array): Buffer {
  return sign(null, bytes, key)
}
