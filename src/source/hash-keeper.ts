import { accessSync, constants } from 'node:fs'
import { makeDirectory } from '../files/make-directory.ts'
import { equalBytes } from '../protocol/bytes.ts'
import { segmentCount, signContentRecord, sourceKeyIn } from '../protocol/content-record.ts'
import type { Signer } from '../protocol/signed-form.ts'
import { hashCacheKey, modifiedAtMsOf, type ScannedFile } from './catalog-file.ts'
import { readCachedRoot } from './catalog-hashes.ts'
import { failure, hashContent } from './catalog-hashing.ts'
import type { Finding } from './findings.ts'
import { hashPath, hasOneGroup, storePath, temporaryEnd } from './hash-folder.ts'
import { HashStore, type NewContent } from './hash-store.ts'

/** A file as its hashes are asked for; plain data, so that it can cross to a thread. */
export type HashedFile = Pick<ScannedFile, 'name' | 'path' | 'identity'>

export interface HashKeeperOptions {
  /** See hash-folder.ts; made anew where somebody has removed it. */
  folder: string
  segmentBytes: number
  sourcePeerId: string
  /** The key that signs the records, Ed25519. */
  signer: Signer
}

/** Makes and keeps the hashes and the signed records of one directory's files. It reads files synchronously: meant for a thread. */
export class HashKeeper {
  readonly #options: HashKeeperOptions
  readonly #store: HashStore

  constructor(options: HashKeeperOptions) {
    this.#options = options
    this.#store = new HashStore(storePath(options.folder))
  }

  /** Returns what is kept, for each file in their order. */
  async lookUp(files: readonly HashedFile[]): Promise<Finding[]> {
    const findings: Finding[] = []
    for (const file of files) findings.push(await this.#lookUp(file))
    return findings
  }

  /** Hashes the files, and keeps what it finds. `onProgress` gets the bytes done of a large one. */
  async hash(files: readonly HashedFile[], onProgress: (doneBytes: number) => void): Promise<Finding[]> {
    const findings: Finding[] = []
    const fresh: NewContent[] = []
    try {
      makeDirectory(this.#options.folder, 0o700)
    } catch (error) {
      return files.map(() => failure('cache', error))
    }
    for (const file of files) findings.push(await this.#hash(file, fresh, onProgress))
    try {
      this.#store.put(fresh)
      return findings
    } catch (error) {
      return findings.map(finding => (finding.type === 'found' ? failure('cache', error) : finding))
    }
  }

  /** Forgets contents that are gone and, where those that are there are given, all others. */
  tidy(gone: readonly string[], present?: readonly string[]): void {
    try {
      this.#store.remove(gone)
      if (present) this.#store.keepOnly(present)
    } catch {
      // What is kept in vain takes room, and no more than that.
    }
  }

  async #lookUp(file: HashedFile): Promise<Finding> {
    const { folder, segmentBytes } = this.#options
    const { name, path, identity } = file
    try {
      accessSync(path, constants.R_OK)
    } catch (error) {
      return (error as NodeJS.ErrnoException).code === 'ENOENT' ? { type: 'none' } : failure('read', error)
    }
    const key = this.#keyOf(file)
    if (hasOneGroup(identity.sizeBytes, segmentBytes)) return this.#findKept(name, key)
    const count = segmentCount({ sizeBytes: identity.sizeBytes, segmentBytes })
    const rootHash = await readCachedRoot(hashPath(folder, name), key, count)
    return rootHash ? await this.#found(file, rootHash) : { type: 'none' }
  }

  #findKept(name: string, fileKey: Uint8Array): Finding {
    try {
      const kept = this.#store.find(name, fileKey)
      if (!kept) return { type: 'none' }
      const { recordBytes } = kept
      // The source may have another key by now, or write its records otherwise.
      const key = sourceKeyIn(recordBytes)
      const isOwn = key !== undefined && equalBytes(key, this.#options.signer.publicKey.raw)
      return isOwn ? { type: 'found', recordBytes } : { type: 'none' }
    } catch {
      return { type: 'none' }
    }
  }

  async #hash(
    file: HashedFile,
    fresh: NewContent[],
    onProgress: (doneBytes: number) => void
  ): Promise<Finding> {
    const { folder, segmentBytes } = this.#options
    const { name, path, identity } = file
    const finished = hashPath(folder, name)
    const key = this.#keyOf(file)
    const temporaryPath = finished + temporaryEnd()
    const job = { path, identity, segmentBytes, hashPath: finished, temporaryPath, key }
    const outcome = hashContent(job, onProgress)
    if (outcome.type === 'changed') return { type: 'none' }
    if (outcome.type === 'failed') return outcome
    const found = await this.#found(file, outcome.rootHash)
    if (outcome.leaves) fresh.push({ name, key, leaves: outcome.leaves, recordBytes: found.recordBytes })
    return found
  }

  async #found({ name, identity }: HashedFile, rootHash: Uint8Array) {
    const { segmentBytes, sourcePeerId, signer } = this.#options
    const { sizeBytes } = identity
    const modifiedAtMs = modifiedAtMsOf(identity)
    const record = {
      ...{ name, sizeBytes, segmentBytes, rootHash, sourcePeerId },
      // A time before 1970 is not told.
      ...(modifiedAtMs > 0 ? { modifiedAtMs } : {})
    }
    return { type: 'found' as const, recordBytes: await signContentRecord(record, signer) }
  }

  #keyOf({ path, identity }: HashedFile): Uint8Array {
    return hashCacheKey(path, identity, this.#options.segmentBytes)
  }
}
