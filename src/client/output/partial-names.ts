import { createHash } from 'node:crypto'
import { basename, dirname, join } from 'node:path'

/** Most bytes of a file's name, on all file systems in use. */
const MAX_NAME_BYTES = 255

/** The longest ending that a name beside the output gets: SQLite looks for a journal beside the lock. */
const LONGEST_ENDING = '.part.lock-journal'

/** Hexadecimal digits of the digest that stands for the end of a name that is cut. */
const DIGEST_DIGITS = 16

/** The names of the files that a fetch uses until its output is complete. */
export interface PartialNames {
  /** The content as far as it has come. */
  partial: string
  /** Which content it is; see output-partial.ts. */
  sidecar: string
  /** What proves its segments; see partial-proofs.ts. */
  proofs: string
  lock: string
}

/** The names beside the output at `path`. Where its name is too long to get an ending, they begin with a part of it. */
export function partialNames(path: string): PartialNames {
  const partial = `${stemOf(path)}.part`
  return { partial, sidecar: `${partial}.json`, proofs: `${partial}.hashes`, lock: `${partial}.lock` }
}

/** The path that the endings are added to: its name is cut between two characters, and a digest of all of it follows. */
function stemOf(path: string): string {
  const name = basename(path)
  const room = MAX_NAME_BYTES - LONGEST_ENDING.length
  if (Buffer.byteLength(name) <= room) return path
  const digest = createHash('sha256').update(name).digest('hex').slice(0, DIGEST_DIGITS)
  const roomForName = room - DIGEST_DIGITS - 1
  let cut = ''
  for (const character of name) {
    if (Buffer.byteLength(cut + character) > roomForName) break
    cut += character
  }
  return join(dirname(path), `${cut}.${digest}`)
}
