import {
  accessSync,
  type BigIntStats,
  closeSync,
  constants,
  lstatSync,
  openSync,
  realpathSync,
  rmSync,
  writeFileSync
} from 'node:fs'
import { basename, dirname, join, resolve } from 'node:path'
import type { DatabaseSync } from 'node:sqlite'
import { PlacedFile } from './placed-file.ts'

/** Marks a lock file as one of this program's: 'Anab', in the field that SQLite keeps for that. */
const APPLICATION_ID = 0x416e6162

/**
 * Time in milliseconds that SQLite waits for another process to mark its lock; a lock that is still
 * held then is refused.
 */
const BUSY_MS = 50

/** Number of tries, as another process may remove the lock file just while it is being taken. */
const MAX_TRIES = 100

/** Most bytes of a path that SQLite opens; its own limit is 512, with room for a journal's name. */
const MAX_PATH_BYTES = 500

/** Result codes of SQLite, see https://www.sqlite.org/rescode.html. */
/** A general error; one of its cases is that there is no transaction. */
const SQLITE_ERROR = 1
const SQLITE_BUSY = 5
const SQLITE_READONLY = 8
const SQLITE_IOERR = 10
const SQLITE_FULL = 13
const SQLITE_NOTADB = 26
/** An extended result code: the file was removed since it was opened. */
const SQLITE_READONLY_DBMOVED = 1032

/** The lock is held by another process, or by another part of this one. */
export class LockHeldError extends Error {
  /** The holder's process id, where it could be read. */
  readonly pid: number | undefined

  constructor(path: string, pid: number | undefined) {
    super(`${path} is locked by ${pid === undefined ? 'another process' : `process ${pid}`}`)
    this.name = 'LockHeldError'
    this.pid = pid
  }
}

/** A file that is no lock of this program has the lock file's name. */
export class LockForeignError extends Error {
  constructor(path: string) {
    super(`${path} is no lock file of this program`)
    this.name = 'LockForeignError'
  }
}

/** Keeps databases from the garbage collector, which would close them and so give up their locks. */
const heldDatabases = new Set<DatabaseSync>()

/** A lock on a path, held by at most one process, and by at most one owner inside that process. */
export class ProcessLock {
  readonly #path: string
  readonly #database: DatabaseSync
  readonly #file: PlacedFile

  private constructor(path: string, database: DatabaseSync) {
    this.#path = path
    this.#database = database
    this.#file = new PlacedFile(path)
    heldDatabases.add(database)
  }

  /**
   * Takes the lock whose file is `path`, and makes that file. Node has no locks on files, but
   * SQLite takes the kernel's: the kernel frees them with their process, however that ends, so a
   * lock is never stale, whatever a lock file says. Processes in other namespaces and containers
   * that see the same file are kept out as well. Returns undefined on a file system that has no
   * locks, and for a path that is too long for SQLite. Throws LockHeldError, LockForeignError, and the errors of the file system and of SQLite.
   */
  static take(path: string): ProcessLock | undefined {
    const absolute = resolve(path)
    if (isTooLong(absolute)) return undefined
    for (let tries = 0; tries < MAX_TRIES; tries++) {
      makeLockFile(absolute)
      const database = openDatabase(absolute)
      try {
        if (takeDatabase(database, absolute)) return new ProcessLock(absolute, database)
        database.close()
      } catch (error) {
        const failure = toLockError(error, path, database)
        database.close()
        if (failure === 'retry') continue
        if (failure === 'no locks') return withoutLock(absolute)
        throw failure
      }
    }
    throw new LockHeldError(path, undefined)
  }

  /** Removes the lock file and gives the lock up. Does nothing when called again. */
  release(): void {
    if (!heldDatabases.delete(this.#database)) return
    if (this.#file.isInPlace) rmSync(this.#path, { force: true })
    this.#database.close()
  }
}

/** Whether SQLite cannot open the path, in which it follows all links. */
function isTooLong(path: string): boolean {
  const directory = realpathSync(dirname(path))
  return Buffer.byteLength(join(directory, basename(path))) > MAX_PATH_BYTES
}

/**
 * Makes the lock file if it is not there. An existing file is never opened and closed here: by
 * POSIX's rules closing it would free the locks that this process has on it.
 */
function makeLockFile(path: string): void {
  const present = statOf(path)
  if (present !== undefined) {
    if (!present.isFile()) throw new LockForeignError(path)
    return
  }
  try {
    writeFileSync(path, '', { flag: 'wx' })
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw error
  }
}

function openDatabase(path: string): DatabaseSync {
  // SQLite is not imported at the top, as most commands do without it.
  const { DatabaseSync } = process.getBuiltinModule('node:sqlite')
  try {
    return new DatabaseSync(path, { timeout: BUSY_MS })
  } catch (error) {
    throw reasonOf(path) ?? error
  }
}

/**
 * The file system's error for which SQLite, which does not name it, cannot open or write the file;
 * undefined where there is none. The file itself is not opened: see makeLockFile.
 */
function reasonOf(path: string): unknown {
  try {
    closeSync(openSync(dirname(path), constants.O_RDONLY))
    accessSync(path, constants.R_OK | constants.W_OK)
    return undefined
  } catch (error) {
    return error
  }
}

/**
 * Locks the database. Returns false where the locked file is not the one that others find. Throws
 * LockForeignError and SQLite's errors.
 */
function takeDatabase(database: DatabaseSync, path: string): boolean {
  if (!isOurs(database)) throw new LockForeignError(path)
  database.exec('PRAGMA journal_mode = MEMORY; PRAGMA synchronous = OFF; BEGIN IMMEDIATE')
  return !mark(database) || isMarkedAt(path)
}

/**
 * Whether the file is one of our locks, or new. Both facts are read in one transaction, as a file
 * that another process has just made is empty before it is marked.
 */
function isOurs(database: DatabaseSync): boolean {
  database.exec('BEGIN')
  const isEmpty = readPragma(database, 'page_count') === 0
  const isMarked = readPragma(database, 'application_id') === APPLICATION_ID
  database.exec('COMMIT')
  return isEmpty || isMarked
}

/**
 * Marks the lock as ours. Others can read the mark only once it is committed, and the commit gives
 * the lock up for a moment. Returns false on a full disk, where the lock holds all the same.
 */
function mark(database: DatabaseSync): boolean {
  let isMarked = true
  try {
    database.exec(`PRAGMA application_id = ${APPLICATION_ID}; PRAGMA user_version = ${process.pid}; COMMIT`)
  } catch (error) {
    if (primaryCode(error) !== SQLITE_FULL) throw error
    rollBack(database)
    isMarked = false
  }
  database.exec('BEGIN IMMEDIATE')
  return isMarked
}

/** Ends a transaction that an error may have left open; only some errors end it. */
function rollBack(database: DatabaseSync): void {
  try {
    database.exec('ROLLBACK')
  } catch (error) {
    if (primaryCode(error) !== SQLITE_ERROR) throw error
  }
}

/**
 * Whether the file at the path is the one that this process has marked and locked. A holder removes
 * its file before it gives the lock up: a process that opened the file before that has locked a
 * file that nobody else will find. Inode numbers cannot tell, as they are used again.
 */
function isMarkedAt(path: string): boolean {
  const database = openDatabase(path)
  try {
    return readPragma(database, 'user_version') === process.pid
  } finally {
    database.close()
  }
}

/** Turns a failure to take the lock into the error to throw, or into the way to go on without one. */
function toLockError(error: unknown, path: string, database: DatabaseSync): unknown {
  if ((error as { errcode?: number }).errcode === SQLITE_READONLY_DBMOVED) return 'retry'
  switch (primaryCode(error)) {
    case SQLITE_BUSY:
      return new LockHeldError(path, holderOf(database))
    case SQLITE_NOTADB:
      return new LockForeignError(path)
    case SQLITE_IOERR:
      return 'no locks'
    case SQLITE_READONLY:
      return reasonOf(path) ?? error
    default:
      return error
  }
}

/** Removes an empty lock file, which was made here or by another run that could not lock it either. */
function withoutLock(path: string): undefined {
  if (statOf(path)?.size === 0n) rmSync(path, { force: true })
}

/**
 * The process id that the holder has left in the file; undefined where no process here has it, as that
 * of a holder in another container or on another machine.
 */
function holderOf(database: DatabaseSync): number | undefined {
  try {
    const pid = readPragma(database, 'user_version')
    return pid > 0 && isProcess(pid) ? pid : undefined
  } catch {
    return undefined
  }
}

function isProcess(pid: number): boolean {
  try {
    return process.kill(pid, 0)
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'EPERM'
  }
}

function readPragma(database: DatabaseSync, name: 'application_id' | 'user_version' | 'page_count'): number {
  return Number(database.prepare(`PRAGMA ${name}`).get()![name])
}

/** The primary result code in a code that may be an extended one. */
function primaryCode(error: unknown): number | undefined {
  const { errcode } = error as { errcode?: number }
  return errcode === undefined ? undefined : errcode & 0xff
}

function statOf(path: string): BigIntStats | undefined {
  return lstatSync(path, { bigint: true, throwIfNoEntry: false })
}
