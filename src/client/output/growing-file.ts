import { type FileHandle, open } from 'node:fs/promises'
import { dirname } from 'node:path'
import type { ChecksumOptions } from './checksum.ts'
import type { FinishedOutput, Output } from './output.ts'
import { FileExistsError, OutputError } from './output-errors.ts'
import { checkTarget, putInPlace, syncDirectory } from './output-place.ts'
import { StreamOutput } from './output-stream.ts'
import { partialNames } from './partial-names.ts'

export interface GrowingOutputOptions extends ChecksumOptions {
  path: string
  /** Replaces a file that is there, and what an earlier run has left of it. */
  force: boolean
  signal?: AbortSignal
}

/** Opens a file for a content whose end is not known yet. Throws FileExistsError, OutputIsDirectoryError, OutputError. */
export async function openGrowingFile(options: GrowingOutputOptions): Promise<Output> {
  const { path, force } = options
  checkTarget(path, force)
  const { partial } = partialNames(path)
  const file = await open(partial, force ? 'w' : 'wx').catch(error => {
    throw error.code === 'EEXIST' ? new FileExistsError(partial) : new OutputError(partial, error)
  })
  return new GrowingFile(file, partial, options)
}

/** A file that only grows, and gets its name when it is complete. */
class GrowingFile implements Output {
  readonly resumeBytes = 0
  readonly #file: FileHandle
  readonly #stream: StreamOutput
  readonly #partial: string
  readonly #path: string
  readonly #force: boolean

  constructor(file: FileHandle, partial: string, options: GrowingOutputOptions) {
    this.#file = file
    this.#stream = new StreamOutput(file.createWriteStream(), partial, { ...options, endsStream: true })
    this.#partial = partial
    this.#path = options.path
    this.#force = options.force
  }

  async write(chunks: Uint8Array[]): Promise<void> {
    await this.#stream.write(chunks)
  }

  async finish(): Promise<FinishedOutput> {
    await this.#stream.write([])
    await this.#file.sync().catch(error => {
      throw new OutputError(this.#partial, error)
    })
    const hash = await this.#stream.finish()
    putInPlace(this.#partial, this.#path, this.#force)
    await syncDirectory(dirname(this.#path))
    return hash
  }

  async abandon(): Promise<void> {
    await this.#stream.abandon()
  }
}
