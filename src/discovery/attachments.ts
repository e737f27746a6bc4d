import { UnsupportedProtocolError } from '@libp2p/interface'
import { peerIdFromString } from '@libp2p/peer-id'
import { multiaddr } from '@multiformats/multiaddr'
import { WireStatus } from '../errors.ts'
import {
  ATTACH_FRAME,
  ATTACH_PROTOCOL,
  decodeAttachment,
  MAX_ATTACH_FRAME_BYTES
} from '../protocol/attach-codec.ts'
import type { PeerAddresses } from '../protocol/director-messages.ts'
import type { Scheduler } from '../scheduler.ts'
import { FramedStream } from '../transport/framed-stream.ts'
import type { OverlayNode } from '../transport/overlay-node.ts'
import { AttachmentPlan } from './attachment-plan.ts'

/** Milliseconds for a relay to answer. */
const ANSWER_TIMEOUT_MS = 6_000

export interface AttachmentsOptions {
  node: OverlayNode
  /** The relays that this node is attached to have changed. */
  onAttached(relays: string[]): void
  scheduler: Scheduler
}

/** Keeps a node that nobody can dial attached to relays, over which routes come to it. */
export class Attachments {
  readonly #options: AttachmentsOptions
  readonly #plan = new AttachmentPlan()
  readonly #streams = new Map<string, FramedStream>()
  readonly #stopped = new AbortController()
  #cancelRetry: (() => void) | undefined
  #told = ''

  constructor(options: AttachmentsOptions) {
    this.#options = options
  }

  setCandidates(peers: readonly PeerAddresses[]): void {
    this.#plan.setCandidates(peers)
    this.#go()
  }

  /** A round trip to a neighbour in milliseconds; undefined where it does not answer. */
  measured(peerId: string, rttMs: number | undefined): void {
    this.#plan.measured(peerId, rttMs)
    this.#go()
  }

  stop(): void {
    this.#stopped.abort(new Error('the node stops'))
    this.#cancelRetry?.()
    for (const stream of this.#streams.values()) void stream.close()
  }

  #go(): void {
    if (this.#stopped.signal.aborted) return
    const { scheduler } = this.#options
    this.#cancelRetry?.()
    for (const peerId of this.#plan.toLeave) void this.#streams.get(peerId)?.close()
    for (const peer of this.#plan.due(scheduler.nowMs())) void this.#open(peer)
    const waitMs = this.#plan.waitMs(scheduler.nowMs())
    if (waitMs !== undefined) this.#cancelRetry = scheduler.after(waitMs, () => this.#go())
    this.#tell()
  }

  async #open(peer: PeerAddresses): Promise<void> {
    const { node, scheduler } = this.#options
    const { peerId } = peer
    const timeout = new AbortController()
    const cancelTimeout = scheduler.after(ANSWER_TIMEOUT_MS, () => timeout.abort(new Error('no answer')))
    const signal = AbortSignal.any([timeout.signal, this.#stopped.signal])
    try {
      // The measurement has made a connection: over that one the relay will come back.
      const isConnected = node.getConnections(peerIdFromString(peerId)).length > 0
      const target = isConnected
        ? peerIdFromString(peerId)
        : peer.addresses.map(address => multiaddr(address))
      const raw = await node.dialProtocol(target, ATTACH_PROTOCOL, { signal })
      const stream = new FramedStream(raw, {
        maxFrameBytes: MAX_ATTACH_FRAME_BYTES,
        handlers: {
          onFrame: frame => {
            cancelTimeout()
            this.#onSaid(stream, peerId, frame)
          },
          onEnd: () => void stream.close(),
          onClose: error => {
            cancelTimeout()
            this.#onClose(stream, peerId, error)
          }
        }
      })
      this.#streams.set(peerId, stream)
      timeout.signal.addEventListener('abort', () => stream.abort(timeout.signal.reason))
      stream.send(ATTACH_FRAME)
    } catch (error) {
      cancelTimeout()
      this.#failed(peerId, error)
    }
  }

  #onSaid(stream: FramedStream, peerId: string, frame: Uint8Array): void {
    const { status } = decodeAttachment(frame)
    if (this.#streams.get(peerId) !== stream) return
    if (status === WireStatus.ok) this.#plan.attached(peerId, this.#options.scheduler.nowMs())
    else if (status === WireStatus.draining && this.#plan.isAttached(peerId)) this.#plan.draining(peerId)
    else void stream.close()
    this.#go()
  }

  #onClose(stream: FramedStream, peerId: string, error?: Error): void {
    if (this.#streams.get(peerId) !== stream) return
    this.#streams.delete(peerId)
    this.#failed(peerId, error)
  }

  #failed(peerId: string, error: unknown): void {
    if (error instanceof UnsupportedProtocolError) this.#plan.isNoRelay(peerId)
    else this.#plan.ended(peerId, this.#options.scheduler.nowMs())
    this.#go()
  }

  #tell(): void {
    const { relays } = this.#plan
    const now = relays.toSorted().join()
    if (now === this.#told) return
    this.#told = now
    this.#options.onAttached(relays)
  }
}
