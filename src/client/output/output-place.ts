import {
  accessSync,
  closeSync,
  constants,
  fsync,
  linkSync,
  lstatSync,
  openSync,
  renameSync,
  rmSync
} from 'node:fs'
import type { FileHandle } from 'node:fs/promises'
import { dirname } from 'node:path'
import { promisify } from 'node:util'
import { AnabranchError } from '../../errors.ts'
import { failpoint } from '../../failpoints.ts'
import { FileExistsError, OutputError, OutputIsDirectoryError } from './output-errors.ts'
import { outputTarget } from './output-target.ts'

/** The rights of a file that only its owner uses. */
const OWNER_RIGHTS = 0o600
/** All rights to read, write and execute. */
const ALL_RIGHTS = 0o777

/**
 * Throws where something is at the target: OutputIsDirectoryError, and FileExistsError without
 * `force`. A link counts itself, whatever it leads to.
 */
export function checkTarget(path: string, force: boolean): void {
  const present = lstatSync(path, { throwIfNoEntry: false })
  if (present === undefined) return
  if (present.isDirectory()) throw new OutputIsDirectoryError(path)
  if (!force) throw new FileExistsError(path)
}

/**
 * Checks whether an output can be made at the path, before anybody is asked for its content. Where a
 * file is there already nothing has to be made, perhaps. Throws OutputIsDirectoryError and
 * OutputError.
 */
export function checkOutputPath(path: string): void {
  if (outputTarget(path).kind === 'descriptor') return
  try {
    const present = lstatSync(path, { throwIfNoEntry: false })
    if (present?.isDirectory()) throw new OutputIsDirectoryError(path)
    // The slash leads nowhere where what should be a directory is none.
    if (present === undefined) accessSync(`${dirname(path)}/`, constants.W_OK | constants.X_OK)
    else if (outputTarget(path).kind !== 'file') accessSync(path, constants.W_OK)
  } catch (error) {
    throw error instanceof AnabranchError ? error : new OutputError(path, error)
  }
}

/**
 * Gives a file that is to replace the one at `path` the owner and the rights of that one, where
 * this process may. While it is written its owner can read and write it in any case.
 */
export async function takeRights(
  file: FileHandle,
  path: string,
  state: 'writing' | 'written'
): Promise<void> {
  const replaced = lstatSync(path, { throwIfNoEntry: false })
  if (!replaced?.isFile()) return
  const rights = (replaced.mode & ALL_RIGHTS) | (state === 'writing' ? OWNER_RIGHTS : 0)
  try {
    const { uid, gid } = await file.stat()
    if (uid !== replaced.uid || gid !== replaced.gid) await file.chown(replaced.uid, replaced.gid)
  } catch {
    // Only the superuser may give files away. The rights that follow are the more important part.
  }
  await file.chmod(rights).catch(() => {})
}

/** Sets when the file was last changed, in milliseconds since 1970, where the file system takes that time. */
export async function setModifiedAt(file: FileHandle, modifiedAtMs: number): Promise<void> {
  await file.utimes(new Date(), new Date(modifiedAtMs)).catch(() => {})
}

/**
 * Gives a finished file its name. Throws FileExistsError where there is another one without
 * `force`, and the file system's errors.
 */
export function putInPlace(partialPath: string, path: string, force: boolean): void {
  if (!force && linkTo(partialPath, path)) rmSync(partialPath)
  else renameSync(partialPath, path)
}

/** Syncs the directory, so that the new name, too, survives a power cut. Not every file system can. */
export async function syncDirectory(path: string): Promise<void> {
  try {
    const directory = openSync(path, 'r')
    await promisify(fsync)(directory).finally(() => closeSync(directory))
  } catch {
    // The file's own bytes are safe; only its name may be lost in a power cut.
  }
}

/**
 * Links the partial file to the target. Unlike a rename, a link never replaces a file that has
 * appeared there meanwhile. Returns false where there are no hard links.
 */
function linkTo(partialPath: string, path: string): boolean {
  try {
    linkSync(partialPath, path)
    failpoint('client.linked')
    return true
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'EEXIST') throw new FileExistsError(path)
    checkTarget(path, false)
    return false
  }
}
