import { readdir, rm } from 'node:fs/promises'
import { join } from 'node:path'
import type { PrivateKey } from '@libp2p/interface'
import { peerIdFromPrivateKey } from '@libp2p/peer-id'
import type { AnabranchError } from '../errors.ts'
import { makeDirectory } from '../files/make-directory.ts'
import { type ContentRecord, modifiedAtMsIn, rootHashIn, segmentCount } from '../protocol/content-record.ts'
import { FileUnreadableError, HashCacheError } from './catalog-errors.ts'
import type { ScannedFile } from './catalog-file.ts'
import { Hasher } from './catalog-hasher.ts'
import { type ContentHashes, HashFile, HeldHashes } from './catalog-hashes.ts'
import { ContentReader } from './content-reader.ts'
import type { ContentItem } from './content-store.ts'
import type { Finding } from './findings.ts'
import {
  hashFileName,
  hashFolderName,
  hashPath,
  hasOneGroup,
  isStoreFile,
  storePath,
  temporaryEnd
} from './hash-folder.ts'
import type { HashedFile } from './hash-keeper.ts'
import { readLeaves } from './hash-store.ts'
import type { HashTask } from './hash-worker.ts'

/** The content of a file, or why there is none; undefined where nothing is kept, or the file changed meanwhile. */
export type Indexed = ContentItem | AnabranchError | undefined

export interface IndexerOptions {
  cacheDirectory: string
  /** The real path of the directory that is offered. */
  root: string
  segmentBytes: number
  /** The source's Ed25519 key. */
  privateKey: PrivateKey
}

/**
 * Makes and keeps the hashes and signed records of one directory's files, in a folder of the cache that belongs to this
 * directory and segment size; see hash-folder.ts. Works on many files at once, in the hashing thread. One task at a time.
 */
export class Indexer {
  readonly #folder: string
  readonly #segmentBytes: number
  readonly #sourcePeerId: string
  readonly #hasher: Hasher
  /** Names of small contents that are gone, and of all that are there: the thread hears of them with the next task. */
  #gone = new Set<string>()
  #present: string[] | undefined
  /** Files whose hash files are being written. */
  #hashing: readonly ScannedFile[] = []

  constructor({ cacheDirectory, root, segmentBytes, privateKey }: IndexerOptions) {
    this.#folder = join(cacheDirectory, hashFolderName(root, segmentBytes))
    this.#segmentBytes = segmentBytes
    this.#sourcePeerId = peerIdFromPrivateKey(privateKey).toString()
    this.#hasher = new Hasher({
      folder: this.#folder,
      segmentBytes,
      sourcePeerId: this.#sourcePeerId,
      privateKey: privateKey.raw,
      publicKey: privateKey.publicKey.raw
    })
  }

  /** Throws HashCacheError. */
  start(): void {
    try {
      makeDirectory(this.#folder, 0o700)
    } catch (error) {
      throw new HashCacheError(this.#folder, error)
    }
  }

  /** Ends the hashing thread until the next task; one under way fails, and its unfinished files are removed. */
  async stop(): Promise<void> {
    await this.#hasher.stop()
    for (const { name } of this.#hashing) {
      await rm(hashPath(this.#folder, name) + temporaryEnd(), { force: true }).catch(() => {})
    }
  }

  /** The contents of those files whose hashes are kept, in their order. FileUnreadableError stands for what cannot be read. */
  async lookUp(files: readonly ScannedFile[]): Promise<Indexed[]> {
    return await this.#run('lookUp', files, () => {})
  }

  /**
   * Hashes the files and keeps the hashes. FileUnreadableError or HashCacheError stands for what has none. `onProgress` gets
   * the bytes done of a file that is long.
   */
  async hash(files: readonly ScannedFile[], onProgress: (doneBytes: number) => void): Promise<Indexed[]> {
    this.#hashing = files.filter(file => !this.#isSmall(file))
    const indexed = await this.#run('hash', files, onProgress)
    this.#hashing = []
    return indexed
  }

  /** See ContentReader.open, and `onMisfit` of ContentReaderOptions. */
  async open(record: ContentRecord, { path }: ScannedFile, onMisfit: () => void): Promise<ContentReader> {
    const openHashes = (): ContentHashes => this.#openHashes(record)
    return await ContentReader.open({ record, path, openHashes, onMisfit })
  }

  /** Forgets the hashes of a content that is gone. */
  async forget(file: ScannedFile): Promise<void> {
    if (this.#isSmall(file)) this.#gone.add(file.name)
    else await rm(hashPath(this.#folder, file.name), { force: true }).catch(() => {})
  }

  /** Forgets hashes that belong to none of these: their files went while the source was down, or a crash left them. */
  async prune(files: readonly ScannedFile[]): Promise<void> {
    this.#present = files.filter(file => this.#isSmall(file)).map(({ name }) => name)
    const wanted = new Set(files.filter(file => !this.#isSmall(file)).map(({ name }) => hashFileName(name)))
    const present = await readdir(this.#folder).catch(() => [])
    const stale = present.filter(
      file => !wanted.has(file) && !isStoreFile(file) && !file.endsWith(temporaryEnd())
    )
    for (const file of stale) await rm(join(this.#folder, file), { force: true }).catch(() => {})
  }

  async #run(
    kind: HashTask['kind'],
    files: readonly ScannedFile[],
    onProgress: (doneBytes: number) => void
  ): Promise<Indexed[]> {
    const task = { kind, files: files.map(toHashedFile), gone: [...this.#gone] }
    const present = this.#present
    this.#present = undefined
    this.#gone.clear()
    const findings = await this.#hasher.run(present ? { ...task, present } : task, onProgress)
    return findings.map((finding, index) => this.#toIndexed(files[index]!, finding))
  }

  #toIndexed({ name, identity: { sizeBytes } }: ScannedFile, finding: Finding): Indexed {
    if (finding.type === 'none') return undefined
    if (finding.type === 'failed') {
      return finding.stage === 'cache'
        ? new HashCacheError(this.#folder, finding)
        : new FileUnreadableError(name, finding)
    }
    return new OfferedFile(finding.recordBytes, name, sizeBytes, this.#segmentBytes, this.#sourcePeerId)
  }

  /** By the root hash, for the file may look other by now than when it was hashed. */
  #openHashes(record: ContentRecord): ContentHashes {
    const { name, sizeBytes, rootHash } = record
    if (!hasOneGroup(sizeBytes, this.#segmentBytes))
      return new HashFile(hashPath(this.#folder, name), rootHash, segmentCount(record))
    const leaves = readLeaves(storePath(this.#folder), name, rootHash)
    if (leaves) return new HeldHashes(leaves)
    throw new Error('the hashes of this content are not kept')
  }

  #isSmall({ identity }: ScannedFile): boolean {
    return hasOneGroup(identity.sizeBytes, this.#segmentBytes)
  }
}

/** A content whose record is made of its parts whenever it is asked for: 100,000 of them would take 20 MB. */
class OfferedFile implements ContentItem {
  readonly recordBytes: Uint8Array
  readonly #name: string
  readonly #sizeBytes: number
  readonly #segmentBytes: number
  readonly #sourcePeerId: string

  constructor(
    recordBytes: Uint8Array,
    name: string,
    sizeBytes: number,
    segmentBytes: number,
    sourcePeerId: string
  ) {
    this.recordBytes = recordBytes
    this.#name = name
    this.#sizeBytes = sizeBytes
    this.#segmentBytes = segmentBytes
    this.#sourcePeerId = sourcePeerId
  }

  get record(): ContentRecord {
    const modifiedAtMs = modifiedAtMsIn(this.recordBytes)
    return {
      name: this.#name,
      sizeBytes: this.#sizeBytes,
      segmentBytes: this.#segmentBytes,
      rootHash: rootHashIn(this.recordBytes),
      ...(modifiedAtMs === undefined ? {} : { modifiedAtMs }),
      sourcePeerId: this.#sourcePeerId
    }
  }
}

function toHashedFile({ name, path, identity }: ScannedFile): HashedFile {
  return { name, path, identity }
}
