import { createHash } from 'node:crypto'
import { access, constants, mkdir, readdir, rm } from 'node:fs/promises'
import { join } from 'node:path'
import { type ContentRecord, segmentCount } from '../protocol/content-record.ts'
import { FileUnreadableError, HashCacheError } from './catalog-errors.ts'
import { hashCacheKey, type ScannedFile } from './catalog-file.ts'
import { Hasher } from './catalog-hasher.ts'
import { readCachedRoot } from './catalog-hashes.ts'
import { ContentReader } from './content-reader.ts'

/**
 * Makes and keeps the hashes of one directory's files: a hash file for each, named by the content's name, in a folder
 * of the cache that belongs to this directory and segment size.
 */
export class Indexer {
  readonly #folder: string
  readonly #segmentBytes: number
  readonly #hasher = new Hasher()

  /** `root`: the directory's real path. */
  constructor(cacheDirectory: string, root: string, segmentBytes: number) {
    this.#folder = join(cacheDirectory, digestOf(`${segmentBytes} ${root}`))
    this.#segmentBytes = segmentBytes
  }

  /** Throws HashCacheError. */
  async start(): Promise<void> {
    try {
      await mkdir(this.#folder, { recursive: true, mode: 0o700 })
    } catch (error) {
      throw new HashCacheError(this.#folder, error)
    }
  }

  /** Ends the hashing thread until the next `hash`; a job under way fails. */
  async stop(): Promise<void> {
    await this.#hasher.stop()
  }

  /** The root hash of a file whose hashes are cached, else undefined. Throws FileUnreadableError. */
  async lookUp(file: ScannedFile): Promise<Uint8Array | undefined> {
    try {
      await access(file.path, constants.R_OK)
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code === 'ENOENT') return undefined
      throw new FileUnreadableError(file.name, error)
    }
    const { sizeBytes } = file.identity
    const count = segmentCount({ sizeBytes, segmentBytes: this.#segmentBytes })
    return await readCachedRoot(this.#hashPath(file.name), this.#hashKey(file), count)
  }

  /**
   * Hashes the file in the hashing thread and caches the hashes. Returns the root hash; undefined
   * when the file changed meanwhile. Throws FileUnreadableError, HashCacheError.
   */
  async hash(file: ScannedFile, onProgress: (doneBytes: number) => void): Promise<Uint8Array | undefined> {
    const hashPath = this.#hashPath(file.name)
    const job = {
      path: file.path,
      identity: file.identity,
      segmentBytes: this.#segmentBytes,
      hashPath,
      temporaryPath: hashPath + temporaryEnd(),
      key: this.#hashKey(file)
    }
    const outcome = await this.#hasher.hash(job, onProgress)
    if (outcome.type === 'done') return outcome.rootHash
    if (outcome.type === 'changed') return undefined
    if (outcome.stage === 'cache') throw new HashCacheError(this.#folder, outcome)
    throw new FileUnreadableError(file.name, outcome)
  }

  /** See ContentReader.open, and `onMisfit` of ContentReaderOptions. */
  async open(record: ContentRecord, file: ScannedFile, onMisfit: () => void): Promise<ContentReader> {
    return await ContentReader.open({
      record,
      path: file.path,
      hashPath: this.#hashPath(file.name),
      onMisfit
    })
  }

  /** Removes the hashes of a content that is gone. */
  async forget(name: string): Promise<void> {
    await rm(this.#hashPath(name), { force: true }).catch(() => {})
  }

  /**
   * Removes hashes that belong to none of the names: their files went while the source was down, or
   * a crash left them.
   */
  async prune(names: () => Iterable<string>): Promise<void> {
    const present = await readdir(this.#folder).catch(() => [])
    const wanted = new Set([...names()].map(name => hashFileName(name)))
    const stale = present.filter(file => !wanted.has(file) && !file.endsWith(temporaryEnd()))
    for (const file of stale) await rm(join(this.#folder, file), { force: true }).catch(() => {})
  }

  #hashPath(name: string): string {
    return join(this.#folder, hashFileName(name))
  }

  #hashKey({ path, identity }: ScannedFile): Uint8Array {
    return hashCacheKey(path, identity, this.#segmentBytes)
  }
}

function hashFileName(name: string): string {
  return `${digestOf(name)}.hashes`
}

function temporaryEnd(): string {
  return `.${process.pid}.tmp`
}

function digestOf(text: string): string {
  return createHash('sha256').update(text).digest('hex').slice(0, 32)
}
