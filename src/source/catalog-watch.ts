import { type FSWatcher, watch } from 'node:fs'
import { basename, sep } from 'node:path'

/**
 * Calls `onChange` when anything changes in the directories that it follows. It only hastens the catalog's periodic
 * rescan: where watching is not possible (network file systems, too many directories) or breaks, nothing is lost but
 * time. Each directory is watched by itself: Node's recursive watching watches every file, and reads a whole directory
 * again at each change in it.
 */
export class DirectoryWatch {
  readonly #onChange: () => void
  readonly #watchers = new Map<string, FSWatcher>()
  #isStopped = false

  constructor(onChange: () => void) {
    this.#onChange = onChange
  }

  /** Watches a directory, unless it is watched already. */
  follow(directory: string): void {
    if (this.#isStopped || this.#watchers.has(directory)) return
    try {
      const watcher = watch(directory, { persistent: false })
      this.#watchers.set(directory, watcher)
      watcher.on('change', (_, name) => {
        // A directory that is moved or removed is told under its own name. What takes its place is found by the scan.
        if (name === basename(directory)) this.#leaveBelow(directory)
        this.#onChange()
      })
      watcher.on('error', () => this.#leave(directory))
    } catch {
      // See above: the rescan finds what is not watched.
    }
  }

  /** Ends watching what is none of these directories. */
  keepOnly(directories: ReadonlySet<string>): void {
    for (const directory of this.#watchers.keys()) if (!directories.has(directory)) this.#leave(directory)
  }

  stop(): void {
    this.#isStopped = true
    this.keepOnly(new Set())
  }

  #leaveBelow(directory: string): void {
    this.#leave(directory)
    for (const other of this.#watchers.keys()) if (other.startsWith(directory + sep)) this.#leave(other)
  }

  #leave(directory: string): void {
    this.#watchers.get(directory)?.close()
    this.#watchers.delete(directory)
  }
}
