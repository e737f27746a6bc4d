import {
  type Cipheriv,
  createCipheriv,
  createDecipheriv,
  createHash,
  createPrivateKey,
  createPublicKey,
  createSecretKey,
  type Decipheriv,
  diffieHellman,
  generateKeyPairSync,
  hkdfSync,
  type KeyObject
} from 'node:crypto'
import type { ICryptoInterface, KeyPair } from '@chainsafe/libp2p-noise'
import { Uint8ArrayList } from 'uint8arraylist'

type Bytes = Parameters<ICryptoInterface['hashSHA256']>[0]
/** A list of bytes in noise's types: noise depends on an earlier version of the same class. */
type BytesList = Exclude<Bytes, Uint8Array>

const AEAD = 'chacha20-poly1305'
const TAG_BYTES = 16
const KEY_BYTES = 32
const NO_INFO = new Uint8Array()
/** The DER bytes in front of the 32 raw bytes of an X25519 key (RFC 8410). */
const PRIVATE_PREFIX = Buffer.from('302e020100300506032b656e04220420', 'hex')
const PUBLIC_PREFIX = Buffer.from('302a300506032b656e032100', 'hex')

/**
 * Noise's cryptography by node:crypto, made for bulk: a connection's key is prepared once and not
 * for each message, which halves the cost of a 64 KiB frame, and bulk data is not copied on its way
 * through.
 */
export const noiseCrypto: ICryptoInterface = {
  hashSHA256: data => createHash('sha256').update(contiguous(data)).digest(),
  getHKDF: (chainingKey, inputKeyMaterial) => {
    const keys = new Uint8Array(hkdfSync('sha256', inputKeyMaterial, chainingKey, NO_INFO, 3 * KEY_BYTES))
    return [
      keys.subarray(0, KEY_BYTES),
      keys.subarray(KEY_BYTES, 2 * KEY_BYTES),
      keys.subarray(2 * KEY_BYTES)
    ]
  },
  generateX25519KeyPair,
  generateX25519KeyPairFromSeed: seed => ({ publicKey: rawPublic(privateKeyOf(seed)), privateKey: seed }),
  generateX25519SharedKey: (privateKey, publicKey) =>
    diffieHellman({
      privateKey: privateKeyOf(contiguous(privateKey)),
      publicKey: createPublicKey({
        key: Buffer.concat([PUBLIC_PREFIX, contiguous(publicKey)]),
        type: 'spki',
        format: 'der'
      })
    }),
  chaCha20Poly1305Encrypt: (plaintext, nonce, ad, k) => {
    const cipher = createCipheriv(AEAD, preparedKey(k), nonce, { authTagLength: TAG_BYTES })
    if (ad.byteLength > 0) cipher.setAAD(ad, { plaintextLength: plaintext.byteLength })
    const sealed = transform(cipher, plaintext, plaintext.byteLength)
    cipher.final()
    sealed.append(cipher.getAuthTag())
    return sealed
  },
  chaCha20Poly1305Decrypt: (ciphertext, nonce, ad, k) => {
    const end = ciphertext.byteLength - TAG_BYTES
    const decipher = createDecipheriv(AEAD, preparedKey(k), nonce, { authTagLength: TAG_BYTES })
    if (ad.byteLength > 0) decipher.setAAD(ad, { plaintextLength: end })
    decipher.setAuthTag(ciphertext.subarray(end))
    const plaintext = transform(decipher, ciphertext, end)
    // This call throws when the tag does not fit.
    decipher.final()
    return plaintext
  }
}

/** Chunks of fewer bytes than this are put together first: a call costs more than copying them. */
const SMALL_BYTES = 1024

/** Passes the first `bytes` of `data` through a cipher, large chunks without a copy. */
function transform(cipher: Cipheriv | Decipheriv, data: Bytes, bytes: number): BytesList {
  const output = new Uint8ArrayList() as unknown as BytesList
  const put = (chunk: Uint8Array) => output.append(cipher.update(chunk))
  if (data instanceof Uint8Array) {
    put(data.subarray(0, bytes))
    return output
  }
  let small: Uint8Array[] = []
  const putSmall = () => {
    if (small.length > 0) put(small.length === 1 ? small[0]! : Buffer.concat(small))
    small = []
  }
  for (const chunk of data.sublist(0, bytes)) {
    if (chunk.byteLength < SMALL_BYTES) {
      small.push(chunk)
      continue
    }
    putSmall()
    put(chunk)
  }
  putSmall()
  return output
}

const preparedKeys = new WeakMap<Uint8Array, KeyObject>()

function preparedKey(k: Uint8Array): KeyObject {
  let key = preparedKeys.get(k)
  if (!key) {
    key = createSecretKey(k)
    preparedKeys.set(k, key)
  }
  return key
}

function generateX25519KeyPair(): KeyPair {
  const { publicKey, privateKey } = generateKeyPairSync('x25519')
  const pkcs8 = privateKey.export({ type: 'pkcs8', format: 'der' })
  return { publicKey: rawPublic(publicKey), privateKey: pkcs8.subarray(PRIVATE_PREFIX.byteLength) }
}

function privateKeyOf(raw: Uint8Array): KeyObject {
  return createPrivateKey({ key: Buffer.concat([PRIVATE_PREFIX, raw]), type: 'pkcs8', format: 'der' })
}

function rawPublic(key: KeyObject): Uint8Array {
  const spki = (key.type === 'private' ? createPublicKey(key) : key).export({ type: 'spki', format: 'der' })
  return spki.subarray(PUBLIC_PREFIX.byteLength)
}

function contiguous(data: Bytes): Uint8Array {
  return data instanceof Uint8Array ? data : data.subarray()
}
