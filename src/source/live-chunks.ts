import { constants } from 'node:fs'
import { type FileHandle, open, unlink } from 'node:fs/promises'
import { join } from 'node:path'
import { LIVE_LIMITS } from './limits.ts'

interface OpenChunk {
  file: Promise<FileHandle>
  /** Reads and writes under way: until they are done the file is not closed. */
  users: number
}

/**
 * The segments of a live content on disk: files of so many segments each, of which the oldest can be dropped. A few are held
 * open at a time.
 */
export class LiveChunks {
  readonly #directory: string
  readonly #bytesBetween: (from: number, to: number) => number
  readonly #segmentsPerChunk: number
  readonly #open = new Map<number, OpenChunk>()
  #firstChunk = 0

  /**
   * `segmentsPerChunk`: the segments of one file, which are dropped together. `bytesBetween`: the bytes of those from `from` up
   * to `to`, of which the last is there.
   */
  constructor(
    directory: string,
    segmentsPerChunk: number,
    bytesBetween: (from: number, to: number) => number
  ) {
    this.#directory = directory
    this.#bytesBetween = bytesBetween
    this.#segmentsPerChunk = segmentsPerChunk
  }

  /** The first segment that was not dropped. */
  get firstSeq(): number {
    return this.#firstChunk * this.#segmentsPerChunk
  }

  /** Writes segment `seq`, which is there when this resolves. Throws what the file system throws. */
  async write(seq: number, segment: Uint8Array): Promise<void> {
    await this.#use(seq, async (file, position) => {
      for (let at = 0; at < segment.byteLength; ) {
        at += (await file.write(segment, at, segment.byteLength - at, position + at)).bytesWritten
      }
    })
  }

  /** Reads `bytes` of segments from `seq` on, which lie in one file. Throws what the file system throws. */
  async read(seq: number, bytes: number): Promise<Uint8Array> {
    const buffer = new Uint8Array(bytes)
    await this.#use(seq, async (file, position) => {
      for (let at = 0; at < bytes; ) {
        const { bytesRead } = await file.read(buffer, at, bytes - at, position + at)
        if (bytesRead === 0) throw new Error('the file is too short')
        at += bytesRead
      }
    })
    return buffer
  }

  /** Drops the files that lie entirely below `seq`. */
  async dropBelow(seq: number): Promise<void> {
    const first = Math.floor(seq / this.#segmentsPerChunk)
    for (; this.#firstChunk < first; this.#firstChunk++) {
      const chunk = this.#firstChunk
      await this.#close(chunk)
      await unlink(this.#pathOf(chunk))
    }
  }

  async close(): Promise<void> {
    for (const chunk of [...this.#open.keys()]) await this.#close(chunk)
  }

  async #use(seq: number, act: (file: FileHandle, position: number) => Promise<void>): Promise<void> {
    const chunk = Math.floor(seq / this.#segmentsPerChunk)
    const used = this.#open.get(chunk) ?? { file: this.#openFile(chunk), users: 0 }
    this.#open.delete(chunk)
    this.#open.set(chunk, used)
    used.users++
    try {
      await act(await used.file, this.#bytesBetween(chunk * this.#segmentsPerChunk, seq))
    } finally {
      used.users--
      await this.#closeSome()
    }
  }

  #openFile(chunk: number): Promise<FileHandle> {
    const file = open(this.#pathOf(chunk), constants.O_RDWR | constants.O_CREAT, 0o600)
    file.catch(() => this.#open.delete(chunk))
    return file
  }

  /** Closes those not used for longest, as long as too many are open. */
  async #closeSome(): Promise<void> {
    for (const [chunk, { users }] of this.#open) {
      if (this.#open.size <= LIVE_LIMITS.openFiles) return
      if (users === 0) await this.#close(chunk)
    }
  }

  async #close(chunk: number): Promise<void> {
    const used = this.#open.get(chunk)
    this.#open.delete(chunk)
    await (await used?.file.catch(() => undefined))?.close()
  }

  #pathOf(chunk: number): string {
    return join(this.#directory, String(chunk))
  }
}
