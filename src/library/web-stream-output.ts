import { createHash, type Hash } from 'node:crypto'
import type { FinishedOutput, Output } from '../client/output/output.ts'

/** Writes a content to a web stream; nothing is resumed. */
export class WebStreamOutput implements Output {
  readonly resumeBytes = 0
  readonly #writer: WritableStreamDefaultWriter<Uint8Array>
  readonly #hash: Hash | undefined

  /** With `checksum` the SHA-256 of all bytes is made. */
  constructor(stream: WritableStream<Uint8Array>, checksum = false) {
    this.#hash = checksum ? createHash('sha256') : undefined
    this.#writer = stream.getWriter()
  }

  /** The stream may keep what it is given, but the memory is used again: it gets copies. Throws the stream's error. */
  async write(chunks: Uint8Array[]): Promise<void> {
    for (const chunk of chunks) {
      this.#hash?.update(chunk)
      await this.#writer.ready
      await this.#writer.write(chunk.slice())
    }
  }

  async finish(): Promise<FinishedOutput> {
    await this.#writer.close()
    return this.#hash ? { sha256: this.#hash.digest('hex') } : {}
  }

  async abandon(): Promise<void> {
    await this.#writer.abort().catch(() => {})
  }
}
