import type { DatabaseSync } from 'node:sqlite'
import { AnabranchError, ExitCode } from '../errors.ts'
import { PlacedFile } from '../files/placed-file.ts'
import { ACCOUNT_LIMITS } from './limits.ts'
import { DAY_MS, type Usage } from './usage-tally.ts'

/** Days are text, such as 2026-07-31, so that people can read the file with any program for SQLite. */
const SCHEMA = `
  CREATE TABLE IF NOT EXISTS usage (
    day TEXT NOT NULL, session TEXT NOT NULL, peer TEXT NOT NULL, bytes INTEGER NOT NULL,
    PRIMARY KEY (day, session, peer)
  ) STRICT, WITHOUT ROWID;
  CREATE TABLE IF NOT EXISTS receipts (
    session TEXT NOT NULL, route INTEGER NOT NULL, opening INTEGER NOT NULL, client TEXT NOT NULL,
    day TEXT NOT NULL, bytes INTEGER NOT NULL, signed BLOB NOT NULL,
    PRIMARY KEY (session, route, opening, client)
  ) STRICT`

const ADD_USAGE = `
  INSERT INTO usage (day, session, peer, bytes) VALUES (?, ?, ?, ?)
  ON CONFLICT DO UPDATE SET bytes = bytes + excluded.bytes`
const PUT_RECEIPT = `
  INSERT INTO receipts (session, route, opening, client, day, bytes, signed) VALUES (?, ?, ?, ?, ?, ?, ?)
  ON CONFLICT DO UPDATE SET day = excluded.day, bytes = excluded.bytes, signed = excluded.signed
  WHERE excluded.bytes > bytes`
const SUMS =
  'count(DISTINCT session) AS sessions, count(DISTINCT peer) AS peers, coalesce(sum(bytes), 0) AS bytes'

/** SQLite's code for a file that it can neither open nor make. */
const SQLITE_CANTOPEN = 14

/** The file of a relay's accounts cannot be read or written. */
export class AccountsError extends AnabranchError {
  constructor(path: string, cause: unknown) {
    super('ERR_ACCOUNTS', `The relay's accounts in ${path} cannot be used: ${reasonOf(cause)}`, {
      exitCode: ExitCode.disk,
      cause
    })
  }
}

function reasonOf(cause: unknown): string {
  const { errcode = 0, message } = cause as Error & { errcode?: number }
  const isClosed = (errcode & 0xff) === SQLITE_CANTOPEN
  return isClosed ? 'the file or its directory is missing, or this user has no right to it' : message
}

/** A receipt as it is kept. */
export interface KeptReceipt {
  /** Hex. */
  sessionId: string
  route: number
  opening: number
  /** Peer id. */
  client: string
  bytes: number
  /** The receipt in its signed form. */
  signed: Uint8Array
}

/** What sessions and peers have used; bytes of frames, in both directions. */
export interface UsageSum {
  sessions: number
  peers: number
  bytes: number
}

/** The name of a day, such as 2026-07-31. `day`: days since 1970, UTC. */
export function dayName(day: number): string {
  return new Date(day * DAY_MS).toISOString().slice(0, 10)
}

/**
 * A relay's accounts in a SQLite file. One process writes it, and others can read it meanwhile. Every method throws
 * AccountsError when the file cannot be used; then the store has to be closed, which takes back what was half written.
 */
export class AccountStore {
  readonly #path: string
  readonly #database: DatabaseSync
  readonly #file: PlacedFile
  #forgottenOn: string | undefined

  private constructor(path: string, database: DatabaseSync) {
    this.#path = path
    this.#database = database
    this.#file = new PlacedFile(path)
  }

  /** Opens the file for the relay itself; makes it where there is none. `maxBytes`: of the file. */
  static create(path: string, maxBytes: number = ACCOUNT_LIMITS.maxFileBytes): AccountStore {
    return openStore(path, false, database => {
      // Readers are never waited for. The disk is waited for only now and then, when what was written is put together.
      database.exec('PRAGMA journal_mode = WAL; PRAGMA synchronous = NORMAL; PRAGMA busy_timeout = 100')
      const { page_size } = database.prepare('PRAGMA page_size').get() as { page_size: number }
      database.exec(`PRAGMA max_page_count = ${Math.floor(maxBytes / page_size)}`)
      database.exec(SCHEMA)
      return new AccountStore(path, database)
    })
  }

  /** Opens a file that is there, to read it. */
  static read(path: string): AccountStore {
    return openStore(path, true, database => {
      database.exec('PRAGMA busy_timeout = 5000')
      return new AccountStore(path, database)
    })
  }

  /** Whether the file is still where it was opened: what is written to a removed file is lost. */
  get isInPlace(): boolean {
    return this.#file.isInPlace
  }

  /** Whether nothing was ever written: the relay could make no more than the file, on a full disk. */
  get isUnused(): boolean {
    return this.#all("SELECT 1 FROM sqlite_schema WHERE name = 'receipts'").length === 0
  }

  /** Adds to the accounts, all or nothing, and forgets what is too old. `today`: days since 1970, UTC. */
  write(usage: readonly Usage[], receipts: readonly KeptReceipt[], today: number): void {
    this.#guard(database => {
      database.exec('BEGIN IMMEDIATE')
      const addUsage = database.prepare(ADD_USAGE)
      for (const { day, sessionId, peerId, bytes } of usage) {
        addUsage.run(dayName(day), sessionId, peerId, bytes)
      }
      const putReceipt = database.prepare(PUT_RECEIPT)
      for (const { sessionId, route, opening, client, bytes, signed } of receipts) {
        putReceipt.run(sessionId, route, opening, client, dayName(today), bytes, signed)
      }
      this.#forget(dayName(today - ACCOUNT_LIMITS.keptDays))
      database.exec('COMMIT')
    })
  }

  /** The days from one on, such as 2026-07-31, the earliest first. */
  usageByDay(firstDay: string): Array<UsageSum & { day: string }> {
    return this.#all(`SELECT day, ${SUMS} FROM usage WHERE day >= ? GROUP BY day ORDER BY day`, firstDay)
  }

  /** All from one day on. */
  usageSince(firstDay: string): UsageSum {
    return this.#all<UsageSum>(`SELECT ${SUMS} FROM usage WHERE day >= ?`, firstDay)[0]!
  }

  /** The latest receipt of every client for each stream, in their signed form; the latest day last. */
  receipts(): Uint8Array[] {
    const rows = this.#all<{ signed: Uint8Array }>('SELECT signed FROM receipts ORDER BY day, session, route')
    return rows.map(({ signed }) => signed)
  }

  close(): void {
    this.#database.close()
  }

  /** Forgets what is older than a day, once a day. */
  #forget(firstDay: string): void {
    if (this.#forgottenOn === firstDay) return
    for (const table of ['usage', 'receipts']) {
      this.#database.prepare(`DELETE FROM ${table} WHERE day < ?`).run(firstDay)
    }
    this.#forgottenOn = firstDay
  }

  #all<T>(query: string, ...values: string[]): T[] {
    return this.#guard(database => database.prepare(query).all(...values) as T[])
  }

  #guard<T>(action: (database: DatabaseSync) => T): T {
    try {
      return action(this.#database)
    } catch (error) {
      throw new AccountsError(this.#path, error)
    }
  }
}

function openStore(
  path: string,
  readOnly: boolean,
  prepare: (database: DatabaseSync) => AccountStore
): AccountStore {
  let database: DatabaseSync | undefined
  try {
    // Loaded here, as early versions of Node 22 have it behind a flag only, and no other command needs it.
    const sqlite = process.getBuiltinModule('node:sqlite')
    if (!sqlite) throw new Error(`Node ${process.versions.node} has no node:sqlite; use Node 22.13 or later`)
    database = new sqlite.DatabaseSync(path, { readOnly })
    return prepare(database)
  } catch (error) {
    database?.close()
    throw new AccountsError(path, error)
  }
}
