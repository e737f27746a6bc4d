import { dirname, join } from 'node:path'
import { OutputError } from '../client/output/output-errors.ts'
import { outputTarget } from '../client/output/output-target.ts'
import { UsageError } from '../errors.ts'
import { makeDirectory } from '../files/make-directory.ts'
import { baseName, parseContentName } from '../protocol/content-name.ts'

/**
 * The path of one content's output: in a directory it gets the content's base name. A path that ends
 * in a slash is a directory, which need not be there yet.
 */
export function targetOf(name: string, output: string | undefined): string {
  if (output === undefined) return baseName(name)
  return isDirectory(output) ? join(output, baseName(name)) : output
}

/**
 * The directory for several contents; default: the current one. Throws UsageError for a path that is
 * no directory and does not end in a slash.
 */
export function directoryOf(output: string | undefined): string {
  if (output === undefined) return '.'
  if (isDirectory(output)) return output
  throw new UsageError(
    output === '-'
      ? 'several contents cannot go to stdout; give a directory with -o DIR/'
      : `${output} is no directory, and several contents need one; give it with a slash at its end: ${output}/`
  )
}

/**
 * The path of a content's output below a directory, with the folders of its name. It never leads out
 * of the directory by itself; links that are in there are the user's. Throws InvalidContentNameError.
 */
export function targetBelow(directory: string, name: string): string {
  return join(directory, parseContentName(name))
}

/** Makes the folders in which an output is to stand. Throws OutputError. */
export function makeFolders(target: string): void {
  try {
    makeDirectory(dirname(target))
  } catch (error) {
    throw new OutputError(target, error)
  }
}

function isDirectory(path: string): boolean {
  return path.endsWith('/') || outputTarget(path).kind === 'directory'
}
