import { createHash } from 'node:crypto'
import { rmSync } from 'node:fs'
import type { DatabaseSync, StatementSync } from 'node:sqlite'
import { PlacedFile } from '../files/placed-file.ts'
import { equalBytes } from '../protocol/bytes.ts'
import { merkleRoot } from '../protocol/merkle.ts'

/** What is kept of a content of one group. */
export interface KeptContent {
  /** Its leaf hashes, all of them. */
  leaves: Uint8Array
  /** Its record as the source has signed it. */
  recordBytes: Uint8Array
}

/** A content to keep; `key` tells the state of its file, see `hashCacheKey`. */
export interface NewContent extends KeptContent {
  name: string
  key: Uint8Array
}

/** `seal` is the SHA-256 of the key, the record and the leaves: it finds other states of the file, and damage. */
const SCHEMA = `CREATE TABLE IF NOT EXISTS contents (
  name TEXT PRIMARY KEY, seal BLOB NOT NULL, leaves BLOB NOT NULL, record BLOB NOT NULL
) STRICT, WITHOUT ROWID`

/** Result codes of SQLite for a file that is damaged and one that is none of its own, see https://www.sqlite.org/rescode.html. */
const DAMAGED = [11, 26]
/** The lower byte of a result code; the others give details. */
const PRIMARY_CODE = 0xff

/** The database, and its statements that are used for each content. */
interface Opened {
  file: PlacedFile
  database: DatabaseSync
  find: StatementSync
  put: StatementSync
  remove: StatementSync
}

/**
 * The hashes and signed records of a directory's small contents, in one SQLite file that one thread writes. A file that is
 * damaged or removed is made anew, for all that it holds can be made again. Every method throws SQLite's error where the file cannot be
 * used otherwise.
 */
export class HashStore {
  readonly #path: string
  #opened: Opened | undefined

  /** The file is opened, or made, when it is first needed. */
  constructor(path: string) {
    this.#path = path
  }

  /** Returns what is kept for this state of a content's file. */
  find(name: string, key: Uint8Array): KeptContent | undefined {
    return this.#use(({ find }) => kept(find.get(name), key))
  }

  /** Keeps these, all or none. */
  put(contents: readonly NewContent[]): void {
    this.#change(contents, ({ put }, { name, key, leaves, recordBytes }) => {
      put.run(name, sealOf(key, leaves, recordBytes), leaves, recordBytes)
    })
  }

  remove(names: readonly string[]): void {
    this.#change(names, ({ remove }, name) => {
      remove.run(name)
    })
  }

  /** Forgets all contents but these. */
  keepOnly(names: readonly string[]): void {
    const wanted = new Set(names)
    const present = this.#use(({ database }) =>
      database.prepare('SELECT name FROM contents').all().map(nameIn)
    )
    this.remove(present.filter(name => !wanted.has(name)))
  }

  close(): void {
    this.#opened?.database.close()
    this.#opened = undefined
  }

  #change<T>(items: readonly T[], change: (opened: Opened, item: T) => void): void {
    if (items.length === 0) return
    this.#use(opened => {
      opened.database.exec('BEGIN IMMEDIATE')
      for (const item of items) change(opened, item)
      opened.database.exec('COMMIT')
    })
  }

  /** An action that fails takes back what it has half written. */
  #use<T>(action: (opened: Opened) => T): T {
    try {
      return action(this.#open())
    } catch (error) {
      this.close()
      if (!isDamaged(error)) throw error
      for (const end of ['', '-wal', '-shm']) rmSync(this.#path + end, { force: true })
      return action(this.#open())
    }
  }

  #open(): Opened {
    // What goes into a removed file is found by nobody.
    if (this.#opened?.file.isInPlace === false) this.close()
    this.#opened ??= openStore(this.#path)
    return this.#opened
  }
}

/**
 * Reads the leaf hashes of one content from a store that another thread writes; undefined where those under this root
 * are not there, or the store cannot be used.
 */
export function readLeaves(path: string, name: string, rootHash: Uint8Array): Uint8Array | undefined {
  let database: DatabaseSync | undefined
  try {
    database = openDatabase(path, true)
    const { leaves } = database.prepare(FIND).get(name) as unknown as ContentRow
    return equalBytes(merkleRoot(leaves), rootHash) ? leaves : undefined
  } catch {
    return undefined
  } finally {
    // By hand, as `using` takes a database from Node 22.15 on only.
    database?.close()
  }
}

interface ContentRow {
  seal: Uint8Array
  leaves: Uint8Array
  record: Uint8Array
}

const FIND = 'SELECT seal, leaves, record FROM contents WHERE name = ?'

function openStore(path: string): Opened {
  const database = openDatabase(path, false)
  try {
    // Who reads is never waited for, and the disk only when what was written is put together.
    database.exec('PRAGMA journal_mode = WAL; PRAGMA synchronous = NORMAL; PRAGMA busy_timeout = 5000')
    database.exec(SCHEMA)
    return {
      file: new PlacedFile(path),
      database,
      find: database.prepare(FIND),
      put: database.prepare('INSERT OR REPLACE INTO contents VALUES (?, ?, ?, ?)'),
      remove: database.prepare('DELETE FROM contents WHERE name = ?')
    }
  } catch (error) {
    database.close()
    throw error
  }
}

function openDatabase(path: string, readOnly: boolean): DatabaseSync {
  // Loaded here, as early versions of Node 22 have it behind a flag only.
  const { DatabaseSync } = process.getBuiltinModule('node:sqlite')
  return new DatabaseSync(path, { readOnly })
}

function kept(row: ReturnType<StatementSync['get']>, key: Uint8Array): KeptContent | undefined {
  if (row === undefined) return undefined
  const { seal, leaves, record } = row as unknown as ContentRow
  return sealOf(key, leaves, record).equals(seal) ? { leaves, recordBytes: record } : undefined
}

function sealOf(key: Uint8Array, leaves: Uint8Array, record: Uint8Array): Buffer {
  return createHash('sha256').update(key).update(record).update(leaves).digest()
}

function nameIn({ name }: Record<string, unknown>): string {
  return name as string
}

function isDamaged(error: unknown): boolean {
  const { errcode } = error as { errcode?: number }
  return errcode !== undefined && DAMAGED.includes(errcode & PRIMARY_CODE)
}
