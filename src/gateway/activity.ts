import { ContentActivity, type ContentSnapshot } from './content-activity.ts'
import { ACTIVITY_LIMITS } from './limits.ts'

/** What a gateway is fetching, as people see it. */
export interface ActivitySnapshot {
  /** Those that began first are first. */
  contents: ContentSnapshot[]
  /** How many further contents are left out. */
  leftOut: number
}

/** One fetch; see ContentActivity.begin. */
export type ReadActivity = ReturnType<ContentActivity['begin']>

/** Folds the events of all fetches of a gateway into what people see. Times are milliseconds of one clock. Pure. */
export class Activity {
  readonly #contents = new Map<string, ContentActivity>()

  /** Begins a fetch of a content. */
  begin(content: Pick<ContentSnapshot, 'id' | 'name' | 'sizeBytes'>, nowMs: number): ReadActivity {
    this.#forget(nowMs)
    const activity = this.#contents.get(content.id) ?? new ContentActivity(content)
    this.#contents.set(content.id, activity)
    return activity.begin()
  }

  snapshot(nowMs: number): ActivitySnapshot {
    this.#forget(nowMs)
    const contents = [...this.#contents.values()]
    const shown = contents.slice(0, ACTIVITY_LIMITS.maxContents)
    return {
      contents: shown.map(content => content.snapshot(nowMs)),
      leftOut: contents.length - shown.length
    }
  }

  #forget(nowMs: number): void {
    for (const [id, content] of this.#contents) if (content.isOver(nowMs)) this.#contents.delete(id)
  }
}
