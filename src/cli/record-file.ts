import { closeSync, constants, fstatSync, openSync, readSync, statSync, writeSync } from 'node:fs'
import { outputTarget, realTarget } from '../client/output/output-target.ts'
import { partialNames } from '../client/output/partial-names.ts'
import { UsageError } from '../errors.ts'
import { diskCause, diskRemedy } from '../files/disk-faults.ts'
import type { Reporter } from './reporter.ts'

/** Number of lines written at once. Each write holds up the transfer, so there are few. */
const BATCH_LINES = 2_000
/** The first bytes of every record. */
const BEGINNING = Buffer.from('{"record":')

const { O_RDWR, O_WRONLY, O_CREAT, O_TRUNC, O_APPEND, O_NONBLOCK } = constants
/**
 * Flags for writing. Without blocking, a device that does not take everything at once ends the
 * record; it never makes the fetch wait.
 */
const WRITE_FLAGS = O_WRONLY | O_CREAT | O_TRUNC | O_NONBLOCK
const LOOK_FLAGS = O_RDWR | O_CREAT | O_APPEND | O_NONBLOCK

/** Descriptors of standard output and standard error, whose files must not be overwritten either. */
const STANDARD_STREAMS = [1, 2]

/**
 * The file of `client fetch --record`. An earlier record there is replaced when the first line is
 * written: a fetch that fails before it has begun leaves the record as it was. The fetch is worth
 * more than its record: when the disk is full, that is told and the fetch goes on.
 */
export class RecordFile {
  readonly #path: string
  readonly #reporter: Reporter
  #file: number | undefined
  #waiting: string[] = []
  #hasFailed = false

  /**
   * Throws UsageError for a file that is no record, for a name that the fetch itself uses, and for
   * a target whose reader could hold up the fetch. `outputPath` is undefined when the content goes
   * to no file.
   */
  constructor(path: string, outputPath: string | undefined, reporter: Reporter) {
    checkPlace(path, outputPath)
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
    const file = this.#file
    // Some file servers say only now that their disk is full.
    if (file !== undefined) this.#try(() => closeSync(file))
  }

  #flush(): void {
    const lines = this.#waiting
    this.#waiting = []
    if (lines.length === 0 || this.#hasFailed) return
    this.#try(() => {
      this.#file ??= openSync(this.#path, WRITE_FLAGS)
      writeAll(this.#file, Buffer.from(`${lines.join('\n')}\n`))
    })
  }

  /** The first failure is told, and ends the record. */
  #try(action: () => void): void {
    try {
      action()
    } catch (error) {
      if (this.#hasFailed) return
      this.#hasFailed = true
      const message = `the record ${this.#path} ends here: ${diskCause(error)}; the fetch goes on`
      this.#reporter.tell({ event: 'problem', message }, message)
    }
  }
}

/**
 * Checks where the record would go. Links are followed: their target counts, and not how the names
 * are written. Throws UsageError.
 */
function checkPlace(path: string, outputPath: string | undefined): void {
  const own = outputPath === undefined ? undefined : fetchNameOf(path, outputPath)
  if (own !== undefined) throw new UsageError(`--record ${path} is ${own}; choose another`)
  const { kind } = outputTarget(path)
  if (kind === 'directory') throw new UsageError(`--record ${path} is a directory; give the name of a file`)
  if (kind !== 'file' && kind !== 'device') {
    throw new UsageError(`--record ${path} is no file, and its reader could hold up the fetch; give a file`)
  }
  if (STANDARD_STREAMS.some(descriptor => isOpenAs(path, descriptor))) {
    throw new UsageError(`--record ${path} is where standard output or standard error go; choose another`)
  }
}

/** Describes the path's role in a fetch into the output; undefined where the fetch does not use that name. */
function fetchNameOf(path: string, outputPath: string): string | undefined {
  const target = realTarget(path)
  if (target === realTarget(outputPath)) return "the output's own name"
  const beside = Object.values(partialNames(outputPath))
  if (beside.some(name => realTarget(name) === target)) return 'what the fetch itself keeps beside its output'
  return undefined
}

function isOpenAs(path: string, descriptor: number): boolean {
  const stats = statSync(path, { throwIfNoEntry: false })
  const open = fstatSync(descriptor)
  return stats?.isFile() === true && stats.ino === open.ino && stats.dev === open.dev
}

/**
 * Whether writing loses nothing: no file is there, or a record, or an empty file or a device.
 * Throws UsageError when that cannot be known.
 */
function mayReplace(path: string): boolean {
  let file: number
  try {
    file = openSync(path, LOOK_FLAGS)
  } catch (error) {
    const message = `--record ${path} cannot be written: ${diskCause(error)}; ${diskRemedy(error)}`
    throw new UsageError(`${message}, or choose another name`, error)
  }
  try {
    // A device keeps nothing, and reading it might make us wait.
    if (!fstatSync(file).isFile()) return true
    const start = Buffer.alloc(BEGINNING.length)
    const length = readSync(file, start, 0, start.length, 0)
    return length === 0 || start.equals(BEGINNING)
  } finally {
    closeSync(file)
  }
}

/** Writes all bytes, as a disk that is nearly full takes only a part at once. */
function writeAll(file: number, bytes: Buffer): void {
  for (let written = 0; written < bytes.length; ) written += writeSync(file, bytes, written)
}
