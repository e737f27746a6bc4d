import { fromHex } from '../protocol/bytes.ts'
import { statedSizeBytes } from '../protocol/content-record.ts'
import { encodeDirectorReply } from '../protocol/director-codec.ts'
import { DIRECTOR_WIRE_LIMITS } from '../protocol/director-limits.ts'
import type {
  DirectorRequest,
  ListedContent,
  ListedReply,
  ListRequest
} from '../protocol/director-messages.ts'
import type { FramedStream } from '../transport/framed-stream.ts'
import { isAnyIndexing } from './answer.ts'
import { type Conversation, type DirectorContext, UnexpectedRequestError } from './conversation.ts'
import { NAMES_PER_STRETCH, STRETCH_PAUSE_MS } from './limits.ts'
import { recordBytes } from './record-text.ts'
import type { ReadonlyRegistry } from './registry.ts'

/**
 * The stream of a list: tells all contents that are asked for, part by part, as fast as the client
 * reads. It walks through the names that there are, and keeps none of them.
 */
export class Listing implements Conversation {
  readonly #context: DirectorContext
  readonly #stream: FramedStream
  readonly #request: ListRequest
  readonly #isSettling: boolean
  readonly #names: Iterator<string>
  readonly #onEnded: () => void
  #cancelPause: (() => void) | undefined

  constructor(
    context: DirectorContext,
    stream: FramedStream,
    request: ListRequest,
    { isSettling, onEnded }: { isSettling: boolean; onEnded: () => void }
  ) {
    this.#context = context
    this.#stream = stream
    this.#request = request
    this.#isSettling = isSettling
    this.#names = context.registry.names()
    this.#onEnded = onEnded
  }

  onRequest({ kind }: DirectorRequest): void {
    throw new UnexpectedRequestError(kind)
  }

  /** The client has asked all that it wanted to ask, and reads on. */
  onEnd(): void {}

  onClose(): void {
    this.#cancelPause?.()
    this.#onEnded()
  }

  onDrain(): void {
    if (!this.#cancelPause) this.tell()
  }

  /** Tells further parts, until the stream takes no more or others should have their turn. */
  tell(): void {
    this.#cancelPause = undefined
    const { registry, scheduler } = this.#context
    let looked = 0
    while (this.#stream.writable && !this.#stream.closed) {
      const part = takePart(this.#names, registry, this.#request, NAMES_PER_STRETCH - looked)
      looked += part.looked
      const { contents, complete } = part
      if (complete || contents.length > 0) this.#send({ contents, complete })
      if (complete) return
      if (looked < NAMES_PER_STRETCH) continue
      this.#cancelPause = scheduler.after(STRETCH_PAUSE_MS, () => this.tell())
      return
    }
  }

  #send({ contents, complete }: Pick<ListedReply, 'contents' | 'complete'>): void {
    const { registry } = this.#context
    const settling = this.#isSettling
    const indexing = isAnyIndexing(registry, this.#request)
    this.#stream.send(encodeDirectorReply({ kind: 'listed', contents, complete, settling, indexing }))
    if (complete) void this.#stream.close()
  }
}

interface Part extends Pick<ListedReply, 'contents' | 'complete'> {
  /** The number of names that were looked at. */
  looked: number
}

/** Takes the next contents that are asked for, as many as a part holds, out of the next `atMost` names. */
function takePart(
  names: Iterator<string>,
  registry: ReadonlyRegistry,
  request: ListRequest,
  atMost: number
): Part {
  const contents: ListedContent[] = []
  let looked = 0
  for (; looked < atMost && contents.length < DIRECTOR_WIRE_LIMITS.maxListed; looked++) {
    const { value: name, done } = names.next()
    if (done) return { contents, complete: true, looked }
    if (name.startsWith(request.prefix)) contents.push(...listedOf(name, registry, request))
  }
  return { contents, complete: false, looked }
}

/** The content for which the name stands, if there is one: that of the first source that is meant. */
function listedOf(name: string, registry: ReadonlyRegistry, { source }: ListRequest): ListedContent[] {
  const holdings = registry
    .findContent({ name })
    .filter(({ sourceId }) => source === undefined || sourceId === source)
  const [first] = holdings
  if (!first) return []
  const { rootHash } = first.entry
  const size = sizeOf(recordBytes(first.entry))
  if (size === undefined) return []
  const sources = holdings.filter(({ entry }) => entry.rootHash === rootHash).length
  return [{ name, rootHash: fromHex(rootHash), ...size, sources }]
}

/** The size that a record states, if it is one of a finished content, unless it is no record: that is checked when it is first asked for. */
function sizeOf(record: Uint8Array): { sizeBytes?: number | undefined } | undefined {
  try {
    return { sizeBytes: statedSizeBytes(record) }
  } catch {
    return undefined
  }
}
