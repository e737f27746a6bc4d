import { createCipheriv, createHash } from 'node:crypto'
import { createReadStream, createWriteStream } from 'node:fs'
import { pipeline } from 'node:stream/promises'

const CHUNK_BYTES = 1024 * 1024

/** Writes a file of that many pseudo-random bytes, the same for the same seed, and returns its SHA-256 in hex. */
export async function makeContentFile(path: string, bytes: number, seed: string): Promise<string> {
  const hash = createHash('sha256')
  async function* chunks() {
    const cipher = createCipheriv('aes-128-ctr', createHash('md5').update(seed).digest(), Buffer.alloc(16))
    for (let left = bytes; left > 0; left -= CHUNK_BYTES) {
      const chunk = cipher.update(Buffer.alloc(Math.min(left, CHUNK_BYTES)))
      hash.update(chunk)
      yield chunk
    }
  }
  await pipeline(chunks, createWriteStream(path))
  return hash.digest('hex')
}

/** SHA-256 of a file in hex. */
export async function hashFile(path: string): Promise<string> {
  const hash = createHash('sha256')
  await pipeline(createReadStream(path, { highWaterMark: CHUNK_BYTES }), hash)
  return hash.digest('hex')
}
