import { createHash } from 'node:crypto'
import { join } from 'node:path'
import { segmentCount } from '../protocol/content-record.ts'
import { HASH_GROUP_SEGMENTS } from '../protocol/merkle.ts'

// The folder of the cache that belongs to one directory and segment size holds one HashStore for all contents of one group
// of segments, and a hash file (see catalog-hashes.ts) for each larger one.

/** Tells whether all segments of a content make one group: then its leaf hashes are all that it needs. */
export function hasOneGroup(sizeBytes: number, segmentBytes: number): boolean {
  return segmentCount({ sizeBytes, segmentBytes }) <= HASH_GROUP_SEGMENTS
}

/** The folder's name within the cache. `root`: the real path of the directory that is offered. */
export function hashFolderName(root: string, segmentBytes: number): string {
  return digestOf(`${segmentBytes} ${root}`)
}

export function storePath(folder: string): string {
  return join(folder, STORE_NAME)
}

/** Tells whether a file of the folder is the store's, or one that SQLite keeps beside it. */
export function isStoreFile(fileName: string): boolean {
  return fileName.startsWith(STORE_NAME)
}

/** `name`: the content's. */
export function hashPath(folder: string, name: string): string {
  return join(folder, hashFileName(name))
}

export function hashFileName(name: string): string {
  return `${digestOf(name)}.hashes`
}

/** What the name of a hash file ends in until the file is whole. */
export function temporaryEnd(): string {
  return `.${process.pid}.tmp`
}

const STORE_NAME = 'small.sqlite'

function digestOf(text: string): string {
  return createHash('sha256').update(text).digest('hex').slice(0, 32)
}
