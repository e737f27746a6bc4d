import { existsSync, mkdirSync, statSync } from 'node:fs'
import { dirname } from 'node:path'

/**
 * Makes a directory, and those above it that are missing; one that is there is taken as it is, also where
 * another process makes it at the same time. Node's own way to do this never ends where the system says of
 * every new directory that there is no such place, as /proc does. Throws the file system's errors.
 */
export function makeDirectory(path: string, mode = 0o777): void {
  try {
    makeOne(path, mode)
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ENOENT') throw error
    const parent = dirname(path)
    if (!existsSync(parent)) makeDirectory(parent, mode)
    // Where the parent is there by now, another process may have made it since the first try.
    makeOne(path, mode)
  }
}

function makeOne(path: string, mode: number): void {
  try {
    mkdirSync(path, { mode })
  } catch (error) {
    if (!statSync(path, { throwIfNoEntry: false })?.isDirectory()) throw error
  }
}
