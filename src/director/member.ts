import { multiaddr } from '@multiformats/multiaddr'
import { AnabranchError, WireStatus } from '../errors.ts'
import type { FramedStream } from '../overlay/framed-stream.ts'
import { encodeDirectorReply } from '../protocol/director-codec.ts'
import type {
  CatalogItem,
  CatalogRequest,
  DirectorReply,
  DirectorRequest,
  RegisterRequest
} from '../protocol/director-messages.ts'
import type { CatalogEntry } from './content-index.ts'
import type { Conversation, DirectorContext } from './conversation.ts'
import { UnexpectedRequestError } from './conversation.ts'

/** A node sent something that does not fit the identity of its connection. */
export class ForeignIdentityError extends AnabranchError {
  constructor(what: string) {
    super('ERR_FOREIGN_IDENTITY', `A node may only speak for itself: ${what}`, {
      wireStatus: WireStatus.invalidRequest
    })
  }
}

/** The stream of one registered source or relay. */
export class Member implements Conversation {
  readonly peerId: string
  readonly #context: DirectorContext
  readonly #stream: FramedStream
  #sentNeighbors: string | undefined
  #isGone = false

  /** Throws RegistryFullError, ForeignIdentityError. */
  constructor(context: DirectorContext, stream: FramedStream, peerId: string, request: RegisterRequest) {
    this.peerId = peerId
    this.#context = context
    this.#stream = stream
    const { kind: _, addresses, ...registration } = request
    const ownAddresses = addresses.map(address => withPeerId(address, peerId))
    context.registry.register({ ...registration, peerId, addresses: ownAddresses }, context.scheduler.nowMs())
    context.changed()
    this.#acknowledge()
    this.pushNeighbors()
  }

  onRequest(request: DirectorRequest): void {
    this.#context.registry.touch(this.peerId, this.#context.scheduler.nowMs())
    if (request.kind === 'renew') this.#renew(request)
    else if (request.kind === 'leave') this.#leave('ended')
    else if (request.kind === 'catalog') this.#takeCatalog(request)
    else if (request.kind === 'measurements') {
      this.#context.registry.measure(this.peerId, request.peers, this.#context.scheduler.nowMs())
      this.#context.changed()
    } else throw new UnexpectedRequestError(request.kind)
  }

  onEnd(): void {
    this.#leave('connection lost')
    void this.#stream.close()
  }

  onClose(): void {
    this.#leave('connection lost')
  }

  onDrain(): void {}

  /** Tells the node whom to measure, if that changed. */
  pushNeighbors(): void {
    const peers = this.#context.registry
      .neighborsOf(this.peerId)
      .map(({ peerId, addresses }) => ({ peerId, addresses: [...addresses] }))
    const fingerprint = JSON.stringify(peers)
    if (fingerprint === this.#sentNeighbors) return
    this.#sentNeighbors = fingerprint
    this.#send({ kind: 'neighbors', peers })
  }

  notify(status: number, message: string): void {
    this.#send({ kind: 'notice', status, message })
  }

  /** The lease ended, or the node came back on another stream: this one is of no use any more. */
  drop(reason: string): void {
    this.#isGone = true
    this.#stream.abort(new Error(reason))
  }

  #renew(state: { draining: boolean; load: number }): void {
    this.#context.registry.renew(this.peerId, state, this.#context.scheduler.nowMs())
    this.#context.changed()
    this.#acknowledge()
  }

  #acknowledge(): void {
    this.#send({ kind: 'registered', leaseMs: this.#context.limits.leaseMs })
  }

  #takeCatalog({ put, remove, complete }: CatalogRequest): void {
    const { registry } = this.#context
    registry.removeContents(this.peerId, remove)
    const refusedCount = registry.putContents(this.peerId, put.map(toEntry))
    if (complete) registry.completeContents(this.peerId)
    this.#context.changed()
    this.#send({ kind: 'catalogStored', entries: registry.contentCountOf(this.peerId) })
    if (refusedCount === 0) return
    const message = `${refusedCount} contents were left out: the director's limit of catalog entries is reached`
    this.notify(WireStatus.refusedSessions, message)
  }

  #leave(reason: 'ended' | 'connection lost'): void {
    if (this.#isGone) return
    this.#isGone = true
    const { registry, scheduler } = this.#context
    if (reason === 'ended') registry.remove(this.peerId)
    else registry.disconnected(this.peerId, scheduler.nowMs())
    this.#context.left(this, reason)
  }

  #send(reply: DirectorReply): void {
    this.#stream.send(encodeDirectorReply(reply))
  }
}

function toEntry({ name, rootHash, record }: CatalogItem): CatalogEntry {
  // The bytes are a view of the whole frame, which must not be kept for one record.
  return { name, rootHash: Buffer.from(rootHash).toString('hex'), record: record.slice(), isVerified: false }
}

/** The address with the peer id that belongs to it at its end. */
function withPeerId(address: string, peerId: string): string {
  const parsed = multiaddr(address)
  const named = parsed.getComponents().findLast(component => component.name === 'p2p')?.value
  if (named === undefined) return parsed.encapsulate(`/p2p/${peerId}`).toString()
  if (named !== peerId) throw new ForeignIdentityError(`${address} is another node's address`)
  return parsed.toString()
}
