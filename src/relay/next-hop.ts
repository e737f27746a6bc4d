import type { Stream } from '@libp2p/interface'
import { multiaddr } from '@multiformats/multiaddr'
import { ROUTE_PROTOCOL } from '../protocol/route-codec.ts'
import type { Scheduler } from '../scheduler.ts'
import { reasonOf } from '../transport/failure-reasons.ts'
import type { OverlayNode } from '../transport/node.ts'
import { reach } from '../transport/reach.ts'
import { StreamToSource } from '../transport/stream-to-source.ts'
import { FRAME_OVERHEAD_BYTES, type RelayLimits } from './limits.ts'
import { ownBytes } from './own-bytes.ts'

export interface NextHopHandlers {
  onFrame(frame: Uint8Array): void
  /** The hop has ended its side in order; never after `onLost`. */
  onEnd(): void
  /** The hop went away, or sent bytes that are no frame. */
  onLost(error: Error): void
  /** Waiting frames went out. */
  onRoom(): void
}

export interface NextHopInit {
  node: OverlayNode
  peerId: string
  /**
   * The addresses that may be dialled: none where only a standing connection may be used, undefined
   * where that may not be used either.
   */
  addresses: readonly string[] | undefined
  limits: RelayLimits
  scheduler: Scheduler
  handlers: NextHopHandlers
}

/** One route's way on towards the source: frames wait here, in bounded number, until the hop is reached and takes them. */
export class NextHop {
  readonly #init: NextHopInit
  readonly #waiting: Uint8Array[] = []
  readonly #dialling = new AbortController()
  #stream: StreamToSource | undefined
  #waitingBytes = 0
  #ending = false
  #aborted = false
  sentBytes = 0

  constructor(init: NextHopInit) {
    this.#init = init
  }

  /** Frames that wait for the hop, in bytes. */
  get queuedBytes(): number {
    return this.#waitingBytes
  }

  /** True when enough frames wait: nothing more should be read from the client. */
  get full(): boolean {
    return this.heldBytes >= this.#init.limits.controlQueueBytes
  }

  get hasRoom(): boolean {
    return this.heldBytes <= this.#init.limits.controlQueueBytes / 2
  }

  /** Bytes of the waiting frames, with the overhead of holding each. */
  get heldBytes(): number {
    return this.#waitingBytes + this.#waiting.length * FRAME_OVERHEAD_BYTES
  }

  /**
   * Reaches the hop, over a standing connection to it where one lives, and sends `opening` and
   * the frames that have come to wait behind it. Throws the error with which the dial ended.
   */
  async connect(opening: Uint8Array): Promise<void> {
    const stream = await this.#dial()
    if (this.#aborted) {
      stream.abort(new Error('the route is over'))
      return
    }
    const framed = this.#frame(stream)
    this.#stream = framed
    this.#waiting.unshift(opening)
    this.#waitingBytes += opening.byteLength
    this.#flush()
  }

  send(frame: Uint8Array): void {
    if (this.#ending || this.#aborted) return
    this.#waiting.push(ownBytes(frame))
    this.#waitingBytes += frame.byteLength
    if (this.#stream) this.#flush()
  }

  pause(): void {
    this.#stream?.pause()
  }

  resume(): void {
    this.#stream?.resume()
  }

  /** Ends this side once all frames are out. */
  end(): void {
    if (this.#ending || this.#aborted) return
    this.#ending = true
    this.#flush()
  }

  abort(error: Error): void {
    if (this.#aborted) return
    this.#aborted = true
    this.#waiting.length = 0
    this.#waitingBytes = 0
    this.#dialling.abort(error)
    if (this.#stream && !this.#stream.closed) this.#stream.abort(error)
  }

  async #dial(): Promise<Stream> {
    const { node, peerId, addresses, limits, scheduler } = this.#init
    if (!addresses) throw new Error('neither a director nor the operator has named it')
    const { signal } = this.#dialling
    const cancelTimer = scheduler.after(limits.nextHopTimeoutMs, () =>
      this.#dialling.abort(new Error(`no answer within ${limits.nextHopTimeoutMs / 1000} s`))
    )
    try {
      signal.throwIfAborted()
      // Over a standing connection nothing is dialled, so no address matters: both ends know each other.
      const dialable = addresses.map(address => withPeerId(address, peerId))
      return await reach({ node, peerId, addresses: dialable, protocol: ROUTE_PROTOCOL, scheduler, signal })
    } catch (error) {
      throw signal.aborted ? signal.reason : new Error(reasonOf(error), { cause: error })
    } finally {
      cancelTimer()
    }
  }

  #frame(stream: Stream): StreamToSource {
    const { handlers, addresses = [], node, scheduler } = this.#init
    return new StreamToSource(stream, {
      node,
      addresses,
      scheduler,
      handlers: {
        onFrame: frame => handlers.onFrame(frame),
        onEnd: () => handlers.onEnd(),
        onDrain: () => this.#flush(),
        onClose: error => {
          if (error || !this.#ending) handlers.onLost(error ?? new Error('its connection was closed'))
        }
      }
    })
  }

  #flush(): void {
    const stream = this.#stream
    if (!stream) return
    let sent = 0
    while (sent < this.#waiting.length && stream.writable) {
      const frame = this.#waiting[sent++]!
      this.#waitingBytes -= frame.byteLength
      this.sentBytes += frame.byteLength
      stream.send(frame)
    }
    this.#waiting.splice(0, sent)
    if (this.#ending && this.#waiting.length === 0) void stream.close(this.#init.limits.lingerMs)
    if (sent > 0) this.#init.handlers.onRoom()
  }
}

function withPeerId(address: string, peerId: string) {
  const parsed = multiaddr(address)
  return parsed.getComponents().some(({ name }) => name === 'p2p')
    ? parsed
    : parsed.encapsulate(`/p2p/${peerId}`)
}
