import type { PrivateKey } from '@libp2p/interface'
import { PASS_ID_BYTES, signPass } from '../protocol/pass.ts'
import { signerOf } from '../transport/signatures.ts'
import type { DirectorContext } from './conversation.ts'
import type { DirectorLimits } from './limits.ts'
import { passOf } from './pass-of.ts'

export interface PassGiverOptions {
  /** The director's own id. */
  owner: string
  /** The director's key, Ed25519, which signs passes. Without one, it gives none. */
  privateKey?: PrivateKey
  limits: DirectorLimits
  /** The bytes that each relay may forward to a client by its next pass; undefined: no limit. */
  allowanceOf?: (client: string) => number | undefined
  /** The time in milliseconds since 1970, UTC. */
  utcMs: () => number
}

/** Makes what gives clients a new pass with each answer. */
export function passGiver({
  owner,
  privateKey,
  limits,
  allowanceOf,
  utcMs
}: PassGiverOptions): DirectorContext['passFor'] {
  const signer = privateKey && { director: owner, sign: signerOf(privateKey) }
  return (client, answer) => {
    if (!signer) return undefined
    const id = crypto.getRandomValues(new Uint8Array(PASS_ID_BYTES))
    const grant = {
      id,
      client,
      maxBytes: allowanceOf?.(client),
      nowMs: utcMs(),
      lifetimeMs: limits.passLifetimeMs
    }
    const pass = passOf(answer, grant)
    return pass && signPass(pass, signer)
  }
}
