import {
  createCipheriv,
  createDecipheriv,
  createHash,
  createPublicKey,
  diffieHellman,
  generateKeyPairSync,
  hkdfSync,
  type KeyObject
} from 'node:crypto'
import type { LightIdentity } from './light-identity.ts'

const NAME = Buffer.from('Noise_XX_25519_ChaChaPoly_SHA256')
const AEAD = 'chacha20-poly1305'
const [KEY_BYTES, TAG_BYTES, NONE] = [32, 16, Buffer.alloc(0)]
const PUBLIC_PREFIX = Buffer.from('302a300506032b656e032100', 'hex')
const MUXER = '/yamux/1.0.0'

/** An X25519 key with its public half as it travels. */
export interface DhKey {
  secret: KeyObject
  publicBytes: Buffer
}

export function newDhKey(): DhKey {
  const { publicKey, privateKey } = generateKeyPairSync('x25519')
  const spki = publicKey.export({ type: 'spki', format: 'der' })
  return { secret: privateKey, publicBytes: spki.subarray(PUBLIC_PREFIX.length) }
}

/** The cipher of one direction of a connection. Messages are without their length. */
export class LightCipher {
  readonly #key: Buffer
  readonly #nonce = Buffer.alloc(12)
  #count = 0

  constructor(key: Buffer) {
    this.#key = key
  }

  seal(plain: Uint8Array, aad: Uint8Array = NONE): Buffer {
    const cipher = createCipheriv(AEAD, this.#key, this.#next(), { authTagLength: TAG_BYTES })
    if (aad.length > 0) cipher.setAAD(aad, { plaintextLength: plain.length })
    const sealed = cipher.update(plain)
    cipher.final()
    return Buffer.concat([sealed, cipher.getAuthTag()])
  }

  /** Throws where the message was changed. */
  open(sealed: Uint8Array, aad: Uint8Array = NONE): Buffer {
    const end = sealed.length - TAG_BYTES
    const decipher = createDecipheriv(AEAD, this.#key, this.#next(), { authTagLength: TAG_BYTES })
    if (aad.length > 0) decipher.setAAD(aad, { plaintextLength: end })
    decipher.setAuthTag(sealed.subarray(end))
    const plain = decipher.update(sealed.subarray(0, end))
    decipher.final()
    return plain
  }

  #next(): Buffer {
    this.#nonce.writeUInt32LE(this.#count++, 4)
    return this.#nonce
  }
}

/**
 * One end of a handshake of libp2p's noise (XX), with as little work as it takes: it does not check the
 * signature of the other end, since the bench's only peer is the director that it has started.
 */
export class LightHandshake {
  readonly #isInitiator: boolean
  readonly #identity: LightIdentity
  readonly #own = newDhKey()
  #their: Buffer = NONE
  #hash: Buffer = NAME
  #chain: Buffer = NAME
  #cipher: LightCipher | undefined
  #step = 0

  constructor(isInitiator: boolean, identity: LightIdentity) {
    this.#isInitiator = isInitiator
    this.#identity = identity
    this.#mixHash(NONE)
  }

  /** The first message of the initiator. */
  begin(): Buffer {
    this.#step = 1
    this.#mixHash(this.#own.publicBytes)
    this.#mixHash(NONE)
    return this.#own.publicBytes
  }

  /** Takes a message of the other end; returns what to send, and the ciphers once all is said. */
  take(message: Buffer): { reply?: Buffer; ciphers?: { out: LightCipher; in: LightCipher } } {
    if (this.#isInitiator) return { reply: this.#takeSecond(message), ciphers: this.#split() }
    if (this.#step++ === 0) return { reply: this.#takeFirst(message) }
    this.#takeThird(message)
    return { ciphers: this.#split() }
  }

  #takeFirst(message: Buffer): Buffer {
    this.#their = message.subarray(0, KEY_BYTES)
    this.#mixHash(this.#their)
    this.#mixHash(NONE)
    this.#mixHash(this.#own.publicBytes)
    this.#mixKey(this.#own, this.#their)
    const key = this.#seal(this.#identity.dh.publicBytes)
    this.#mixKey(this.#identity.dh, this.#their)
    return Buffer.concat([this.#own.publicBytes, key, this.#seal(this.#identity.noisePayload)])
  }

  #takeSecond(message: Buffer): Buffer {
    this.#their = message.subarray(0, KEY_BYTES)
    this.#mixHash(this.#their)
    this.#mixKey(this.#own, this.#their)
    const theirStatic = this.#open(message.subarray(KEY_BYTES, 2 * KEY_BYTES + TAG_BYTES))
    this.#mixKey(this.#own, theirStatic)
    checkPayload(this.#open(message.subarray(2 * KEY_BYTES + TAG_BYTES)))
    const key = this.#seal(this.#identity.dh.publicBytes)
    this.#mixKey(this.#identity.dh, this.#their)
    return Buffer.concat([key, this.#seal(this.#identity.noisePayload)])
  }

  #takeThird(message: Buffer): void {
    const theirStatic = this.#open(message.subarray(0, KEY_BYTES + TAG_BYTES))
    this.#mixKey(this.#own, theirStatic)
    checkPayload(this.#open(message.subarray(KEY_BYTES + TAG_BYTES)))
  }

  #split(): { out: LightCipher; in: LightCipher } {
    const keys = derive(this.#chain, NONE)
    const [first, second] = [new LightCipher(keys[0]), new LightCipher(keys[1])]
    return this.#isInitiator ? { out: first, in: second } : { out: second, in: first }
  }

  #seal(plain: Buffer): Buffer {
    const sealed = this.#cipher!.seal(plain, this.#hash)
    this.#mixHash(sealed)
    return sealed
  }

  #open(sealed: Buffer): Buffer {
    const plain = this.#cipher!.open(sealed, this.#hash)
    this.#mixHash(sealed)
    return plain
  }

  #mixHash(bytes: Uint8Array): void {
    this.#hash = createHash('sha256').update(this.#hash).update(bytes).digest()
  }

  #mixKey({ secret }: DhKey, theirs: Buffer): void {
    const publicKey = createPublicKey({
      key: Buffer.concat([PUBLIC_PREFIX, theirs]),
      type: 'spki',
      format: 'der'
    })
    const keys = derive(this.#chain, diffieHellman({ privateKey: secret, publicKey }))
    this.#chain = keys[0]
    this.#cipher = new LightCipher(keys[1])
  }
}

/** The payload by which an identity vouches for its X25519 key, and names the only muxer that it knows. */
export function noisePayload(publicKey: Uint8Array, signature: Uint8Array): Buffer {
  const muxer = Buffer.from(MUXER)
  return Buffer.concat([
    Buffer.of(0x0a, publicKey.length),
    publicKey,
    Buffer.of(0x12, signature.length),
    signature,
    Buffer.of(0x22, muxer.length + 2, 0x12, muxer.length),
    muxer
  ])
}

function checkPayload(payload: Buffer): void {
  if (!payload.includes(MUXER)) throw new Error('the director does not choose the muxer with the handshake')
}

function derive(salt: Buffer, material: Uint8Array): [Buffer, Buffer] {
  const both = Buffer.from(hkdfSync('sha256', material, salt, NONE, 2 * KEY_BYTES))
  return [both.subarray(0, KEY_BYTES), both.subarray(KEY_BYTES)]
}
