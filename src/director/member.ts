import type { Connection } from '@libp2p/interface'
import { CODE_P2P, multiaddr } from '@multiformats/multiaddr'
import { AnabranchError, ExitCode, WireStatus } from '../errors.ts'
import { toHex } from '../protocol/bytes.ts'
import { encodeDirectorReply } from '../protocol/director-codec.ts'
import type {
  CatalogItem,
  CatalogRequest,
  DirectorReply,
  DirectorRequest,
  RegisterRequest
} from '../protocol/director-messages.ts'
import type { FramedStream } from '../transport/framed-stream.ts'
import type { CatalogEntry } from './content-index.ts'
import type { Conversation, DirectorContext } from './conversation.ts'
import { UnexpectedRequestError } from './conversation.ts'
import { MAX_NAMES_TOLD } from './limits.ts'

/** A node sent something that does not fit the identity of its connection. */
export class ForeignIdentityError extends AnabranchError {
  constructor(what: string) {
    super('ERR_FOREIGN_IDENTITY', `A node may only speak for itself: ${what}`, {
      wireStatus: WireStatus.invalidRequest
    })
  }
}

/** The identity is registered over another connection, and the node there answers. */
export class IdentityTakenError extends AnabranchError {
  constructor({ connection, since }: Member) {
    const address = connection.remoteAddr.decapsulateCode(CODE_P2P).toString()
    super(
      'ERR_IDENTITY_TAKEN',
      `another node with this identity is registered from ${address} since ${since}; ` +
        'give each node a home of its own',
      { exitCode: ExitCode.refused, wireStatus: WireStatus.taken }
    )
  }
}

/** A node has taken leave, or its stream has ended without that. */
export type LeftReason = 'ended' | 'connection lost'

/** The stream of one registered source or relay. */
export class Member implements Conversation {
  readonly peerId: string
  readonly connection: Connection
  /** When it registered: date and time of day. */
  readonly since = new Date().toISOString()
  readonly #context: DirectorContext
  readonly #stream: FramedStream
  readonly #onLeft: (member: Member, reason: LeftReason) => void
  #sentNeighbors: string | undefined
  /** Names that lead to other sources, until this source is told. */
  #namesTaken: string[] = []
  #isListed = false
  #hasToldOfNames = false
  #isGone = false

  /** Throws RegistryFullError, ForeignIdentityError. */
  constructor(
    context: DirectorContext,
    stream: FramedStream,
    connection: Connection,
    request: RegisterRequest,
    onLeft: (member: Member, reason: LeftReason) => void
  ) {
    const peerId = connection.remotePeer.toString()
    this.peerId = peerId
    this.connection = connection
    this.#context = context
    this.#stream = stream
    this.#onLeft = onLeft
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
    this.#isListed ||= complete
    this.#tellOfNames(put.map(item => item.name))
    if (refusedCount === 0) return
    const message = `${refusedCount} contents were left out: the director's limit of catalog entries is reached`
    this.notify(WireStatus.refusedSessions, message)
  }

  /** Tells a source of them once a registration, when its whole catalog is there. */
  #tellOfNames(names: readonly string[]): void {
    if (this.#hasToldOfNames) return
    this.#namesTaken.push(...this.#context.registry.namesTaken(this.peerId, names))
    if (!this.#isListed || this.#namesTaken.length === 0) return
    this.#hasToldOfNames = true
    this.notify(WireStatus.taken, messageOfNames(this.#namesTaken))
    this.#namesTaken = []
  }

  #leave(reason: LeftReason): void {
    if (this.#isGone) return
    this.#isGone = true
    const { registry, scheduler } = this.#context
    if (reason === 'ended') registry.remove(this.peerId)
    else registry.disconnected(this.peerId, scheduler.nowMs())
    this.#onLeft(this, reason)
  }

  #send(reply: DirectorReply): void {
    this.#stream.send(encodeDirectorReply(reply))
  }
}

function messageOfNames(names: readonly string[]): string {
  const first = names.slice(0, MAX_NAMES_TOLD).map(name => JSON.stringify(name))
  const more = names.length > first.length ? ` and ${names.length - first.length} more` : ''
  const which = `${first.join(', ')}${more}`
  return names.length === 1
    ? `the name ${which} is held by another source with other bytes; queries by name lead there`
    : `the names ${which} (${names.length} in all) are held by other sources with other bytes; ` +
        'queries by name lead there'
}

function toEntry({ name, rootHash, record }: CatalogItem): CatalogEntry {
  // The bytes are a view of the whole frame, which must not be kept for one record.
  return { name, rootHash: toHex(rootHash), record: record.slice(), isVerified: false }
}

/** The address with the peer id that belongs to it at its end. */
function withPeerId(address: string, peerId: string): string {
  const parsed = multiaddr(address)
  const named = parsed.getComponents().findLast(component => component.name === 'p2p')?.value
  if (named === undefined) return parsed.encapsulate(`/p2p/${peerId}`).toString()
  if (named !== peerId) throw new ForeignIdentityError(`${address} is another node's address`)
  return parsed.toString()
}
