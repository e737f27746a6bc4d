import { PassThrough } from 'node:stream'
import type { Client } from '../client/client.ts'
import type { FetchEvent } from '../client/fetch-events.ts'
import type { OpenRequest } from '../client/fetch-options.ts'
import type { Found } from '../client/followed-directors.ts'
import type { OpenedContent } from '../client/opened-content.ts'
import { StreamOutput } from '../client/output/output-stream.ts'
import { requestOf } from '../client/ticket-request.ts'
import { NothingFitsError } from '../discovery/director-errors.ts'
import { fromHex, toHex } from '../protocol/bytes.ts'
import { type ContentRecord, isLive } from '../protocol/content-record.ts'
import { decodeTicket } from '../protocol/ticket.ts'
import { type Scheduler, systemScheduler } from '../scheduler.ts'
import type { ByteRange } from '../units/byte-range.ts'
import type { Activity } from './activity.ts'
import type {
  ContentListing,
  ContentReference,
  Contents,
  FindOptions,
  ReaderSink,
  ServedContent
} from './contents.ts'
import { GATEWAY_LIMITS } from './limits.ts'

/** What is asked of directors for every content. */
export type CommonQuestion = Omit<OpenRequest, 'name' | 'rootHash' | 'signal'>

export interface ClientContentsOptions {
  client: Client
  question: CommonQuestion
  /** Is told of all that is read. */
  activity: Activity
  scheduler?: Scheduler
}

/** The contents that a client can fetch. Each stays open, with its routes, for a while after it was read. */
export class ClientContents implements Contents {
  readonly #options: ClientContentsOptions
  readonly #opened = new Map<string, OpenContent>()

  constructor(options: ClientContentsOptions) {
    this.#options = options
  }

  async find(reference: ContentReference, { signal, latencyMs }: FindOptions): Promise<ServedContent> {
    const request = { ...this.#options.question, ...requestFor(reference) }
    const found = await this.#options.client.find({ ...request, signal })
    if (isLive(found.record)) return this.#live(request, found.record, latencyMs)
    const { name, rootHash, sizeBytes } = found.record
    const id = toHex(rootHash)
    const onClosed = (closed: OpenContent) => {
      // A reader may have kept one that was closed before, and have opened it again.
      if (this.#opened.get(id) === closed) this.#opened.delete(id)
    }
    const open = this.#opened.get(id) ?? new OpenContent(this.#options, request, found, onClosed)
    this.#opened.set(id, open)
    return {
      name,
      id,
      sizeBytes,
      read: (range = { start: 0, end: sizeBytes }, sink, ends, wantedEnd) =>
        open.read(range, sink, ends, wantedEnd)
    }
  }

  async list(prefix: string, signal: AbortSignal): Promise<ContentListing> {
    const pattern = { text: prefix, prefix, fits: (name: string) => name.startsWith(prefix) }
    try {
      const { contents, isComing } = await this.#options.client.list({
        pattern,
        patienceMs: GATEWAY_LIMITS.listPatienceMs,
        signal
      })
      const listed = contents.map(({ name, rootHash, sizeBytes }) => ({
        name,
        id: toHex(rootHash),
        sizeBytes
      }))
      return { contents: listed, isComing }
    } catch (error) {
      if (error instanceof NothingFitsError) return { contents: [], isComing: error.isComing }
      throw error
    }
  }

  /** Closes all contents. */
  async close(): Promise<void> {
    await Promise.all([...this.#opened.values()].map(open => open.close()))
  }

  #live(
    request: OpenRequest,
    { name, rootHash }: ContentRecord,
    latencyMs: number | undefined
  ): ServedContent {
    const { client, activity, scheduler = systemScheduler } = this.#options
    const id = toHex(rootHash)
    const read = async (_: ByteRange | undefined, sink: ReaderSink, signal: AbortSignal) => {
      const stream = new PassThrough()
      const watch = activity.begin({ id, name }, scheduler.nowMs())
      const output = new StreamOutput(stream, 'the reader', { endsStream: true })
      const fetched = client.fetch({
        ...request,
        ...{ rootHash, openOutput: async () => output, signal },
        ...(latencyMs === undefined ? {} : { latencyMs }),
        onEvent: event => watch.follow(event, scheduler.nowMs())
      })
      fetched.catch(error => stream.destroy(error))
      try {
        for await (const chunk of stream) await sink.write([chunk])
      } finally {
        watch.end(scheduler.nowMs())
      }
    }
    return { name, id, sizeBytes: undefined, read }
  }
}

/** A content that opens when it is read, and closes when nobody has read it for a while. */
class OpenContent {
  readonly #options: ClientContentsOptions
  readonly #request: OpenRequest
  readonly #content: { id: string; name: string; sizeBytes: number }
  #found: Found | undefined
  readonly #onClosed: (closed: OpenContent) => void
  #opened: Promise<OpenedContent> | undefined
  #readers = 0
  #cancelClose: () => void = () => {}

  constructor(
    options: ClientContentsOptions,
    request: OpenRequest,
    found: Found,
    onClosed: (closed: OpenContent) => void
  ) {
    this.#options = options
    this.#request = { ...request, rootHash: found.record.rootHash }
    const { name, rootHash, sizeBytes } = found.record
    this.#content = { id: toHex(rootHash), name, sizeBytes }
    this.#found = found
    this.#onClosed = onClosed
    this.#closeLater()
  }

  async read(
    { start, end }: ByteRange,
    sink: ReaderSink,
    signal: AbortSignal,
    wantedEnd?: () => number
  ): Promise<void> {
    this.#cancelClose()
    this.#readers++
    const { activity, scheduler = systemScheduler } = this.#options
    const watch = activity.begin(this.#content, scheduler.nowMs())
    try {
      const opened = await this.#open()
      const onEvent = (event: FetchEvent) => watch.follow(event, scheduler.nowMs())
      await opened.readInto(sink, { start, end, onEvent, ...(wantedEnd ? { wantedEnd } : {}) }, signal)
    } finally {
      watch.end(scheduler.nowMs())
      if (--this.#readers === 0) this.#closeLater()
    }
  }

  async close(): Promise<void> {
    this.#cancelClose()
    this.#onClosed(this)
    const opened = this.#opened
    this.#opened = undefined
    await opened?.then(
      content => content.close(),
      () => {}
    )
  }

  /** What was found when it was looked for is good for the first time that it is opened. */
  #open(): Promise<OpenedContent> {
    this.#opened ??= this.#options.client.open(this.#request, this.#found)
    this.#found = undefined
    this.#opened.catch(() => {
      this.#opened = undefined
    })
    return this.#opened
  }

  #closeLater(): void {
    const { scheduler = systemScheduler } = this.#options
    this.#cancelClose()
    this.#cancelClose = scheduler.after(GATEWAY_LIMITS.idleMs, () => void this.close())
  }
}

function requestFor(reference: ContentReference): OpenRequest {
  if ('name' in reference) return { name: reference.name }
  if ('id' in reference) return { name: reference.id, rootHash: fromHex(reference.id) }
  return requestOf(decodeTicket(reference.ticket))
}
