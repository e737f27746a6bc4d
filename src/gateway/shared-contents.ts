import { type Scheduler, systemScheduler } from '../scheduler.ts'
import { BlockCache } from './block-cache.ts'
import type { BlockFiles } from './block-files.ts'
import type {
  ContentListing,
  ContentReference,
  Contents,
  FindOptions,
  ServedContent,
  SizedContent
} from './contents.ts'
import { GATEWAY_LIMITS } from './limits.ts'
import { SharedContent } from './shared-content.ts'

/** What a reference was found to mean. */
interface Finding {
  content: ServedContent
  atMs: number
}

/**
 * Contents whose readers share what is fetched, and what a name means, for a moment. Live contents are not shared: each
 * reader has an edge of its own.
 */
export class SharedContents implements Contents {
  readonly #contents: Contents
  readonly #cache: BlockCache
  readonly #files: BlockFiles | undefined
  readonly #scheduler: Scheduler
  readonly #onWaited: ((waitMs: number) => void) | undefined
  /** The one used last is last. */
  readonly #findings = new Map<string, Finding>()
  readonly #shared = new Map<string, SharedContent>()

  /**
   * `cacheBytes`: bytes of contents that are kept in memory at most; `files`: what is kept on disk; `onWaited` hears how
   * many milliseconds a reader has waited, each time that it had to.
   */
  constructor(
    contents: Contents,
    cacheBytes: number,
    scheduler: Scheduler = systemScheduler,
    files?: BlockFiles,
    onWaited?: (waitMs: number) => void
  ) {
    this.#contents = contents
    this.#cache = new BlockCache(cacheBytes)
    this.#files = files
    this.#scheduler = scheduler
    this.#onWaited = onWaited
  }

  async find(reference: ContentReference, options: FindOptions): Promise<ServedContent> {
    const key = JSON.stringify(reference)
    const known = this.#findings.get(key)
    this.#findings.delete(key)
    const isFresh =
      known && (!('name' in reference) || this.#scheduler.nowMs() - known.atMs < GATEWAY_LIMITS.nameFreshMs)
    const content = isFresh ? known.content : await this.#contents.find(reference, options)
    const { sizeBytes } = content
    if (sizeBytes === undefined) return content
    this.#findings.set(key, isFresh ? known : { content, atMs: this.#scheduler.nowMs() })
    const shared = this.#sharedOf({ ...content, sizeBytes })
    this.#forget()
    return {
      ...content,
      read: (range, sink, signal) => shared.read(range ?? { start: 0, end: sizeBytes }, sink, signal)
    }
  }

  list(prefix: string, signal: AbortSignal): Promise<ContentListing> {
    return this.#contents.list(prefix, signal)
  }

  #sharedOf(content: SizedContent): SharedContent {
    const shared =
      this.#shared.get(content.id) ??
      new SharedContent(content, this.#cache, this.#files, this.#scheduler, this.#onWaited)
    this.#shared.set(content.id, shared)
    return shared
  }

  /** Forgets what was found or read longest ago, beyond what is kept. */
  #forget(): void {
    const { maxFindings } = GATEWAY_LIMITS
    const surplus = [...this.#findings.keys()].slice(0, Math.max(0, this.#findings.size - maxFindings))
    for (const key of surplus) this.#findings.delete(key)
    const known = new Set([...this.#findings.values()].map(({ content }) => content.id))
    for (const [id, shared] of this.#shared) if (!known.has(id) && !shared.isInUse) this.#shared.delete(id)
  }
}
