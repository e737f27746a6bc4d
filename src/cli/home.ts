import { join } from 'node:path'
import type { PrivateKey } from '@libp2p/interface'
import { AnabranchError, ConfigurationError, ExitCode } from '../errors.ts'
import { diskCause, diskRemedy } from '../files/disk-faults.ts'
import { makeDirectory } from '../files/make-directory.ts'
import { LockForeignError, LockHeldError, ProcessLock } from '../files/process-lock.ts'
import { loadOrCreateIdentity } from '../transport/identity.ts'

const LOCK_FILE = 'lock'

/** Another process runs under the identity of this home. */
export class HomeBusyError extends AnabranchError {
  constructor(home: string, pid: number | undefined) {
    const holder = pid === undefined ? '' : ` (${pid})`
    super(
      'ERR_HOME_BUSY',
      `another process${holder} uses the home ${home}; give this one another with --home DIR`,
      { exitCode: ExitCode.usage }
    )
  }
}

/**
 * Takes the home for this process as long as it lives, and returns its identity. Two nodes with one
 * identity would take each other's connections, and mix up their caches.
 * Throws HomeBusyError and ConfigurationError.
 */
export async function openHome(home: string): Promise<PrivateKey> {
  makeHome(home)
  lockHome(home)
  return await loadOrCreateIdentity(home)
}

function makeHome(home: string): void {
  try {
    makeDirectory(home, 0o700)
  } catch (error) {
    const message = `Cannot make the home ${home}: ${diskCause(error)}; ${diskRemedy(error)}`
    throw new ConfigurationError(`${message}, or give another --home`, error)
  }
}

function lockHome(home: string): void {
  try {
    const lock = ProcessLock.take(join(home, LOCK_FILE))
    process.on('exit', () => lock?.release())
  } catch (error) {
    if (error instanceof LockHeldError) throw new HomeBusyError(home, error.pid)
    if (error instanceof LockForeignError) {
      throw new ConfigurationError(`${error.message}; give another --home`, error)
    }
    // A home that cannot be written is not locked: its identity is read all the same, or reading it
    // gives the error.
  }
}
