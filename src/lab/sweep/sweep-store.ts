import { appendFileSync, existsSync, mkdirSync, readFileSync, truncateSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { ConfigurationError } from '../../errors.ts'
import { outcomesOf } from '../design/outcomes.ts'
import { outcomesCsv, rowsCsv } from '../design/tables.ts'
import type { Transfer } from '../design/transfers.ts'
import { counts, type Row, type Trial } from '../design/trial.ts'

/** The rows of a sweep, one JSON object a line, as they were made. */
const ROWS = 'rows.jsonl'
/** The text of the design. */
const DESIGN = 'design.yaml'

/** The folder of a sweep: each row is on the disk as soon as it is made, so that a sweep goes on where it was stopped. */
export class SweepStore<T extends Trial = Trial> {
  readonly directory: string
  readonly rows: Row<T>[]

  private constructor(directory: string, rows: Row<T>[]) {
    this.directory = directory
    this.rows = rows
  }

  /**
   * Opens the folder, which is made where there is none. Throws ConfigurationError where it holds a sweep of another
   * design, or one made in the other way.
   */
  static open<T extends Trial>(
    directory: string,
    { design, isSimulated }: { design: string; isSimulated: boolean }
  ): SweepStore<T> {
    mkdirSync(directory, { recursive: true })
    const designFile = join(directory, DESIGN)
    if (existsSync(designFile) && readFileSync(designFile, 'utf8') !== design)
      throw new ConfigurationError(`${directory} holds a sweep of another design: name another folder by -o`)
    cutTornLine(join(directory, ROWS))
    const rows = existsSync(join(directory, ROWS)) ? readRows<T>(directory) : []
    if (rows.some(({ links }) => (links === 'simulator') !== isSimulated)) {
      const other = isSimulated ? 'real' : 'simulated'
      throw new ConfigurationError(`${directory} holds a ${other} sweep: name another folder by -o`)
    }
    writeFileSync(designFile, design)
    return new SweepStore<T>(directory, rows)
  }

  /** Whether a transfer has been made, and its row counts. */
  has(key: string): boolean {
    return this.rows.some(row => row.key === key && counts(row))
  }

  add(row: Row<T>): void {
    this.rows.push(row)
    appendFileSync(join(this.directory, ROWS), JSON.stringify(row) + '\n')
  }
}

/** Writes rows and outcomes of a design as CSV into its folder. */
export function writeTables({ directory, rows }: SweepStore<Transfer>): void {
  writeFileSync(join(directory, 'rows.csv'), rowsCsv(rows))
  writeFileSync(join(directory, 'outcomes.csv'), outcomesCsv(outcomesOf(rows)))
}

/** Reads the rows in the folder of a sweep. Throws ConfigurationError where it has none. */
export function readRows<T extends Trial>(directory: string): Row<T>[] {
  const file = join(directory, ROWS)
  if (!existsSync(file))
    throw new ConfigurationError(`${directory} holds no sweep: there is no ${ROWS} in it`)
  const lines = readFileSync(file, 'utf8').split('\n')
  // What is behind the last line break is a row that was cut off, or nothing.
  return lines.slice(0, -1).map((line, index) => {
    try {
      return JSON.parse(line) as Row<T>
    } catch (error) {
      throw new ConfigurationError(`${file}:${index + 1}: is no row of a sweep`, error)
    }
  })
}

/** Cuts off a last line that a sweep had not written whole when it was killed. */
function cutTornLine(file: string): void {
  if (!existsSync(file)) return
  const bytes = readFileSync(file)
  truncateSync(file, bytes.lastIndexOf('\n') + 1)
}
