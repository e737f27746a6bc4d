import type { Connection } from '@libp2p/interface'
import { CODE_P2P, multiaddr } from '@multiformats/multiaddr'
import { AnabranchError, ExitCode, WireStatus } from '../errors.ts'
import { toHex, utf8Length } from '../protocol/bytes.ts'
import { OWN_CAPABILITIES } from '../protocol/capabilities.ts'
import { encodeDirectorReply } from '../protocol/director-codec.ts'
import { DIRECTOR_WIRE_LIMITS } from '../protocol/director-limits.ts'
import type {
  CatalogItem,
  CatalogRequest,
  DirectorReply,
  DirectorRequest,
  RegisterRequest,
  RenewRequest
} from '../protocol/director-messages.ts'
import { MalformedMessageError } from '../protocol/malformed-message.ts'
import { placeOf } from '../transport/dial-budget.ts'
import type { FramedStream } from '../transport/framed-stream.ts'
import type { Conversation, DirectorContext } from './conversation.ts'
import { UnexpectedRequestError } from './conversation.ts'
import type { Unreached, Verdict } from './dial-back-plan.ts'
import { MAX_NAMES_TOLD } from './limits.ts'
import { type Registration, recordText, type ToldEntry } from './registry-change.ts'

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
  /** The date and time of day when the node registered. */
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
  /** Becomes true when the node is to be told whom to measure. */
  #isIntroduced = false
  #toldUnreached = ''

  /** The registry has to have the node already. */
  constructor(
    context: DirectorContext,
    stream: FramedStream,
    connection: Connection,
    onLeft: (member: Member, reason: LeftReason) => void
  ) {
    this.peerId = connection.remotePeer.toString()
    this.connection = connection
    this.#context = context
    this.#stream = stream
    this.#onLeft = onLeft
    this.#acknowledge()
    context.scheduler.after(context.limits.dialBackPatienceMs, () => this.#introduce())
  }

  onRequest(request: DirectorRequest): void {
    const { peerId } = this
    const { publish, limits } = this.#context
    publish({ kind: 'touched', peerId, leaseMs: limits.leaseMs })
    if (request.kind === 'renew') this.#renew(request)
    else if (request.kind === 'leave') this.#leave('ended')
    else if (request.kind === 'catalog') this.#takeCatalog(request)
    else if (request.kind === 'measurements')
      publish({ kind: 'measured', peerId, peers: request.peers, ttlMs: limits.measurementTtlMs })
    else throw new UnexpectedRequestError(request.kind)
  }

  onEnd(): void {
    this.#leave('connection lost')
    void this.#stream.close()
  }

  onClose(): void {
    this.#leave('connection lost')
  }

  onDrain(): void {}

  /**
   * Hears what is known by now of the node's addresses. Once that is all, or the patience is over,
   * the node is told whom to measure: what it measures counts from then on. Returns true when it was
   * told of addresses at which it was not found.
   */
  onVerdict({ open, failed }: Verdict): boolean {
    if (open.length > 0) return false
    const unreached = failed.map(({ address }) => address).join()
    const isNews = unreached !== this.#toldUnreached && unreached !== ''
    this.#toldUnreached = unreached
    if (isNews) this.notify(WireStatus.nextHopUnreachable, messageOfUnreached(failed))
    this.#introduce()
    return isNews
  }

  #introduce(): void {
    if (this.#isIntroduced || this.#isGone) return
    this.#isIntroduced = true
    this.pushNeighbors()
  }

  /** Tells the node whom to measure, if that changed. */
  pushNeighbors(): void {
    if (!this.#isIntroduced) return
    const peers = this.#context.registry
      .neighborsOf(this.peerId)
      .map(({ peerId, reachable }) => ({ peerId, addresses: [...reachable] }))
    const fingerprint = JSON.stringify(peers)
    if (fingerprint === this.#sentNeighbors) return
    this.#sentNeighbors = fingerprint
    this.#send({ kind: 'neighbors', peers })
  }

  notify(status: number, message: string): void {
    this.#send({ kind: 'notice', status, message })
  }

  /** Ends the stream, because the lease ended or the node came back on another stream. */
  drop(reason: string): void {
    this.#isGone = true
    this.#stream.abort(new Error(reason))
  }

  #renew({ draining, load }: RenewRequest): void {
    const { peerId } = this
    const { publish, limits } = this.#context
    publish({ kind: 'renewed', peerId, draining, load, leaseMs: limits.leaseMs })
    this.#acknowledge()
  }

  #acknowledge(): void {
    this.#send({
      kind: 'registered',
      leaseMs: this.#context.limits.leaseMs,
      capabilities: [...OWN_CAPABILITIES]
    })
  }

  #takeCatalog({ put, remove, complete }: CatalogRequest): void {
    const { peerId } = this
    const { publish, registry } = this.#context
    publish({ kind: 'contentsRemoved', peerId, names: remove })
    const { leftOut } = publish({ kind: 'contentsPut', peerId, entries: put.map(toEntry) })
    if (complete) publish({ kind: 'contentsComplete', peerId })
    this.#send({ kind: 'catalogStored', entries: registry.contentCountOf(peerId) })
    this.#isListed ||= complete
    this.#tellOfNames(put.map(item => item.name))
    if (leftOut === 0) return
    const message = `${leftOut} contents were left out: the director's limit of catalog entries is reached`
    this.notify(WireStatus.refusedSessions, message)
  }

  /** Tells a source of `names` once a registration, when its whole catalog is there. */
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
    const { peerId } = this
    const { publish, owner, limits } = this.#context
    if (reason === 'ended') publish({ kind: 'gone', owner, peerId })
    else publish({ kind: 'disconnected', owner, peerId, graceMs: limits.lostConnectionGraceMs })
    this.#onLeft(this, reason)
  }

  #send(reply: DirectorReply): void {
    this.#stream.send(encodeDirectorReply(reply))
  }
}

/**
 * Returns what a node says of itself, under its connection's identity. Throws ForeignIdentityError, and
 * MalformedMessageError for an address that is too long with the identity in it: others could not read it.
 */
export function registrationOf({ kind: _, ...request }: RegisterRequest, peerId: string): Registration {
  return {
    ...request,
    peerId,
    addresses: request.addresses.map(address => withPeerId(address, peerId))
  }
}

function messageOfUnreached(unreached: readonly Unreached[]): string {
  const which = unreached.map(({ address, reason }) => `${placeOf(address)} (${reason})`).join(', ')
  return `this node was not found at ${which}; nobody is led to it there: check --announce and the firewall`
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

function toEntry({ name, rootHash, record }: CatalogItem): ToldEntry {
  return { name, rootHash: toHex(rootHash), record: recordText(record) }
}

/** The address with the peer id that belongs to it at its end. */
function withPeerId(address: string, peerId: string): string {
  const told = namingPeer(address, peerId)
  if (utf8Length(told) <= DIRECTOR_WIRE_LIMITS.maxAddressBytes) return told
  throw new MalformedMessageError('an address that is too long with its peer id')
}

function namingPeer(address: string, peerId: string): string {
  const parsed = multiaddr(address)
  const named = parsed.getComponents().findLast(component => component.name === 'p2p')?.value
  if (named === undefined) return parsed.encapsulate(`/p2p/${peerId}`).toString()
  if (named !== peerId) throw new ForeignIdentityError(`${address} is another node's address`)
  return parsed.toString()
}
