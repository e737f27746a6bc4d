import { type FSWatcher, watch } from 'node:fs'

/**
 * Calls `onChange` when anything below the directory changes. It only hastens the catalog's periodic rescan: where
 * watching is not possible (network file systems, too many directories) or breaks, nothing is lost but time.
 */
export class DirectoryWatch {
  readonly #directory: string
  readonly #onChange: () => void
  #watcher: FSWatcher | undefined

  constructor(directory: string, onChange: () => void) {
    this.#directory = directory
    this.#onChange = onChange
  }

  /** Starts, or starts again after a failure; does nothing while it runs. */
  start(): void {
    if (this.#watcher !== undefined) return
    try {
      const watcher = watch(this.#directory, { recursive: true, persistent: false })
      watcher.on('change', this.#onChange)
      watcher.on('error', () => this.stop())
      this.#watcher = watcher
    } catch {
      this.#watcher = undefined
    }
  }

  stop(): void {
    this.#watcher?.close()
    this.#watcher = undefined
  }
}
