import { UnsupportedProtocolError } from '@libp2p/interface'
import { peerIdFromString } from '@libp2p/peer-id'
import { type Multiaddr, multiaddr } from '@multiformats/multiaddr'
import { WireStatus } from '../errors.ts'
import {
  ATTACH_FRAME,
  ATTACH_PROTOCOL,
  decodeAttachment,
  MAX_ATTACH_FRAME_BYTES
} from '../protocol/attach-codec.ts'
import type { PeerAddresses } from '../protocol/director-messages.ts'
import { ROUTE_PROTOCOL } from '../protocol/route-codec.ts'
import type { Scheduler } from '../scheduler.ts'
import { FramedStream } from '../transport/framed-stream.ts'
import type { OverlayNode } from '../transport/overlay-node.ts'
import { keepAlive } from '../transport/reach.ts'
import { AttachmentPlan } from './attachment-plan.ts'

/** Milliseconds for a relay to answer. */
const ANSWER_TIMEOUT_MS = 6_000
/** Milliseconds between two looks at whether the connections to the relays are alive: nobody else can renew them. */
const LOOK_MS = 250

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
  /** The relays that are asked whether they still answer. */
  readonly #asked = new Set<string>()
  #cancelRetry: (() => void) | undefined
  #cancelLook: (() => void) | undefined
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
    this.#cancelLook?.()
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
    this.#cancelLook ??= this.#streams.size > 0 ? scheduler.after(LOOK_MS, () => this.#look()) : undefined
    this.#tell()
  }

  /** Has connections that carry routes, and may have died, answered or made anew. */
  #look(): void {
    this.#cancelLook = undefined
    for (const peer of this.#plan.attachedPeers) {
      if (this.#asked.has(peer.peerId)) continue
      this.#asked.add(peer.peerId)
      const { node, scheduler } = this.#options
      const asking = keepAlive({
        node,
        peerId: peer.peerId,
        addresses: addressesOf(peer),
        protocol: ROUTE_PROTOCOL,
        scheduler,
        signal: this.#stopped.signal
      })
      // A relay that cannot be reached at all is asked again at the next look.
      asking.catch(() => {}).finally(() => this.#asked.delete(peer.peerId))
    }
    this.#go()
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
      const target = isConnected ? peerIdFromString(peerId) : addressesOf(peer)
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

function addressesOf({ addresses }: PeerAddresses): Multiaddr[] {
  return addresses.map(address => multiaddr(address))
}
