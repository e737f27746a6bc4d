import { existsSync, mkdirSync } from 'node:fs'
import { dirname, join, resolve } from 'node:path'
import type { PrivateKey } from '@libp2p/interface'
import { AnabranchError, ConfigurationError, ExitCode } from '../errors.ts'
import { diskCause, diskRemedy } from '../files/disk-faults.ts'
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
  lockHome(home)
  return await loadOrCreateIdentity(home)
}

/**
 * Makes a directory, with those above it. One that is there is taken as it is. Node's own way to do
 * this never ends where the system says of every new directory that there is no such place, as
 * /proc does. Throws ConfigurationError.
 */
function makeDirectory(path: string): void {
  try {
    makeWithParents(resolve(path))
  } catch (error) {
    const message = `Cannot make the home ${path}: ${diskCause(error)}; ${diskRemedy(error)}`
    throw new ConfigurationError(`${message}, or give another --home`, error)
  }
}

function makeWithParents(path: string): void {
  if (existsSync(path)) return
  const parent = dirname(path)
  if (parent !== path) makeWithParents(parent)
  try {
    mkdirSync(path, { mode: 0o700 })
  } catch (error) {
    // Another process may have made it in the meantime.
    if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw error
  }
}

function lockHome(home: string): void {
  makeDirectory(home)
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
