import { type BigIntStats, lstatSync, rmSync, writeFileSync } from 'node:fs'
import { resolve } from 'node:path'
import type { DatabaseSync } from 'node:sqlite'

/** Marks a lock file as one of this program's: 'Anab', in the field that SQLite keeps for that. */
const APPLICATION_ID = 0x416e6162

/** Another process marks its lock within this time, in milliseconds; a lock that is held is refused after it. */
const BUSY_MS = 50

/** How often another process may remove the lock file just while it is being taken. */
const MAX_TRIES = 100

/** Result codes of SQLite, see https://www.sqlite.org/rescode.html. */
/** Among others: there is no transaction. */
const SQLITE_ERROR = 1
const SQLITE_BUSY = 5
const SQLITE_IOERR = 10
const SQLITE_FULL = 13
const SQLITE_NOTADB = 26
/** An extended one: the file was removed since it was opened. */
const SQLITE_READONLY_DBMOVED = 1032

/** Another process holds the lock, or another part of this one. */
export class LockHeldError extends Error {
  /** The holder's process id, where it could be read. */
  readonly pid: number | undefined

  constructor(path: string, pid: number | undefined) {
    super(`${path} is locked by ${pid === undefined ? 'another process' : `process ${pid}`}`)
    this.name = 'LockHeldError'
    this.pid = pid
  }
}

/** Something that is no lock of this program has the lock file's name. */
export class LockForeignError extends Error {
  constructor(path: string) {
    super(`${path} is no lock file of this program`)
    this.name = 'LockForeignError'
  }
}

/** Keeps databases from the garbage collector, which would close them and so give up their locks. */
const heldDatabases = new Set<DatabaseSync>()

/** A lock on a path that at most one process holds, and in it at most one owner. */
export class ProcessLock {
  readonly #path: string
  readonly #database: DatabaseSync
  readonly #file: BigIntStats | undefined

  private constructor(path: string, database: DatabaseSync) {
    this.#path = path
    this.#database = database
    this.#file = statOf(path)
    heldDatabases.add(database)
  }

  /**
   * Takes the lock whose file is `path`, and makes that file. Node has no locks on files, but SQLite takes the kernel's: the
   * kernel frees them with their process, however that ends, so a lock is never stale, whatever a lock file says. Processes
   * in other namespaces and containers that see the same file are kept out as well. Gives undefined on a file system that has
   * no locks. Throws LockHeldError, LockForeignError, and the errors of the file system and of SQLite.
   */
  static take(path: string): ProcessLock | undefined {
    const absolute = resolve(path)
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

  /** Removes the lock file and lets go. Does nothing when called again. */
  release(): void {
    if (!heldDatabases.delete(this.#database)) return
    const present = statOf(this.#path)
    const isOurs = present?.ino === this.#file?.ino && present?.dev === this.#file?.dev
    if (isOurs) rmSync(this.#path, { force: true })
    this.#database.close()
  }
}

/**
 * The lock file, made if it is not there. It is never opened and closed here while it exists: by POSIX's rules that would free
 * the locks that this process has on it.
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
  // Not loaded by an import: most commands do without it.
  const { DatabaseSync } = process.getBuiltinModule('node:sqlite')
  return new DatabaseSync(path, { timeout: BUSY_MS })
}

/** False where the file that was locked is not the one that others find. Throws LockForeignError and SQLite's errors. */
function takeDatabase(database: DatabaseSync, path: string): boolean {
  if (!isOurs(database)) throw new LockForeignError(path)
  database.exec('PRAGMA journal_mode = MEMORY; PRAGMA synchronous = OFF; BEGIN IMMEDIATE')
  return !mark(database) || isMarkedAt(path)
}

/** Both are read at one moment: a file that another process has just made is empty before it is marked. */
function isOurs(database: DatabaseSync): boolean {
  database.exec('BEGIN')
  const isEmpty = readPragma(database, 'page_count') === 0
  const isMarked = readPragma(database, 'application_id') === APPLICATION_ID
  database.exec('COMMIT')
  return isEmpty || isMarked
}

/**
 * Says whose lock it is. Others can read that only once it is committed, which lets go of the lock for a moment. False on a full
 * disk: the lock holds all the same.
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

/** Some of the errors that end a transaction leave it open. */
function rollBack(database: DatabaseSync): void {
  try {
    database.exec('ROLLBACK')
  } catch (error) {
    if (primaryCode(error) !== SQLITE_ERROR) throw error
  }
}

/**
 * Whether the file that the path leads to is the one that this process has marked and locked. A holder removes its file before it
 * lets go: whoever opened it before that has locked what nobody else will find. Inode numbers do not tell, they are used again.
 */
function isMarkedAt(path: string): boolean {
  const database = openDatabase(path)
  try {
    return readPragma(database, 'user_version') === process.pid
  } finally {
    database.close()
  }
}

/** An error, or how to go on without one. */
function toLockError(error: unknown, path: string, database: DatabaseSync): unknown {
  if ((error as { errcode?: number }).errcode === SQLITE_READONLY_DBMOVED) return 'retry'
  switch (primaryCode(error)) {
    case SQLITE_BUSY:
      return new LockHeldError(path, holderOf(database))
    case SQLITE_NOTADB:
      return new LockForeignError(path)
    case SQLITE_IOERR:
      return 'no locks'
    default:
      return error
  }
}

/** An empty file was made here, or by another run that could not lock it either. */
function withoutLock(path: string): undefined {
  if (statOf(path)?.size === 0n) rmSync(path, { force: true })
}

function holderOf(database: DatabaseSync): number | undefined {
  try {
    const pid = readPragma(database, 'user_version')
    return pid > 0 ? pid : undefined
  } catch {
    return undefined
  }
}

function readPragma(database: DatabaseSync, name: 'application_id' | 'user_version' | 'page_count'): number {
  return Number(database.prepare(`PRAGMA ${name}`).get()![name])
}

/** Of what may be an extended code. */
function primaryCode(error: unknown): number | undefined {
  const { errcode } = error as { errcode?: number }
  return errcode === undefined ? undefined : errcode & 0xff
}

function statOf(path: string): BigIntStats | undefined {
  return lstatSync(path, { bigint: true, throwIfNoEntry: false })
}
