import {
  type CipherGCMTypes,
  createCipheriv,
  createDecipheriv,
  createSecretKey,
  randomBytes
} from 'node:crypto'
import type { Aead, CipherName } from './cipher.ts'

const TAG_BYTES = 16

/** Makes an AEAD of a 32-byte key, by Node. Imported as `#aead`, for which browsers get aead-browser.ts. */
export function makeAead(name: CipherName, keyBytes: Uint8Array): Aead {
  const key = createSecretKey(keyBytes)
  // Node's types know no function for both, though both take the same options.
  const type = name as CipherGCMTypes
  return {
    seal(nonce, head, body) {
      const cipher = createCipheriv(type, key, nonce, { authTagLength: TAG_BYTES })
      cipher.setAAD(head, { plaintextLength: body.byteLength })
      const sealed = cipher.update(body)
      cipher.final()
      return [sealed, cipher.getAuthTag()]
    },
    open(nonce, head, sealed) {
      const end = sealed.byteLength - TAG_BYTES
      if (end < 0) return undefined
      const decipher = createDecipheriv(type, key, nonce, { authTagLength: TAG_BYTES })
      decipher.setAAD(head, { plaintextLength: end })
      decipher.setAuthTag(sealed.subarray(end))
      const body = decipher.update(sealed.subarray(0, end))
      try {
        decipher.final()
        return new Uint8Array(body.buffer, body.byteOffset, body.byteLength)
      } catch {
        return undefined
      }
    }
  }
}

let fasterCipher: CipherName | undefined

/** The cipher that this machine is faster with: AES where the processor has instructions for it. */
export function fastestCipher(): CipherName {
  fasterCipher ??= timeOf('aes-256-gcm') <= timeOf('chacha20-poly1305') ? 'aes-256-gcm' : 'chacha20-poly1305'
  return fasterCipher
}

/** The least of a few times that sealing 64 KiB takes, in nanoseconds. */
function timeOf(name: CipherName): number {
  const aead = makeAead(name, randomBytes(32))
  const [nonce, body] = [new Uint8Array(12), new Uint8Array(64 * 1024)]
  const times = Array.from({ length: 4 }, () => {
    const startedAt = process.hrtime.bigint()
    aead.seal(nonce, nonce, body)
    return Number(process.hrtime.bigint() - startedAt)
  })
  return Math.min(...times)
}
