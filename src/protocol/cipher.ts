/** The ciphers that a session may be sealed with; both have 32-byte keys, 12-byte nonces and 16-byte tags. */
export type CipherName = 'chacha20-poly1305' | 'aes-256-gcm'

/** Encryption of whole messages with one key; `head` is authenticated with each and not encrypted. */
export interface Aead {
  /** The encrypted body and then its tag, in one or more parts. */
  seal(nonce: Uint8Array, head: Uint8Array, body: Uint8Array): Uint8Array[]
  /** The body again; undefined where key, nonce, head or any byte is not the one that was sealed. */
  open(nonce: Uint8Array, head: Uint8Array, sealed: Uint8Array): Uint8Array | undefined
}
