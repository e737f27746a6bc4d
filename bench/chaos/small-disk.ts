import { execFileSync } from 'node:child_process'
import { mkdirSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { enterNamespace } from '../own-namespace.ts'

/** Room for the largest contents of all clients, and some more. */
const SIZE = '64m'
const BLOCK = new Uint8Array(1024 * 1024)

/** A directory for the outputs of clients: a disk of its own that can be full, where this runs as root. */
export class SmallDisk {
  readonly directory: string
  readonly #filler: string
  #fullAtMs = Number.NEGATIVE_INFINITY
  #isFull = false

  constructor(parent: string) {
    this.directory = join(parent, 'outputs')
    this.#filler = join(this.directory, 'filler')
    mkdirSync(this.directory)
    if (isRoot()) execFileSync('mount', ['-t', 'tmpfs', '-o', `size=${SIZE}`, 'outputs', this.directory])
  }

  /** Has the mounts of this run be its own: they are gone with its last process, however it ends. */
  static enter(): void {
    if (isRoot()) enterNamespace('--mount', 'true')
  }

  /** Takes the disk away, whoever still has files of it open. */
  remove(): void {
    if (isRoot()) execFileSync('umount', ['--lazy', this.directory])
  }

  /** Takes all room that is left. Returns what gives it back, or undefined where that cannot be done. */
  fill(): (() => Promise<void>) | undefined {
    if (!isRoot() || this.#isFull) return undefined
    this.#isFull = true
    try {
      for (;;) writeFileSync(this.#filler, BLOCK, { flag: 'a' })
    } catch {
      // It is full.
    }
    return async () => {
      rmSync(this.#filler)
      this.#isFull = false
      this.#fullAtMs = performance.now()
    }
  }

  /** Whether it was full at any time since then, in milliseconds as of performance.now. */
  wasFullSince(atMs: number): boolean {
    return this.#isFull || this.#fullAtMs >= atMs
  }
}

function isRoot(): boolean {
  return process.getuid?.() === 0
}
