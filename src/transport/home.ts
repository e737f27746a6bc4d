import { join } from 'node:path'
import type { PrivateKey } from '@libp2p/interface'
import { AnabranchError, ConfigurationError, ExitCode } from '../errors.ts'
import { diskCause, diskRemedy } from '../files/disk-faults.ts'
import { makeDirectory } from '../files/make-directory.ts'
import { LockForeignError, LockHeldError, ProcessLock } from '../files/process-lock.ts'
import { loadOrCreateIdentity } from './identity.ts'

const LOCK_FILE = 'lock'

/** Another process runs under the identity of this home. */
export class HomeBusyError extends AnabranchError {
  constructor(home: string, pid: number | undefined) {
    const holder = pid === undefined ? '' : ` (${pid})`
    super('ERR_HOME_BUSY', `another process${holder} uses the home ${home}; give this one another`, {
      exitCode: ExitCode.usage
    })
  }
}

/** A home that this process has taken. */
export interface TakenHome {
  /** The identity that is kept there. */
  privateKey: PrivateKey
  /** Gives the home up; does nothing when called again. */
  release(): void
}

/**
 * Takes the home for this process until it is released or the process ends. Two nodes with one
 * identity would take each other's connections, and mix up their caches.
 * Throws HomeBusyError and ConfigurationError.
 */
export async function takeHome(home: string): Promise<TakenHome> {
  makeHome(home)
  const lock = lockHome(home)
  const release = () => {
    process.off('exit', release)
    lock?.release()
  }
  process.on('exit', release)
  try {
    return { privateKey: await loadOrCreateIdentity(home), release }
  } catch (error) {
    release()
    throw error
  }
}

/** Takes the home for this process as long as it lives, and returns its identity. Throws as `takeHome` does. */
export async function openHome(home: string): Promise<PrivateKey> {
  return (await takeHome(home)).privateKey
}

function makeHome(home: string): void {
  try {
    makeDirectory(home, 0o700)
  } catch (error) {
    const message = `Cannot make the home ${home}: ${diskCause(error)}; ${diskRemedy(error)}`
    throw new ConfigurationError(`${message}, or give another home`, error)
  }
}

function lockHome(home: string): ProcessLock | undefined {
  try {
    return ProcessLock.take(join(home, LOCK_FILE))
  } catch (error) {
    if (error instanceof LockHeldError) throw new HomeBusyError(home, error.pid)
    if (error instanceof LockForeignError) {
      throw new ConfigurationError(`${error.message}; give another home`, error)
    }
    // A home that cannot be written is not locked: its identity is read all the same, or reading it
    // gives the error.
    return undefined
  }
}
