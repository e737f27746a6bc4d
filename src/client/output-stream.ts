import { createHash } from 'node:crypto'
import { once } from 'node:events'
import { createWriteStream, fstatSync, statSync } from 'node:fs'
import type { Writable } from 'node:stream'
import { finished } from 'node:stream/promises'
import type { Output } from './output.ts'
import { DiskFullError, OutputClosedError, OutputError } from './output-errors.ts'

/** An output that can only be appended to: nothing is resumed, and nothing is kept for another run. */
export class StreamOutput implements Output {
  readonly resumeBytes = 0
  readonly #stream: Writable
  readonly #label: string
  readonly #endsStream: boolean
  readonly #hash = createHash('sha256')
  #failure: Error | undefined

  /** `endsStream`: the stream is ours and is ended by finish() and abandon(). */
  constructor(stream: Writable, label: string, endsStream: boolean) {
    this.#stream = stream
    this.#label = label
    this.#endsStream = endsStream
    stream.on('error', error => {
      this.#failure ??= toOutputError(label, error)
    })
  }

  async write(chunks: Uint8Array[]): Promise<void> {
    this.#check()
    this.#stream.cork()
    for (const chunk of chunks) {
      this.#hash.update(chunk)
      this.#stream.write(chunk)
    }
    this.#stream.uncork()
    await this.#flush()
  }

  async finish(): Promise<{ sha256: string }> {
    await this.#flush()
    if (this.#endsStream) {
      this.#stream.end()
      await finished(this.#stream).catch(() => {})
      this.#check()
    }
    return { sha256: this.#hash.digest('hex') }
  }

  async abandon(): Promise<void> {
    if (this.#endsStream) this.#stream.destroy()
  }

  /** Waits until the reader has taken all: that is what keeps us as slow as it is. */
  async #flush(): Promise<void> {
    this.#check()
    const { promise, resolve } = Promise.withResolvers<void>()
    // An empty write is called back when all before it is done, or with what went wrong.
    this.#stream.write(new Uint8Array(0), error => {
      if (error) this.#failure ??= toOutputError(this.#label, error)
      resolve()
    })
    await promise
    this.#check()
  }

  #check(): void {
    if (this.#failure !== undefined) throw this.#failure
  }
}

/** Something to write to that exists and that a file cannot take the place of: a device, a named pipe. */
export function isDevice(path: string): boolean {
  try {
    const stats = statSync(path)
    return !stats.isFile() && !stats.isDirectory()
  } catch {
    return false
  }
}

/** Throws OutputError. */
export async function openDeviceOutput(path: string): Promise<Output> {
  const stream = createWriteStream(path)
  try {
    await once(stream, 'open')
  } catch (error) {
    throw toOutputError(path, error)
  }
  return new StreamOutput(stream, path, true)
}

/** process.stdout, except for a file: there it would pass over a short write in silence. */
export function standardOutput(): Writable {
  const isFile = fstatSync(1).isFile()
  return isFile ? createWriteStream('', { fd: 1, autoClose: false }) : process.stdout
}

function toOutputError(label: string, error: unknown): Error {
  const { code } = error as NodeJS.ErrnoException
  if (code === 'ENOSPC' || code === 'EDQUOT') return new DiskFullError(label, undefined, error)
  if (code === 'EPIPE' || code === 'ECONNRESET' || code === 'ERR_STREAM_DESTROYED') {
    return new OutputClosedError(label, error)
  }
  return new OutputError(label, error)
}
