import { closeSync, constants, fstatSync, openSync, readSync } from 'node:fs'
import { pipe } from 'it-pipe'
import { HASH_BYTES, HASH_GROUP_SEGMENTS, hashSegment, merkleRoot } from '../protocol/merkle.ts'
import { type FileIdentity, identityOf, sameIdentity } from './catalog-file.ts'
import { HashFileWriter } from './catalog-hashes.ts'
import { hasOneGroup } from './hash-folder.ts'

/** One file to hash. */
export interface HashJob {
  path: string
  /**
   * The file's state that the hashes will describe; a file in any other state gives the outcome
   * `changed`.
   */
  identity: FileIdentity
  segmentBytes: number
  /** Path of the finished hash file; `temporaryPath` is its path until it is complete. A content of one group gets none. */
  hashPath: string
  temporaryPath: string
  key: Uint8Array
}

/** A file that cannot be read, or hashes that cannot be kept. */
export interface HashFailure {
  type: 'failed'
  stage: 'read' | 'cache'
  code: string
  message: string
}

/** `leaves`: all leaf hashes of a content of one group, which are written nowhere yet. */
export type HashOutcome =
  | { type: 'done'; rootHash: Uint8Array; leaves?: Uint8Array }
  | { type: 'changed' }
  | HashFailure

/** Bytes of the content that are read at once. */
const READ_BYTES = 1024 * 1024

/** Bytes that are read between two checks that the file is still the same, each with a progress report. */
const REPORT_BYTES = 32 * 1024 * 1024

/** SQLite's code for a full disk. */
const SQLITE_FULL = 13

/** Hashes a file's segments, into a hash file where they make several groups. Synchronous: meant for a worker. `onProgress` gets the bytes done. */
export function hashContent(job: HashJob, onProgress: (doneBytes: number) => void): HashOutcome {
  let fd: number
  try {
    // A link or a pipe that took the file's place must neither lead elsewhere nor block.
    fd = openSync(job.path, constants.O_RDONLY | constants.O_NOFOLLOW | constants.O_NONBLOCK)
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException
    return code === 'ENOENT' || code === 'ELOOP' ? { type: 'changed' } : failure('read', error)
  }
  try {
    if (!isUnchanged(fd, job)) return { type: 'changed' }
    return hasOneGroup(job.identity.sizeBytes, job.segmentBytes)
      ? hashGroup(fd, job, onProgress)
      : hashInto(fd, job, onProgress)
  } catch (error) {
    return error instanceof FileChanged ? { type: 'changed' } : failure('read', error)
  } finally {
    closeSync(fd)
  }
}

/** Throws FileChanged, and the file system's error. */
function hashGroup(fd: number, job: HashJob, onProgress: (doneBytes: number) => void): HashOutcome {
  const leaves = Buffer.concat([...leafGroups(fd, job, onProgress)])
  if (!isUnchanged(fd, job)) throw new FileChanged()
  return { type: 'done', rootHash: merkleRoot(leaves), leaves }
}

function hashInto(fd: number, job: HashJob, onProgress: (doneBytes: number) => void): HashOutcome {
  let writer: HashFileWriter
  try {
    writer = new HashFileWriter(job.hashPath, job.temporaryPath, job.key)
  } catch (error) {
    return failure('cache', error)
  }
  let stage: 'read' | 'cache' = 'read'
  try {
    const groupRoots: Uint8Array[] = []
    for (const leaves of leafGroups(fd, job, onProgress)) {
      groupRoots.push(merkleRoot(leaves))
      stage = 'cache'
      writer.append(leaves)
      stage = 'read'
    }
    if (!isUnchanged(fd, job)) throw new FileChanged()
    stage = 'cache'
    return { type: 'done', rootHash: writer.finish(Buffer.concat(groupRoots)) }
  } catch (error) {
    writer.discard()
    return error instanceof FileChanged ? { type: 'changed' } : failure(stage, error)
  }
}

/** Gives the leaf hashes, a group at a time. Throws FileChanged as soon as a change of the file shows. */
function leafGroups(fd: number, job: HashJob, onProgress: (doneBytes: number) => void): Iterable<Uint8Array> {
  return pipe(readBlocks(fd, job, onProgress), cutInto(job.segmentBytes), hashEach, gather)
}

/** Gives the file in whole segments, about READ_BYTES at once. Each block is overwritten by the next one. */
function* readBlocks(
  fd: number,
  job: HashJob,
  onProgress: (doneBytes: number) => void
): Generator<Uint8Array> {
  const { segmentBytes, identity } = job
  const blockBytes = Math.max(1, Math.floor(READ_BYTES / segmentBytes)) * segmentBytes
  const block = Buffer.allocUnsafe(Math.min(blockBytes, identity.sizeBytes))
  let reportedBytes = 0
  for (let position = 0; position < identity.sizeBytes; position += block.length) {
    const length = Math.min(block.length, identity.sizeBytes - position)
    readFully(fd, block, length, position)
    yield block.subarray(0, length)
    if (position + length - reportedBytes < REPORT_BYTES) continue
    if (!isUnchanged(fd, job)) throw new FileChanged()
    reportedBytes = position + length
    onProgress(reportedBytes)
  }
}

function cutInto(segmentBytes: number) {
  return function* (blocks: Iterable<Uint8Array>): Generator<Uint8Array> {
    for (const block of blocks) {
      for (let start = 0; start < block.length; start += segmentBytes)
        yield block.subarray(start, start + segmentBytes)
    }
  }
}

function* hashEach(segments: Iterable<Uint8Array>): Generator<Uint8Array> {
  for (const segment of segments) yield hashSegment(segment)
}

function* gather(leaves: Iterable<Uint8Array>): Generator<Uint8Array> {
  let group: Uint8Array[] = []
  for (const leaf of leaves) {
    if (group.push(leaf) < HASH_GROUP_SEGMENTS) continue
    yield Buffer.concat(group, HASH_GROUP_SEGMENTS * HASH_BYTES)
    group = []
  }
  if (group.length > 0) yield Buffer.concat(group)
}

/** Ends a hash run; this error never leaves this file. */
class FileChanged extends Error {}

function readFully(fd: number, block: Buffer, length: number, position: number): void {
  for (let done = 0; done < length; ) {
    const bytesRead = readSync(fd, block, done, length - done, position + done)
    if (bytesRead === 0) throw new FileChanged()
    done += bytesRead
  }
}

function isUnchanged(fd: number, { identity }: HashJob): boolean {
  const stats = fstatSync(fd, { bigint: true })
  // A file that has lost its last name is gone, although it can still be read.
  return stats.isFile() && stats.nlink > 0n && sameIdentity(identityOf(stats), identity)
}

export function failure(stage: 'read' | 'cache', error: unknown): HashFailure {
  // SQLite has one code for everything, and says in `errcode` and `errstr` what it is.
  const { code, errcode, errstr, message } = error as NodeJS.ErrnoException & {
    errcode?: number
    errstr?: string
  }
  const reason = errcode === SQLITE_FULL ? 'ENOSPC' : (errstr ?? code ?? 'ERR')
  return { type: 'failed', stage, code: reason, message }
}
