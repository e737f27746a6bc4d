import { publicKeyFromRaw } from '@libp2p/crypto/keys'
import type { PublicKey } from '@libp2p/interface'
import { concatBytes } from './bytes.ts'

// What nodes sign for others to keep has one form: version (1 byte), signature (64), then the payload. The signature covers
// a domain, which says what is signed, and the payload. Where readers cannot know the signer, the payload begins with the
// signer's Ed25519 key (32): `sign` and `genuineSigner` are for those.
const SIGNATURE_BYTES = 64

/** Bytes of the signer's key at the beginning of a payload. */
export const KEY_BYTES = 32

/** Where the payload begins in the signed form. */
export const PAYLOAD_START = 1 + SIGNATURE_BYTES

/** A node's key, as far as it is used for signing. */
export interface Signer {
  readonly publicKey: PublicKey
  sign(bytes: Uint8Array): Uint8Array | Promise<Uint8Array>
}

/** The payload in its signed form. `domain`: text of ASCII that no other kind of payload is signed under. */
export async function sign(
  version: number,
  domain: string,
  payload: Uint8Array,
  signer: Signer
): Promise<Uint8Array> {
  const signature = await signer.sign(signedBytes(domain, payload))
  return concatBytes([Uint8Array.of(version), signature, payload])
}

/** The key that has signed `bytes` under the domain; undefined where the signature is wrong. Throws where there is no key. */
export async function genuineSigner(bytes: Uint8Array, domain: string): Promise<PublicKey | undefined> {
  const payload = bytes.subarray(PAYLOAD_START)
  const key = publicKeyFromRaw(payload.slice(0, KEY_BYTES))
  const isGenuine = await key.verify(signedBytes(domain, payload), bytes.slice(1, PAYLOAD_START))
  return isGenuine ? key : undefined
}

/** What a signature under the domain covers. */
export function signedBytes(domain: string, payload: Uint8Array): Uint8Array {
  return concatBytes([new TextEncoder().encode(`${domain}\0`), payload])
}
