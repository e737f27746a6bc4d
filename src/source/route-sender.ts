import { failpoint } from '../failpoints.ts'
import { HASH_BYTES, HASH_GROUP_SEGMENTS } from '../protocol/merkle.ts'
import type { RouteMessage } from '../protocol/route-messages.ts'
import { type Scheduler, systemScheduler } from '../scheduler.ts'
import type { SegmentReader } from './content-store.ts'
import type { RouteTurns } from './fair-rate.ts'
import { type SenderAction, SenderCore } from './sender-core.ts'
import type { SourceSession } from './source-session.ts'

/** The stream of one route, as its sender uses it. */
export interface RouteStream {
  readonly writable: boolean
  readonly closed: boolean
  /** Queues a message. Its bytes may change once this has returned. */
  send(message: RouteMessage): void
}

export interface RouteSenderInit {
  session: SourceSession
  route: number
  reader: SegmentReader
  stream: RouteStream
  /** The route's part of what the source may send; undefined for no limit. */
  turns: RouteTurns | undefined
  /** The content cannot be read any more. */
  fail(error: unknown): void
  /** Default: the system's. */
  scheduler?: Scheduler
}

/**
 * Sends one route's part of a session: reads and writes what a SenderCore says is next, as long as the stream takes it. A
 * route that is blocked, or waits for the disk, holds up no other.
 */
export class RouteSender {
  readonly #init: RouteSenderInit
  readonly #core: SenderCore
  readonly #scheduler: Scheduler
  #busy = false
  #again = false

  constructor(init: RouteSenderInit) {
    this.#init = init
    this.#core = new SenderCore(init.session, init.route)
    this.#scheduler = init.scheduler ?? systemScheduler
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
      .catch(error => this.#init.fail(error))
      .finally(() => {
        this.#busy = false
        if (this.#again && !this.#init.stream.closed) {
          this.#again = false
          this.wake()
        }
      })
  }

  async #run(): Promise<void> {
    const { reader, stream, turns } = this.#init
    this.#core.begin()
    while (stream.writable) {
      const action = this.#core.next()
      if (!action) break
      const bytes = turns ? this.#bytesOf(action) : 0
      if (bytes > 0) {
        await turns!.take(bytes)
        if (stream.closed) return
      }
      switch (action.kind) {
        case 'message':
          stream.send(action.message)
          break
        case 'hashes':
          stream.send({ kind: 'hashes', group: action.group, ...copyOf(reader.groupHashes(action.group)) })
          break
        case 'segment': {
          const { seq, repair } = action
          const payload = reader.tryGetSegment(seq) ?? (await reader.readSegment(seq))
          const pieces = this.#core.segment(seq, repair, payload, this.#scheduler.nowMs())
          for (const piece of pieces) {
            stream.send({ kind: 'segment', ...piece })
            if (piece.more) failpoint('source.segment')
          }
          break
        }
        case 'yield':
          await new Promise(resolve => setImmediate(resolve))
      }
    }
    turns?.rest()
  }

  /** Bytes that count against the rate; 0 for what is small and rare. */
  #bytesOf(action: SenderAction): number {
    if (action.kind === 'segment') return this.#init.session.extent.lengthOf(action.seq)
    if (action.kind === 'hashes') return HASH_GROUP_SEGMENTS * HASH_BYTES
    if (action.kind === 'message' && action.message.kind === 'testReply')
      return action.message.padding.byteLength
    return 0
  }
}

function copyOf(hashes: { leaves: Uint8Array; proof: Uint8Array }) {
  return { leaves: Uint8Array.from(hashes.leaves), proof: Uint8Array.from(hashes.proof) }
}
