import { existsSync, mkdirSync, statSync } from 'node:fs'
import { dirname } from 'node:path'

/**
 * Makes a directory, and those above it that are missing; one that is there is taken as it is. Node's
 * own way to do this never ends where the system says of every new directory that there is no such
 * place, as /proc does. Throws the file system's errors.
 */
export function makeDirectory(path: string, mode = 0o777): void {
  try {
    mkdirSync(path, { mode })
  } catch (error) {
    if (statSync(path, { throwIfNoEntry: false })?.isDirectory()) return
    const parent = dirname(path)
    if ((error as NodeJS.ErrnoException).code !== 'ENOENT' || existsSync(parent)) throw error
    makeDirectory(parent, mode)
    makeDirectory(path, mode)
  }
}
