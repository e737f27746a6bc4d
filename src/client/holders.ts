import { RouteLostError } from './route-errors.ts'

/** What is known of one source that has the content, or had it. */
interface KnownHolder {
  /** Whether a route to it has been open since it was last refused: then it has the content, or had it a moment ago. */
  hasOpened: boolean
  /** Whether users know that it takes part. */
  isTold: boolean
  /** Why nothing is fetched from it. */
  refusal: Error | undefined
}

/**
 * Keeps which sources take part in a fetch: those to which a route has opened, until none leads there any more or they
 * are found not to have the content. Pure.
 */
export class Holders {
  readonly #known = new Map<string, KnownHolder>()
  #lastRefusal: { error: Error; atMs: number } | undefined

  /** `firstId` is the source that users know already. */
  constructor(firstId: string) {
    this.#of(firstId).isTold = true
  }

  /** The last reason for which a source was refused, and when. */
  get lastRefusal(): { error: Error; atMs: number } | undefined {
    return this.#lastRefusal
  }

  hasOpened(sourceId: string): boolean {
    return this.#known.get(sourceId)?.hasOpened ?? false
  }

  /** A route to the source has opened. Returns whether users have to hear that it takes part. */
  opened(sourceId: string): boolean {
    const holder = this.#of(sourceId)
    const isNews = !holder.isTold
    holder.hasOpened = true
    holder.isTold = true
    return isNews
  }

  /** The source refuses the content, or sends other bytes. Returns whether users have to hear that it has left. */
  refuse(sourceId: string, error: Error, nowMs: number): boolean {
    const holder = this.#of(sourceId)
    const isNews = holder.isTold
    this.#known.set(sourceId, { hasOpened: false, isTold: false, refusal: error })
    this.#lastRefusal = { error, atMs: nowMs }
    return isNews
  }

  /** Takes those as having left to which nothing leads any more. Returns them. */
  leave(isLinked: (sourceId: string) => boolean): string[] {
    const left = [...this.#known].filter(
      ([id, { hasOpened, isTold }]) => hasOpened && isTold && !isLinked(id)
    )
    for (const [, holder] of left) holder.isTold = false
    return left.map(([id]) => id)
  }

  /**
   * Whether a path to the source may be tried that somebody names anew: it may have got a content that it had not, but
   * one that was found to send other bytes stays out.
   */
  mayReturn(sourceId: string): boolean {
    const holder = this.#known.get(sourceId)
    if (!holder?.refusal) return true
    if (!(holder.refusal instanceof RouteLostError)) return false
    holder.refusal = undefined
    return true
  }

  #of(sourceId: string): KnownHolder {
    const known = this.#known.get(sourceId)
    if (known) return known
    const holder = { hasOpened: false, isTold: false, refusal: undefined }
    this.#known.set(sourceId, holder)
    return holder
  }
}
