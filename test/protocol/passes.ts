import { generateKeyPair } from '@libp2p/crypto/keys'
import { peerIdFromPrivateKey } from '@libp2p/peer-id'
import { type IsSigned, type Pass, type PassSigner, type PassUse, signPass } from '../../src/protocol/pass.ts'
import { signerOf, verifierOf } from '../../src/transport/signatures.ts'

export const NOW_MS = Date.UTC(2026, 0, 1)

/** A director that signs passes, as itself and as relays see it. */
export async function passDirector(): Promise<PassSigner & { isSigned: IsSigned }> {
  const key = await generateKeyPair('Ed25519')
  const director = peerIdFromPrivateKey(key).toString()
  return { director, sign: signerOf(key), isSigned: verifierOf(director) }
}

export const director = await passDirector()

/** A pass of ten minutes for a client, over two relays to a source. */
export function makePass(changes: Partial<Pass> = {}): Pass {
  return {
    id: new Uint8Array(16).fill(9),
    client: 'client',
    sources: ['source'],
    relays: ['near', 'far'],
    issuedAtMs: NOW_MS,
    expiresAtMs: NOW_MS + 600_000,
    ...changes
  }
}

export function signedPass(changes: Partial<Pass> = {}): Uint8Array {
  return signPass(makePass(changes), director)
}

/** The use for which the pass was made. */
export function makeUse(changes: Partial<PassUse> = {}): PassUse {
  return {
    nowMs: NOW_MS + 1_000,
    directors: new Map([[director.director, director.isSigned]]),
    asker: 'client',
    relay: 'near',
    source: 'source',
    ...changes
  }
}
