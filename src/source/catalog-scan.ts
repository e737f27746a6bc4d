import type { BigIntStats, Dirent } from 'node:fs'
import { lstat, readdir, realpath } from 'node:fs/promises'
import { join, sep } from 'node:path'
import type { AnabranchError } from '../errors.ts'
import { InvalidContentNameError, parseContentName } from '../protocol/content-name.ts'
import {
  CatalogDirectoryError,
  FileUnreadableError,
  NameTakenError,
  NotAFileError,
  SymlinkOutsideError
} from './catalog-errors.ts'
import { identityOf, type ScannedFile } from './catalog-file.ts'

export interface ScanResult {
  /** The files in the order of their names. */
  files: ScannedFile[]
  /** The reasons why entries of the directory are not offered, by path below the directory. */
  problems: Map<string, AnabranchError>
}

/** Number of directory entries that are looked at side by side: enough to keep the disk busy, few enough for memory. */
const PARALLEL_LOOKUPS = 32

/** A directory entry on the way to becoming a file of the catalog. */
interface Candidate {
  dirent: Dirent
  /** Path below the root as on disk, with forward slashes. */
  relativePath: string
  path: string
}

/**
 * Finds all regular files below `root`. Links to files inside are followed. Links to directories
 * inside are not, since these directories' files are found at their own place. Links that leave the
 * directory are a problem. `root` and `excluded` are real paths; nothing in or below an excluded
 * path is offered. `visit` gets the path of each directory just before it is listed. Throws
 * CatalogDirectoryError when the root itself cannot be listed.
 */
export async function scanDirectory(
  root: string,
  excluded: readonly string[],
  visit: (path: string) => void = () => {}
): Promise<ScanResult> {
  const found = new Map<string, ScannedFile>()
  const problems = new Map<string, AnabranchError>()
  const directories = ['']
  for (let directory = directories.pop(); directory !== undefined; directory = directories.pop()) {
    visit(join(root, directory))
    const candidates = await listDirectory(root, directory, problems)
    for (let start = 0; start < candidates.length; start += PARALLEL_LOOKUPS) {
      const batch = candidates.slice(start, start + PARALLEL_LOOKUPS)
      const findings = await Promise.all(batch.map(candidate => examine(candidate, root, excluded)))
      findings.forEach((finding, index) => {
        const { relativePath } = batch[index]!
        if (finding === 'directory') directories.push(relativePath)
        else if (finding instanceof Error) problems.set(relativePath, finding)
        else if (finding !== undefined && found.has(finding.name)) {
          problems.set(relativePath, new NameTakenError(finding.name))
        } else if (finding !== undefined) found.set(finding.name, finding)
      })
    }
  }
  const files = [...found.values()].sort((a, b) => (a.name < b.name ? -1 : 1))
  return { files, problems }
}

/** Looks at one file alone, at `path`, which may be a link to anywhere. `name`: the content's name. */
export async function scanFile(path: string, name: string): Promise<ScanResult> {
  try {
    const target = await realpath(path)
    const stats = await lstat(target, { bigint: true })
    if (stats.isFile()) return { files: [toFile(name, target, stats)], problems: new Map() }
    return { files: [], problems: new Map([[name, new NotAFileError(name)]]) }
  } catch (error) {
    return { files: [], problems: new Map([[name, new FileUnreadableError(name, error)]]) }
  }
}

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
  root: string,
  excluded: readonly string[]
): Promise<ScannedFile | 'directory' | AnabranchError | undefined> {
  const { dirent, relativePath, path } = candidate
  if (excluded.some(other => isWithin(path, other))) return undefined
  try {
    const name = parseContentName(relativePath.normalize('NFC'))
    if (dirent.isDirectory()) return 'directory'
    const target = dirent.isSymbolicLink() ? await realpath(path) : path
    if (!isWithin(target, root)) return new SymlinkOutsideError(relativePath)
    if (excluded.some(other => isWithin(target, other))) return undefined
    const stats = await lstat(target, { bigint: true })
    if (stats.isDirectory()) return undefined
    return stats.isFile() ? toFile(name, target, stats) : new NotAFileError(relativePath)
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
