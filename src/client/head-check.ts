import type { RouteMessage } from '../protocol/route-messages.ts'
import { type StreamHead, type StreamOf, verifyHead } from '../protocol/stream-head.ts'

export interface HeadCheckHandlers {
  /** A head has proved to be the source's. */
  onHead(head: StreamHead): void
  /** A message that came behind a head. */
  onMessage(message: RouteMessage): void
  onRefused(error: Error): void
}

/** Checks the heads of a live content that come over one route. What comes behind a head waits until it is checked. */
export class HeadCheck {
  readonly #stream: StreamOf
  readonly #handlers: HeadCheckHandlers
  readonly #waiting: RouteMessage[] = []
  #isChecking = false

  constructor(stream: StreamOf, handlers: HeadCheckHandlers) {
    this.#stream = stream
    this.#handlers = handlers
  }

  /** Takes a head, and what has to wait for one. Returns false for a message that can be handled at once. */
  take(message: RouteMessage): boolean {
    if (!this.#isChecking && message.kind !== 'head') return false
    this.#waiting.push(kept(message))
    if (!this.#isChecking) void this.#work()
    return true
  }

  async #work(): Promise<void> {
    this.#isChecking = true
    try {
      for (let message = this.#waiting.shift(); message; message = this.#waiting.shift()) {
        if (message.kind === 'head') this.#handlers.onHead(await verifyHead(message.bytes, this.#stream))
        else this.#handlers.onMessage(message)
      }
    } catch (error) {
      this.#waiting.length = 0
      this.#handlers.onRefused(error as Error)
    }
    this.#isChecking = false
  }
}

/** The message with bytes of its own: those that it came in are used again. */
function kept(message: RouteMessage): RouteMessage {
  if (message.kind === 'segment') return { ...message, payload: message.payload.slice() }
  if (message.kind === 'head') return { ...message, bytes: message.bytes.slice() }
  if (message.kind !== 'hashes') return message
  return { ...message, leaves: message.leaves.slice(), proof: message.proof.slice() }
}
