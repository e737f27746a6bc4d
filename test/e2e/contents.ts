import { createCipheriv, createHash } from 'node:crypto'
import { createReadStream } from 'node:fs'
import { open } from 'node:fs/promises'
import type { Readable } from 'node:stream'
import { pipeline } from 'node:stream/promises'

const CHUNK_BYTES = 4 * 1024 * 1024

/** Writes bytes that look random and follow from the seed. Gives their SHA-256 in hex. */
export async function makeContent(path: string, sizeBytes: number, seed = 'anabranch'): Promise<string> {
  const key = createHash('sha256').update(seed).digest()
  const cipher = createCipheriv('aes-256-ctr', key, Buffer.alloc(16))
  const hash = createHash('sha256')
  await using file = await open(path, 'w')
  for (let left = sizeBytes; left > 0; left -= CHUNK_BYTES) {
    const chunk = cipher.update(Buffer.alloc(Math.min(left, CHUNK_BYTES)))
    hash.update(chunk)
    await file.writeFile(chunk)
  }
  return hash.digest('hex')
}

/** SHA-256 in hex of all that comes. Once `bytes` have come it reads on only when `meanwhile` is over. */
export async function hashOfStream(
  stream: Readable,
  bytes = 0,
  meanwhile: () => Promise<unknown> = async () => {}
): Promise<string> {
  const hash = createHash('sha256')
  let taken = 0
  for await (const chunk of stream) {
    hash.update(chunk)
    const before = taken
    taken += chunk.length
    if (before < bytes && taken >= bytes) await meanwhile()
  }
  return hash.digest('hex')
}

/** SHA-256 of a file in hex. */
export async function hashOf(path: string): Promise<string> {
  const hash = createHash('sha256')
  await pipeline(createReadStream(path, { highWaterMark: CHUNK_BYTES }), hash)
  return hash.digest('hex')
}
