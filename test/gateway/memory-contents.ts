import { createHash } from 'node:crypto'
import { AnabranchError, ExitCode } from '../../src/errors.ts'
import type {
  ContentListing,
  ContentReference,
  Contents,
  FindOptions,
  ServedContent
} from '../../src/gateway/contents.ts'
import type { ByteRange } from '../../src/units/byte-range.ts'

export class NothingHereError extends AnabranchError {
  constructor() {
    super('ERR_CONTENT_NOT_FOUND', 'Content not found; check the name, or start its source', {
      exitCode: ExitCode.notFound
    })
  }
}

/** How the bytes of one content come. Default: at once, in chunks. */
export type Reading = (bytes: Uint8Array, signal: AbortSignal) => AsyncIterable<Uint8Array>

export interface MemoryContent {
  bytes: Uint8Array
  isLive?: boolean
  modifiedAtMs?: number
  reading?: Reading
}

/** Contents in memory, which remember what they were asked for. */
export class MemoryContents implements Contents {
  readonly found: [ContentReference, Omit<FindOptions, 'signal'>][] = []
  readonly reads: { range: ByteRange | undefined; signal: AbortSignal }[] = []
  isComing = false
  readonly #contents = new Map<string, MemoryContent>()

  constructor(contents: Record<string, MemoryContent>) {
    for (const [name, content] of Object.entries(contents)) this.#contents.set(name, content)
  }

  /** The root hash that a content goes by here. */
  static idOf({ bytes }: MemoryContent): string {
    return createHash('sha256').update(bytes).digest('hex')
  }

  async find(reference: ContentReference, { signal, ...options }: FindOptions): Promise<ServedContent> {
    signal.throwIfAborted()
    this.found.push([reference, options])
    const found = [...this.#contents].find(
      ([name, content]) =>
        'ticket' in reference ||
        ('name' in reference ? reference.name === name : reference.id === MemoryContents.idOf(content))
    )
    if (!found) throw new NothingHereError()
    return this.#served(...found)
  }

  async list(prefix: string): Promise<ContentListing> {
    const contents = [...this.#contents].map(([name, content]) => ({
      name,
      id: MemoryContents.idOf(content),
      sizeBytes: content.isLive ? undefined : content.bytes.byteLength
    }))
    return { contents: contents.filter(({ name }) => name.startsWith(prefix)), isComing: this.isComing }
  }

  #served(name: string, content: MemoryContent): ServedContent {
    const { bytes, isLive, modifiedAtMs, reading = inChunks } = content
    return {
      name,
      id: MemoryContents.idOf(content),
      sizeBytes: isLive ? undefined : bytes.byteLength,
      ...(modifiedAtMs === undefined ? {} : { modifiedAtMs }),
      read: async (range, sink, signal) => {
        this.reads.push({ range, signal })
        const { start, end } = range ?? { start: 0, end: bytes.byteLength }
        for await (const chunk of reading(bytes.subarray(start, end), signal)) await sink.write([chunk])
      }
    }
  }
}

async function* inChunks(bytes: Uint8Array): AsyncGenerator<Uint8Array> {
  for (let at = 0; at < bytes.byteLength; at += 300) yield bytes.subarray(at, at + 300)
}
