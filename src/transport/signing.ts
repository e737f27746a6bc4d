import type { PrivateKey } from '@libp2p/interface'
import type { Signer } from '../protocol/signed-form.ts'

/** The node's service for signing under its own identity: it gives no more of the key than that. */
export function signing() {
  return ({ privateKey }: { privateKey: PrivateKey }): Signer => ({
    publicKey: privateKey.publicKey,
    sign: (...given) => privateKey.sign(...given)
  })
}
