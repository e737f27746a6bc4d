import { createCipheriv, createHash } from 'node:crypto'
import { createReadStream, createWriteStream } from 'node:fs'
import { truncate } from 'node:fs/promises'
import { pipeline } from 'node:stream/promises'
import { type Topology, wantedRange } from '../topology/topology.ts'

const CHUNK_BYTES = 1024 * 1024

/**
 * Writes the content of a topology: pseudo-random bytes where they are fetched, the same for the same name, and a hole,
 * which takes no room, where they are not. Returns the SHA-256 of what is fetched in hex.
 */
export async function makeContentFile(
  path: string,
  topology: Pick<Topology, 'name' | 'contentBytes' | 'range'>
): Promise<string> {
  const { start, end } = wantedRange(topology)
  const hash = createHash('sha256')
  async function* chunks() {
    const cipher = createCipheriv(
      'aes-128-ctr',
      createHash('md5').update(topology.name).digest(),
      Buffer.alloc(16)
    )
    for (let left = end - start; left > 0; left -= CHUNK_BYTES) {
      const chunk = cipher.update(Buffer.alloc(Math.min(left, CHUNK_BYTES)))
      hash.update(chunk)
      yield chunk
    }
  }
  await pipeline(chunks, createWriteStream(path, { start }))
  await truncate(path, topology.contentBytes)
  return hash.digest('hex')
}

/** SHA-256 of a file in hex. */
export async function hashFile(path: string): Promise<string> {
  const hash = createHash('sha256')
  await pipeline(createReadStream(path, { highWaterMark: CHUNK_BYTES }), hash)
  return hash.digest('hex')
}
