import { createCipheriv, hkdfSync } from 'node:crypto'

const KEY_BYTES = 32
/** Bytes at the start of a frame that are masked: no less than what seals leave readable of any frame. */
export const MASKED_BYTES = 20
/** Frames whose masks are made at once. */
const FRAMES_AT_ONCE = 128

/** Hides what seals leave readable of frames from whoever watches the connection. Each end of a lane has one. */
export class LaneMask {
  readonly #cipher
  #stream = new Uint8Array()
  #at = 0

  constructor(secret: Uint8Array) {
    this.#cipher = createCipheriv('aes-256-ctr', derive(secret, 'mask', KEY_BYTES), new Uint8Array(16))
  }

  /** Masks the start of the next frame in place, or takes the mask off again. */
  apply(frame: Uint8Array): void {
    if (this.#at === this.#stream.byteLength) {
      this.#stream = this.#cipher.update(new Uint8Array(FRAMES_AT_ONCE * MASKED_BYTES))
      this.#at = 0
    }
    const bytes = Math.min(MASKED_BYTES, frame.byteLength)
    for (let i = 0; i < bytes; i++) frame[i]! ^= this.#stream[this.#at + i]!
    this.#at += MASKED_BYTES
  }
}

const MAGIC = new TextEncoder().encode('anabranch lane 1')
const ID_BYTES = 16
export const GREETING_BYTES = MAGIC.byteLength + ID_BYTES

/** What the end that connects says first: who sees it cannot find the secret. */
export function greetingOf(secret: Uint8Array): Uint8Array {
  return Uint8Array.of(...MAGIC, ...derive(secret, 'id', ID_BYTES))
}

/** Tells whether a connection that begins like this can be a lane. */
export function mayBeLane(bytes: Uint8Array): boolean {
  return MAGIC.subarray(0, bytes.byteLength).every((byte, at) => byte === bytes[at])
}

function derive(secret: Uint8Array, purpose: string, bytes: number): Uint8Array {
  return new Uint8Array(hkdfSync('sha256', secret, '', `anabranch lane 1 ${purpose}`, bytes))
}
