import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import type { Program } from '../../test/e2e/program.ts'

const DAY_MS = 86_400_000
const SCRIPT = new URL('clock.mjs', import.meta.url).href

/** The calendar of one role's machine, which survives its processes. */
export class Calendar {
  readonly #file: string
  #isAhead = false

  constructor(directory: string, name: string) {
    this.#file = join(directory, `${name}.clock`)
    writeFileSync(this.#file, '0')
  }

  /** The environment of a process whose calendar this is. */
  get environment(): Record<string, string> {
    return { NODE_OPTIONS: `--import=${SCRIPT}`, ANABRANCH_CHAOS_CLOCK: this.#file }
  }

  /** Jumps a day ahead. Returns what lets it jump back, or undefined where it is ahead already. */
  jump(running: () => Program | undefined): (() => Promise<void>) | undefined {
    if (this.#isAhead) return undefined
    this.#set(true, running())
    return async () => this.#set(false, running())
  }

  #set(isAhead: boolean, program: Program | undefined): void {
    this.#isAhead = isAhead
    writeFileSync(this.#file, String(isAhead ? DAY_MS : 0))
    // A process that has told nothing yet reads the file when it starts, and might not take the signal.
    if (program?.isRunning && program.events.length > 0) program.kill('SIGUSR2')
  }
}
