import { failpoint } from '../failpoints.ts'
import type { RouteMessage } from '../protocol/route-messages.ts'
import { type Scheduler, systemScheduler } from '../scheduler.ts'
import type { SegmentReader } from './content-store.ts'
import { SenderCore } from './sender-core.ts'
import type { SourceSession } from './source-session.ts'

/** The stream of one route, as its sender uses it. */
export interface RouteStream {
  readonly writable: boolean
  readonly closed: boolean
  /** Queues a message. Its bytes may change once this has returned. */
  send(message: RouteMessage): void
}

/**
 * Sends one route's part of a session: reads and writes what a SenderCore says is next, as long as the stream takes it. A
 * route that is blocked, or waits for the disk, holds up no other.
 */
export class RouteSender {
  readonly #core: SenderCore
  readonly #reader: SegmentReader
  readonly #stream: RouteStream
  readonly #fail: (error: unknown) => void
  readonly #scheduler: Scheduler
  #busy = false
  #again = false

  constructor(
    session: SourceSession,
    route: number,
    reader: SegmentReader,
    stream: RouteStream,
    fail: (error: unknown) => void,
    scheduler: Scheduler = systemScheduler
  ) {
    this.#core = new SenderCore(session, route)
    this.#reader = reader
    this.#stream = stream
    this.#fail = fail
    this.#scheduler = scheduler
  }

  /** Payload bytes sent so far. */
  get sentBytes(): number {
    return this.#core.sentBytes
  }

  /** Something has changed: there is credit, a new order, or room in the stream. */
  wake(): void {
    if (this.#busy) {
      this.#again = true
      return
    }
    this.#busy = true
    this.#run()
      .catch(error => this.#fail(error))
      .finally(() => {
        this.#busy = false
        if (this.#again && !this.#stream.closed) {
          this.#again = false
          this.wake()
        }
      })
  }

  async #run(): Promise<void> {
    this.#core.begin()
    while (this.#stream.writable) {
      const action = this.#core.next()
      if (!action) return
      switch (action.kind) {
        case 'message':
          this.#stream.send(action.message)
          break
        case 'hashes': {
          const found = this.#reader.groupHashes(action.group, action.count)
          const hashes = found instanceof Promise ? await found : found
          this.#stream.send({ kind: 'hashes', group: action.group, ...copyOf(hashes) })
          break
        }
        case 'segment': {
          const { seq, repair } = action
          const payload = this.#reader.tryGetSegment(seq) ?? (await this.#reader.readSegment(seq))
          const pieces = this.#core.segment(seq, repair, payload, this.#scheduler.nowMs())
          for (const piece of pieces) {
            this.#stream.send({ kind: 'segment', ...piece })
            if (piece.more) failpoint('source.segment')
          }
          break
        }
        case 'yield':
          await new Promise(resolve => setImmediate(resolve))
      }
    }
  }
}

function copyOf(hashes: { leaves: Uint8Array; proof: Uint8Array }) {
  return { leaves: Uint8Array.from(hashes.leaves), proof: Uint8Array.from(hashes.proof) }
}
