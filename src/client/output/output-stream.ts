import { createHash, type Hash } from 'node:crypto'
import { once } from 'node:events'
import { constants, createWriteStream, fstatSync, openSync, statSync } from 'node:fs'
import { connect, Socket } from 'node:net'
import type { Writable } from 'node:stream'
import { finished } from 'node:stream/promises'
import { setTimeout as delay } from 'node:timers/promises'
import { isatty, WriteStream } from 'node:tty'
import { neverBlocking } from '../../files/terminal.ts'
import { type ChecksumOptions, finishedWith, makesChecksum } from './checksum.ts'
import type { FinishedOutput, Output } from './output.ts'
import { DiskFullError, OutputClosedError, OutputError } from './output-errors.ts'
import { isGivenDescriptor, type OutputTarget } from './output-target.ts'

/** Interval in milliseconds at which a named pipe without a reader is tried again. */
const READER_POLL_MS = 50

/**
 * Error codes of a write to a closed reader. EBADF belongs to a standard output that this program
 * was started without.
 */
const CLOSED_CODES = ['EPIPE', 'ECONNRESET', 'ERR_STREAM_DESTROYED', 'EBADF']

export interface StreamOutputOptions extends ChecksumOptions {
  /** Whether the stream is ours, so that finish() and abandon() end it. */
  endsStream: boolean
}

/** An output that can only be appended to: nothing is resumed, and nothing is kept for another run. */
export class StreamOutput implements Output {
  readonly resumeBytes = 0
  readonly #stream: Writable
  readonly #label: string
  readonly #options: StreamOutputOptions
  readonly #hash: Hash | undefined
  #failure: Error | undefined

  constructor(stream: Writable, label: string, options: StreamOutputOptions) {
    this.#stream = stream
    this.#label = label
    this.#options = options
    this.#hash = makesChecksum(options) ? createHash('sha256') : undefined
    stream.on('error', error => {
      this.#failure ??= toOutputError(label, error)
    })
  }

  async write(chunks: Uint8Array[]): Promise<void> {
    this.#check()
    this.#stream.cork()
    for (const chunk of chunks) {
      this.#hash?.update(chunk)
      this.#stream.write(chunk)
    }
    this.#stream.uncork()
    await this.#flush()
  }

  async finish(): Promise<FinishedOutput> {
    await this.#flush()
    if (this.#options.endsStream) {
      // The stream is destroyed, not ended: only for sockets does ending do more than closing, and
      // pipes refuse it. The reader has taken everything already.
      this.#stream.destroy()
      await finished(this.#stream).catch(() => {})
      this.#check()
    }
    return finishedWith(this.#hash?.digest('hex'), this.#options, this.#label)
  }

  async abandon(): Promise<void> {
    if (this.#options.endsStream) this.#stream.destroy()
  }

  /** Waits until the reader has taken everything, which keeps us as slow as the reader. */
  async #flush(): Promise<void> {
    this.#check()
    const { promise, resolve } = Promise.withResolvers<void>()
    // The callback of an empty write runs when all writes before it are done, or gets their error.
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
 * Opens a target that is no regular file for writing. For a named pipe it waits until there is a
 * reader; the wait holds up neither the process nor a signal.
 * Throws OutputError, OutputClosedError, and the signal's reason.
 */
export async function openStreamOutput(
  options: ChecksumOptions & { path: string; signal?: AbortSignal },
  target: OutputTarget
): Promise<Output> {
  const { path, signal } = options
  const ours = { ...options, endsStream: true }
  try {
    if (target.kind === 'descriptor') return openDescriptor(path, target.descriptor, options)
    if (target.kind === 'socket') return new StreamOutput(await connectTo(path), path, ours)
    return new StreamOutput(streamOf(await openWithReader(path, signal)), path, ours)
  } catch (error) {
    if (signal?.aborted) throw signal.reason
    throw toOutputError(path, error)
  }
}

/**
 * Returns process.stdout, except where it is a file: there process.stdout would silently accept a
 * short write.
 */
export function standardOutput(): Writable {
  const isFile = fstatSync(1).isFile()
  return isFile ? createWriteStream('', { fd: 1, autoClose: false }) : process.stdout
}

/**
 * Opens a descriptor as an output. Standard output and standard error have streams already, and
 * keep them.
 */
function openDescriptor(path: string, descriptor: number, options: ChecksumOptions): Output {
  if (descriptor === 1) return new StreamOutput(standardOutput(), path, { ...options, endsStream: false })
  if (descriptor === 2) return new StreamOutput(process.stderr, path, { ...options, endsStream: false })
  if (!isGivenDescriptor(descriptor)) throw new Error(`descriptor ${descriptor} is not open`)
  return new StreamOutput(streamOf(descriptor), path, { ...options, endsStream: true })
}

async function connectTo(path: string): Promise<Writable> {
  const socket = connect(path)
  await once(socket, 'connect')
  return socket
}

/**
 * Opens a named pipe once it has a reader. A blocking open would keep one of Node's few threads
 * until a reader comes, and the process could not even exit. A non-blocking open fails until then,
 * so it is tried again.
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

/**
 * Makes a stream that closes its descriptor. Where the descriptor can make a writer wait, no thread
 * waits.
 */
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
