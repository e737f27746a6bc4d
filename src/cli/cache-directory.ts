import { join } from 'node:path'
import { AnabranchError, ConfigurationError, ExitCode } from '../errors.ts'
import { diskCause, diskRemedy } from '../files/disk-faults.ts'
import { makeDirectory } from '../files/make-directory.ts'
import { LockHeldError, ProcessLock } from '../files/process-lock.ts'
import type { BlockFiles } from '../gateway/block-files.ts'
import type { Reporter } from './reporter.ts'

const LOCK_FILE = 'lock'

/** Another gateway keeps its blocks in this directory. */
class CacheBusyError extends AnabranchError {
  constructor(directory: string, pid: number | undefined) {
    const holder = pid === undefined ? '' : ` (${pid})`
    super(
      'ERR_CACHE_BUSY',
      `another process${holder} uses the cache ${directory}; give this one another with --cache-dir DIR`,
      { exitCode: ExitCode.usage }
    )
  }
}

/**
 * Takes the directory for this process as long as it lives, makes it where there is none, and opens the blocks in it. What
 * fails afterwards is told as a problem. See BlockFilesOptions for the bounds. Throws CacheBusyError and ConfigurationError.
 */
export async function openCacheDirectory(
  directory: string,
  maxBytes: number,
  maxWaitingBytes: number,
  reporter: Reporter
): Promise<BlockFiles> {
  const { BlockFiles } = await import('../gateway/block-files.ts')
  const onProblem = (error: Error) => {
    const message = `The cache ${directory} has failed: ${diskCause(error)}; ${diskRemedy(error)}`
    reporter.tell({ event: 'problem', message }, message)
  }
  try {
    makeDirectory(directory, 0o700)
    const lock = ProcessLock.take(join(directory, LOCK_FILE))
    process.on('exit', () => lock?.release())
    return await BlockFiles.open({ directory, maxBytes, maxWaitingBytes, onProblem })
  } catch (error) {
    if (error instanceof LockHeldError) throw new CacheBusyError(directory, error.pid)
    const message = `Cannot use the cache ${directory}: ${diskCause(error)}; ${diskRemedy(error)}`
    throw new ConfigurationError(`${message}, or give another --cache-dir`, error)
  }
}
