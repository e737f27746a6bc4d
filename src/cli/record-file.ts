import { closeSync, fstatSync, openSync, readSync, writeSync } from 'node:fs'
import { resolve } from 'node:path'
import { UsageError } from '../errors.ts'
import type { Reporter } from './reporter.ts'

/** Lines written at once: a write holds up the transfer. */
const BATCH_LINES = 2_000
/** What every record begins with. */
const BEGINNING = Buffer.from('{"record":')

/**
 * The file of `client fetch --record`. An earlier record there is replaced with the first line, not before: a fetch that
 * fails before it has begun leaves it as it was. The fetch is worth more than its record: when the disk is full, that is told
 * and the fetch goes on.
 */
export class RecordFile {
  readonly #path: string
  readonly #reporter: Reporter
  #file: number | undefined
  #waiting: string[] = []
  #hasFailed = false

  /** Throws UsageError for a file that holds something else than a record, or is the output's own. */
  constructor(path: string, outputPath: string, reporter: Reporter) {
    if (resolve(path) === resolve(outputPath)) {
      throw new UsageError(`--record ${path} is the output's own name; choose another`)
    }
    if (!mayReplace(path)) {
      throw new UsageError(`--record ${path} exists and is no record; choose another name, or move it away`)
    }
    this.#path = path
    this.#reporter = reporter
  }

  write(line: string): void {
    if (this.#waiting.push(line) >= BATCH_LINES || this.#file === undefined) this.#flush()
  }

  close(): void {
    this.#flush()
    if (this.#file !== undefined) closeSync(this.#file)
  }

  #flush(): void {
    const lines = this.#waiting
    this.#waiting = []
    if (lines.length === 0 || this.#hasFailed) return
    try {
      this.#file ??= openSync(this.#path, 'w')
      writeAll(this.#file, Buffer.from(`${lines.join('\n')}\n`))
    } catch (error) {
      this.#hasFailed = true
      const message = `the record ${this.#path} ends here: ${(error as Error).message}; the fetch goes on`
      this.#reporter.tell({ event: 'problem', message }, message)
    }
  }
}

/** Nothing is there, or a record, or nothing that would be lost. Throws UsageError when that cannot be known. */
function mayReplace(path: string): boolean {
  let file: number
  try {
    file = openSync(path, 'a+')
  } catch (error) {
    throw new UsageError(`--record ${path} cannot be written: ${(error as Error).message}`, error)
  }
  try {
    // A pipe or a device keeps nothing, and might make us wait.
    if (!fstatSync(file).isFile()) return true
    const start = Buffer.alloc(BEGINNING.length)
    const length = readSync(file, start, 0, start.length, 0)
    return length === 0 || start.equals(BEGINNING)
  } finally {
    closeSync(file)
  }
}

/** A disk that is nearly full takes a part. */
function writeAll(file: number, bytes: Buffer): void {
  for (let written = 0; written < bytes.length; ) written += writeSync(file, bytes, written)
}
