import { segmentCount } from '../protocol/content-record.ts'
import type { RouteMessage } from '../protocol/route-messages.ts'
import type { ContentItem } from './content-store.ts'
import { PARTS_LIMITS } from './limits.ts'
import type { RouteStream } from './route-sender.ts'

/** Tells one route which segments of a content there are, and again after changes, as soon as the route takes it. */
export class PartsTeller {
  readonly #item: ContentItem
  readonly #stream: Pick<RouteStream, 'writable' | 'send'>
  #isDue = false
  #unfollow: (() => void) | undefined

  constructor(item: ContentItem, stream: Pick<RouteStream, 'writable' | 'send'>) {
    this.#item = item
    this.#stream = stream
  }

  start(): void {
    this.#unfollow = this.#item.parts?.follow(() => this.#changed())
    this.#changed()
  }

  /** The route takes more. */
  drained(): void {
    if (this.#isDue) this.#changed()
  }

  stop(): void {
    this.#unfollow?.()
  }

  #changed(): void {
    this.#isDue = !this.#stream.writable
    if (!this.#isDue) this.#stream.send(this.#word())
  }

  #word(): RouteMessage {
    const { record, parts } = this.#item
    const all = { from: 0, to: segmentCount(record) }
    const ranges = parts ? [...parts.ranges] : [all].filter(({ to }) => to > 0)
    const most = PARTS_LIMITS.maxRanges
    return { kind: 'parts', ranges: ranges.slice(0, most), coming: (parts?.coming ?? []).slice(0, most) }
  }
}
