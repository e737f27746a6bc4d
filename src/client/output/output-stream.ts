import { createHash } from 'node:crypto'
import { once } from 'node:events'
import { constants, createWriteStream, fstatSync, openSync, statSync } from 'node:fs'
import { connect, Socket } from 'node:net'
import type { Writable } from 'node:stream'
import { finished } from 'node:stream/promises'
import { setTimeout as delay } from 'node:timers/promises'
import { isatty, WriteStream } from 'node:tty'
import { neverBlocking } from '../../files/terminal.ts'
import type { Output } from './output.ts'
import { DiskFullError, OutputClosedError, OutputError } from './output-errors.ts'
import { isGivenDescriptor, type OutputTarget } from './output-target.ts'

/** How often a named pipe without a reader is tried again. */
const READER_POLL_MS = 50

/** Codes of writing to what somebody has closed; EBADF is of a standard output that this program was started without. */
const CLOSED_CODES = ['EPIPE', 'ECONNRESET', 'ERR_STREAM_DESTROYED', 'EBADF']

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
      // Not ended: that is more than closed only for sockets, and pipes refuse it. All was taken already.
      this.#stream.destroy()
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

/**
 * Opens what is no file for writing. Of a named pipe it waits for the reader; nothing of that holds up the process or a signal.
 * Throws OutputError, OutputClosedError, and the signal's reason.
 */
export async function openStreamOutput(
  path: string,
  target: OutputTarget,
  signal?: AbortSignal
): Promise<Output> {
  try {
    if (target.kind === 'descriptor') return openDescriptor(path, target.descriptor)
    if (target.kind === 'socket') return new StreamOutput(await connectTo(path), path, true)
    return new StreamOutput(streamOf(await openWithReader(path, signal)), path, true)
  } catch (error) {
    if (signal?.aborted) throw signal.reason
    throw toOutputError(path, error)
  }
}

/** process.stdout, except for a file: there it would pass over a short write in silence. */
export function standardOutput(): Writable {
  const isFile = fstatSync(1).isFile()
  return isFile ? createWriteStream('', { fd: 1, autoClose: false }) : process.stdout
}

/** Standard output and standard error have streams already, and keep them. */
function openDescriptor(path: string, descriptor: number): Output {
  if (descriptor === 1) return new StreamOutput(standardOutput(), path, false)
  if (descriptor === 2) return new StreamOutput(process.stderr, path, false)
  if (!isGivenDescriptor(descriptor)) throw new Error(`descriptor ${descriptor} is not open`)
  return new StreamOutput(streamOf(descriptor), path, true)
}

async function connectTo(path: string): Promise<Writable> {
  const socket = connect(path)
  await once(socket, 'connect')
  return socket
}

/**
 * A blocking open of a named pipe would keep one of Node's few threads until a reader comes, and the process could not even
 * exit. A non-blocking one fails until then.
 */
async function openWithReader(path: string, signal: AbortSignal | undefined): Promise<number> {
  for (;;) {
    signal?.throwIfAborted()
    try {
      return openSync(path, constants.O_WRONLY | constants.O_NONBLOCK | constants.O_NOCTTY)
    } catch (error) {
      const isUnread = (error as NodeJS.ErrnoException).code === 'ENXIO' && statSync(path).isFIFO()
      if (!isUnread) throw error
    }
    await delay(READER_POLL_MS)
  }
}

/** A stream over a descriptor, which is closed with it. Where the descriptor can make a writer wait, no thread waits. */
function streamOf(descriptor: number): Writable {
  if (isatty(descriptor)) return neverBlocking(new WriteStream(descriptor))
  const stats = fstatSync(descriptor)
  const isPipe = stats.isFIFO() || stats.isSocket()
  if (isPipe) return new Socket({ fd: descriptor, readable: false, writable: true })
  return createWriteStream('', { fd: descriptor })
}

function toOutputError(label: string, error: unknown): Error {
  const { code } = error as NodeJS.ErrnoException
  if (code === 'ENOSPC' || code === 'EDQUOT') return new DiskFullError(label, undefined, error)
  if (CLOSED_CODES.includes(code!)) return new OutputClosedError(label, error)
  return new OutputError(label, error)
}
