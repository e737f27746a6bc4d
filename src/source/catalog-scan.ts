import { type BigIntStats, type Dirent, lstatSync } from 'node:fs'
import { lstat, readdir, realpath } from 'node:fs/promises'
import { join, sep } from 'node:path'
import { setImmediate as nextTurn } from 'node:timers/promises'
import type { AnabranchError } from '../errors.ts'
import { InvalidContentNameError, parseContentName } from '../protocol/content-name.ts'
import {
  CatalogDirectoryError,
  FileUnreadableError,
  NameTakenError,
  NotAFileError,
  SymlinkOutsideError
} from './catalog-errors.ts'
import { identityOf, looksSame, type ScannedFile } from './catalog-file.ts'

export interface ScanResult {
  /** The files by their names. */
  files: Map<string, ScannedFile>
  /** The reasons why entries of the directory are not offered, by path below the directory. */
  problems: Map<string, AnabranchError>
}

export interface ScanOptions {
  /** Real path of the directory. */
  root: string
  /** Real paths: nothing in or below them is offered. */
  excluded: readonly string[]
  /** Gets the path of each directory just before it is listed. */
  visit?: (path: string) => void
  /** Returns a file as an earlier scan gave it: if it is still the same, this object is given again. */
  known?: (name: string) => ScannedFile | undefined
}

/** Number of directory entries that are looked at in one go: enough to keep a disk busy, few enough for memory. */
const BATCH = 32

/**
 * Milliseconds for a batch from which on the thread pool looks at files. Until then the main thread does it itself: a kernel
 * that answers from its memory takes 0.1 ms for a batch, a third of the time that asking other threads takes.
 */
const SLOW_BATCH_MS = 10

/** A directory entry on the way to becoming a file of the catalog. */
interface Candidate {
  dirent: Dirent
  /** Path below the root as on disk, with forward slashes. */
  relativePath: string
  path: string
}

/**
 * Finds all regular files below the root. Links to files inside are followed. Links to directories
 * inside are not, since these directories' files are found at their own place. Links that leave the
 * directory are a problem. Throws CatalogDirectoryError when the root itself cannot be listed.
 */
export async function scanDirectory(options: ScanOptions): Promise<ScanResult> {
  const { root, visit } = options
  const files = new Map<string, ScannedFile>()
  const problems = new Map<string, AnabranchError>()
  const directories = ['']
  let isSlow = false
  for (let directory = directories.pop(); directory !== undefined; directory = directories.pop()) {
    visit?.(join(root, directory))
    const candidates = await listDirectory(root, directory, problems)
    for (let start = 0; start < candidates.length; start += BATCH) {
      const batch = candidates.slice(start, start + BATCH)
      const startedMs = performance.now()
      const look = isSlow ? lookByThreads : lookAtOnce
      const findings = await Promise.all(batch.map(candidate => examine(candidate, options, look)))
      isSlow ||= performance.now() - startedMs > SLOW_BATCH_MS
      findings.forEach((finding, index) => {
        const { relativePath } = batch[index]!
        if (finding === 'directory') directories.push(relativePath)
        else if (finding instanceof Error) problems.set(relativePath, finding)
        else if (finding !== undefined && files.has(finding.name)) {
          problems.set(relativePath, new NameTakenError(finding.name))
        } else if (finding !== undefined) files.set(finding.name, finding)
      })
      await nextTurn()
    }
  }
  return { files, problems }
}

/** Looks at one file alone, at `path`, which may be a link to anywhere. `name`: the content's name. */
export async function scanFile(path: string, name: string): Promise<ScanResult> {
  try {
    const target = await realpath(path)
    const stats = await lstat(target, { bigint: true })
    if (!stats.isFile()) return { files: new Map(), problems: new Map([[name, new NotAFileError(name)]]) }
    return { files: new Map([[name, toFile(name, target, stats)]]), problems: new Map() }
  } catch (error) {
    return { files: new Map(), problems: new Map([[name, new FileUnreadableError(name, error)]]) }
  }
}

type Look = (path: string) => BigIntStats | Promise<BigIntStats>

const lookAtOnce: Look = path => lstatSync(path, { bigint: true })
const lookByThreads: Look = path => lstat(path, { bigint: true })

/** In the order of the names on disk, so that of two colliding files always the same one is offered. */
async function listDirectory(
  root: string,
  directory: string,
  problems: Map<string, AnabranchError>
): Promise<Candidate[]> {
  try {
    const dirents = await readdir(join(root, directory), { withFileTypes: true })
    dirents.sort((a, b) => (a.name < b.name ? -1 : 1))
    return dirents.map(dirent => {
      const relativePath = directory === '' ? dirent.name : `${directory}/${dirent.name}`
      return { dirent, relativePath, path: join(root, relativePath) }
    })
  } catch (error) {
    if (directory === '') throw new CatalogDirectoryError(root, error)
    if (!isGone(error)) problems.set(directory, new FileUnreadableError(directory, error))
    return []
  }
}

async function examine(
  candidate: Candidate,
  { root, excluded, known }: ScanOptions,
  look: Look
): Promise<ScannedFile | 'directory' | AnabranchError | undefined> {
  const { dirent, relativePath, path } = candidate
  if (excluded.some(other => isWithin(path, other))) return undefined
  try {
    const name = parseContentName(relativePath.normalize('NFC'))
    if (dirent.isDirectory()) return 'directory'
    const target = dirent.isSymbolicLink() ? await realpath(path) : path
    if (!isWithin(target, root)) return new SymlinkOutsideError(relativePath)
    if (excluded.some(other => isWithin(target, other))) return undefined
    const stats = await look(target)
    if (stats.isDirectory()) return undefined
    if (!stats.isFile()) return new NotAFileError(relativePath)
    const file = toFile(name, target, stats)
    const before = known?.(name)
    return before && looksSame(before, file) ? before : file
  } catch (error) {
    if (error instanceof InvalidContentNameError) return error
    if (!isGone(error)) return new FileUnreadableError(relativePath, error)
    return whyGone(candidate, error)
  }
}

/** A file may go between listing and looking; a dangling link and a name that is not UTF-8 only look like that. */
function whyGone({ dirent, relativePath }: Candidate, error: unknown): AnabranchError | undefined {
  if (dirent.isSymbolicLink()) return new FileUnreadableError(relativePath, error)
  if (relativePath.includes('\ufffd')) return new InvalidContentNameError(relativePath, 'is not UTF-8')
  return undefined
}

function toFile(name: string, path: string, stats: BigIntStats): ScannedFile {
  return { name, path, identity: identityOf(stats), ctimeNs: stats.ctimeNs }
}

function isWithin(path: string, directory: string): boolean {
  return path === directory || path.startsWith(directory.endsWith(sep) ? directory : directory + sep)
}

function isGone(error: unknown): boolean {
  const { code } = error as NodeJS.ErrnoException
  return code === 'ENOENT' || code === 'ENOTDIR'
}
