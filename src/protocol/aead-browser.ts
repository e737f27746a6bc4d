import { gcm } from '@noble/ciphers/aes.js'
import { chacha20poly1305 } from '@noble/ciphers/chacha.js'
import type { Aead, CipherName } from './cipher.ts'

/** Makes an AEAD of a 32-byte key, in JavaScript: a browser's own ciphers are asynchronous. See aead.ts. */
export function makeAead(name: CipherName, key: Uint8Array): Aead {
  const cipher = name === 'aes-256-gcm' ? gcm : chacha20poly1305
  return {
    seal: (nonce, head, body) => [cipher(key, nonce, head).encrypt(body)],
    open(nonce, head, sealed) {
      try {
        return cipher(key, nonce, head).decrypt(sealed)
      } catch {
        return undefined
      }
    }
  }
}

/** The cipher that is faster in JavaScript. */
export function fastestCipher(): CipherName {
  return 'chacha20-poly1305'
}
