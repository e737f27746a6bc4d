import type { ContentRecord } from '../protocol/content-record.ts'
import type { Client } from './client.ts'
import { DEFAULT_MEMORY_BYTES } from './defaults.ts'
import type { FetchEvent, FetchSummary } from './fetch-events.ts'
import type { FetchRequest } from './fetch-options.ts'
import { FetchQueue } from './fetch-queue.ts'
import type { Output } from './output/output.ts'

/**
 * Share of the memory, 0 to 1, for what is still to come of contents when another one begins, with
 * what its frames take beyond it. By default 4 MiB of content: what routes carry while it begins.
 */
const COMPANY_SHARE = 1 / 8
/** Share of that which is content. */
const COMPANY_CONTENT_SHARE = 1 / 2

/** A content that is wanted. */
export interface WishedContent {
  name: string
  /** Its size in bytes, where it is known. */
  sizeBytes?: number
}

export interface ManyFetches<C extends WishedContent> {
  contents: readonly C[]
  /** What all fetches have in common; `memoryBytes` is for all together. */
  request: Omit<FetchRequest, 'name' | 'openOutput' | 'onEvent' | 'record'>
  openOutput(content: C, record: ContentRecord): Promise<Output>
  onEvent(content: C, event: FetchEvent): void
  onDone(content: C, summary: FetchSummary): void
  /** A content could not be fetched; the others are. */
  onFailed(content: C, error: unknown): void
}

/** A content has to wait for its turn. */
class NotYet extends Error {}

/**
 * Fetches contents with one client, several side by side. Resolves when each is done or has failed.
 * Throws the reason of the request's signal, once all have ended.
 */
export async function fetchMany<C extends WishedContent>(
  client: Client,
  many: ManyFetches<C>
): Promise<void> {
  const { contents, request } = many
  const { memoryBytes = DEFAULT_MEMORY_BYTES, signal } = request
  const companyBytes = memoryBytes * COMPANY_SHARE
  const queue = new FetchQueue(contents, companyBytes * COMPANY_CONTENT_SHARE)
  const running = new Set<Promise<void>>()
  const fetchOne = async (place: number): Promise<void> => {
    const content = contents[place]!
    let sizeBytes = 0
    let hereBytes = 0
    try {
      const summary = await client.fetch({
        ...request,
        name: content.name,
        isOneOfMany: true,
        memoryBytes: memoryBytes - companyBytes,
        openOutput: record => {
          sizeBytes = record.sizeBytes
          if (!queue.goesOn(place, sizeBytes)) throw new NotYet()
          return many.openOutput(content, record)
        },
        onEvent: event => {
          if (event.event === 'progress') hereBytes = event.bytes
          queue.progress(place, event.event === 'waiting' ? 0 : sizeBytes - hereBytes)
          fill()
          many.onEvent(content, event)
        }
      })
      many.onDone(content, summary)
    } catch (error) {
      if (!(error instanceof NotYet) && !signal?.aborted) many.onFailed(content, error)
    } finally {
      queue.end(place)
    }
  }
  const fill = (): void => {
    if (signal?.aborted) return
    for (let place = queue.begin(); place !== undefined; place = queue.begin()) {
      const one: Promise<void> = fetchOne(place).finally(() => {
        running.delete(one)
        fill()
      })
      running.add(one)
    }
  }
  fill()
  while (running.size > 0) await Promise.race(running)
  signal?.throwIfAborted()
}
