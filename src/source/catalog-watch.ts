import { type BigIntStats, type FSWatcher, watch } from 'node:fs'
import { stat } from 'node:fs/promises'
import { basename, dirname, join, sep } from 'node:path'
import { WatchLimitError } from './catalog-errors.ts'

/** What the system says where it gives no more watches: too many in all, or too many processes that watch. */
const LIMIT_CODES = ['ENOSPC', 'EMFILE', 'ENFILE']

/**
 * Calls `onChange` when anything in the watched directories changes: one watch for each directory,
 * which each scan brings up to date with `begin`, `visit` and `end`. It only hastens the catalog's
 * periodic rescan: where watching is not possible or tells nothing (network file systems, too many
 * directories), nothing is lost but time.
 */
export class DirectoryWatch {
  readonly #root: string
  readonly #onChange: () => void
  readonly #watchers = new Map<string, FSWatcher>()
  /** Tells when the root is moved, removed or made anew. */
  #parent: FSWatcher | undefined
  /** The root as it was when it was first watched. */
  #rootStats: BigIntStats | undefined
  #visited = new Set<string>()
  #refusal: WatchLimitError | undefined
  #isStopped = false

  /** `root`: the real path of the directory, whose replacement is noticed, too. */
  constructor(root: string, onChange: () => void) {
    this.#root = root
    this.#onChange = onChange
  }

  /** A scan begins. */
  async begin(): Promise<void> {
    const stats = await stat(this.#root, { bigint: true }).catch(() => undefined)
    if (this.#isStopped) return
    this.#visited = new Set()
    this.#refusal = undefined
    if (stats?.ino !== this.#rootStats?.ino || stats?.dev !== this.#rootStats?.dev) this.#unwatchAll()
    this.#rootStats = stats
    this.#parent ??= this.#watch(dirname(this.#root), (_, name) => {
      if (name === basename(this.#root)) this.#changed(this.#root)
    })
  }

  /** The scan is about to list this directory: what changes from now on is told. */
  visit(path: string): void {
    this.#visited.add(path)
    if (this.#watchers.has(path)) return
    const watcher = this.#watch(path, (event, name) => {
      this.#changed(event === 'rename' && name !== null ? join(path, name) : undefined)
    })
    if (watcher) this.#watchers.set(path, watcher)
  }

  /** The scan is over. Returns why directories that it has visited are not watched, where a limit is the reason. */
  end(): WatchLimitError | undefined {
    for (const path of [...this.#watchers.keys()]) if (!this.#visited.has(path)) this.#unwatch(path)
    return this.#refusal
  }

  stop(): void {
    this.#isStopped = true
    this.#unwatchAll()
  }

  #unwatchAll(): void {
    for (const path of [...this.#watchers.keys()]) this.#unwatch(path)
    this.#parent?.close()
    this.#parent = undefined
  }

  /** Once a limit is reached no further watch is tried until the next scan. */
  #watch(path: string, onEvent: (event: string, name: string | null) => void): FSWatcher | undefined {
    if (this.#isStopped || this.#refusal !== undefined) return undefined
    try {
      const watcher = watch(path, { persistent: false }, onEvent)
      watcher.on('error', () => this.#unwatch(path))
      return watcher
    } catch (error) {
      const { code = '' } = error as NodeJS.ErrnoException
      if (LIMIT_CODES.includes(code)) this.#refusal = new WatchLimitError(error)
      return undefined
    }
  }

  /** `replaced`: a path at which there may be another directory now. The next scan watches that one. */
  #changed(replaced: string | undefined): void {
    if (replaced !== undefined && this.#watchers.has(replaced)) {
      for (const path of [...this.#watchers.keys()]) {
        if (path === replaced || path.startsWith(replaced + sep)) this.#unwatch(path)
      }
    }
    this.#onChange()
  }

  #unwatch(path: string): void {
    this.#watchers.get(path)?.close()
    this.#watchers.delete(path)
  }
}
