import type { ByteRange } from '../units/byte-range.ts'

/** What a request asks for. A name is as of parseContentName, an id is a root hash in 64 hex digits. */
export type ContentReference = { name: string } | { id: string } | { ticket: string }

/** Where the bytes go that a reader reads. */
export interface ReaderSink {
  /**
   * Takes the bytes that come next; one call at a time. The chunks do not change until the promise resolves; afterwards
   * their memory is used again.
   */
  write(chunks: readonly Uint8Array[]): Promise<void>
}

/** One content as a reader gets it. It holds nothing that has to be given back while nobody reads. */
export interface ServedContent {
  /** See parseContentName. */
  name: string
  /** Root hash in hex digits. */
  id: string
  /** Undefined: the content is live, and nobody knows yet how long it becomes. */
  sizeBytes: number | undefined
  /** Milliseconds since 1970 at which the content was last changed, where that is known. */
  modifiedAtMs?: number
  /**
   * Fetches exactly the bytes of the range, or of a live content, for which there is no range, all
   * from where the reader joined it, and hands them to the sink. Resolves when the sink has taken all of
   * them. The work ends as soon as the signal is aborted. Throws an AnabranchError, the signal's reason, and
   * what the sink throws. `wantedEnd`: see ReadRequest.
   */
  read(
    range: ByteRange | undefined,
    sink: ReaderSink,
    signal: AbortSignal,
    wantedEnd?: () => number
  ): Promise<void>
}

/** A content whose size is known. */
export type SizedContent = ServedContent & { sizeBytes: number }

/** One content in a list. */
export interface ListedContent {
  name: string
  /** Root hash in hex digits. */
  id: string
  /** Undefined: the content is live. */
  sizeBytes: number | undefined
}

export interface ContentListing {
  /** In any order. */
  contents: ListedContent[]
  /** Something may be missing, as a source is still indexing its files. */
  isComing: boolean
}

export interface FindOptions {
  /** Aborted when the answer has ended, whether well or not. */
  signal: AbortSignal
  /** Milliseconds behind the edge at which a reader joins a live content. Default: the client's own choice. */
  latencyMs?: number
}

/** Where a gateway has its contents from. */
export interface Contents {
  /**
   * Resolves as soon as it is known what the content is, and does not wait for routes. Throws an
   * AnabranchError, whose exit code decides the answer's status, or the signal's reason.
   */
  find(reference: ContentReference, options: FindOptions): Promise<ServedContent>
  /**
   * Resolves with the contents whose names begin with the prefix, and with none where there are
   * none. Throws as `find` does.
   */
  list(prefix: string, signal: AbortSignal): Promise<ContentListing>
}
