import { ReadableStream as WebStream } from 'node:stream/web'
import type { ContentRecord } from '../protocol/content-record.ts'
import { contentInfo } from './content-info.ts'

/** Which bytes of a content are read: from `start`, default 0, to `end`, which is not included, default the end. */
export interface BytesWanted {
  start?: number
  end?: number
  signal?: AbortSignal
}

/** The part of an OpenedContent that is used here. */
interface ReadableContent {
  record: ContentRecord
  read(wanted: { start?: number; end?: number }, signal?: AbortSignal): AsyncGenerator<Uint8Array, void, void>
  close(): Promise<void>
}

/** A content that is open for reading any parts of it, several at once. */
export class Content implements AsyncDisposable {
  readonly name: string
  /** Bytes. */
  readonly size: number
  /** Identifies the bytes: 64 hex digits, the root of the Merkle tree of the segments' hashes. */
  readonly rootHash: string
  /** Peer id of the source that has signed for it. */
  readonly source: string
  readonly #opened: ReadableContent

  constructor(opened: ReadableContent) {
    const { name, rootHash, source } = contentInfo(opened.record)
    this.name = name
    this.size = opened.record.sizeBytes
    this.rootHash = rootHash
    this.source = source
    this.#opened = opened
  }

  /**
   * The bytes in order, each verified, as they come. A reader that takes its time slows the routes down, and one that
   * cancels ends them. Reading throws AnabranchError, whose `code` says what is wrong.
   */
  stream({ start, end, signal }: BytesWanted = {}): ReadableStream<Uint8Array> {
    const wanted = { ...(start === undefined ? {} : { start }), ...(end === undefined ? {} : { end }) }
    return WebStream.from(this.#opened.read(wanted, signal)) as ReadableStream<Uint8Array>
  }

  /** All of the bytes at once. Throws as reading a `stream` does. */
  async bytes(wanted: BytesWanted = {}): Promise<Uint8Array> {
    return new Uint8Array(await new Response(this.stream(wanted)).arrayBuffer())
  }

  /** Ends all reads with ContentClosedError. */
  async close(): Promise<void> {
    await this.#opened.close()
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.close()
  }
}
