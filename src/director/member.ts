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
  NeighborsReply,
  PeerAddresses,
  RegisterRequest,
  RenewRequest,
  VerdictReply
} from '../protocol/director-messages.ts'
import { MalformedMessageError } from '../protocol/malformed-message.ts'
import { placeOf } from '../transport/dial-budget.ts'
import type { FramedStream } from '../transport/framed-stream.ts'
import { type AccessRules, type Admission, type Admitted, isStillAdmitted, mayRegister } from './access.ts'
import { addressesFor } from './addresses-for.ts'
import type { Conversation, DirectorContext } from './conversation.ts'
import { UnexpectedRequestError } from './conversation.ts'
import type { Unreached, Verdict } from './dial-back-plan.ts'
import { GatheredNews } from './gathered-news.ts'
import { NameNotice, type NamesToTell } from './name-notice.ts'
import { recordText } from './record-text.ts'
import type { RegisteredNode } from './registry.ts'
import type { Registration, ToldEntry } from './registry-change.ts'

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

export interface MemberHandlers {
  onLeft(member: Member, reason: LeftReason): void
  /** The node tells anew what it is. An error thrown here ends its stream. */
  onMoved(node: Registration): void
}

/** The stream of one registered source or relay. */
export class Member implements Conversation {
  readonly peerId: string
  readonly connection: Connection
  /** The date and time of day when the node registered. */
  readonly since = new Date().toISOString()
  readonly #context: DirectorContext
  readonly #stream: FramedStream
  readonly #handlers: MemberHandlers
  /** The neighbours that the node was told, or is told next. */
  #neighbors: Omit<NeighborsReply, 'kind'> | undefined
  readonly #neighborNews: GatheredNews
  readonly #admitted: Admitted
  /** Names that lead to other sources. */
  readonly #namesTaken = new NameNotice()
  /** Names that this source may not register. */
  readonly #namesForbidden = new NameNotice()
  #isListed = false
  #isGone = false
  /** Becomes true when the node is to be told of its neighbours. */
  #isIntroduced = false
  #toldNeighbors = ''
  #toldVerdict = ''
  /** The addresses at which the node was not found, as it was told last. */
  #toldUnreached: string | undefined

  /** The registry has to have the node already. */
  constructor(
    context: DirectorContext,
    stream: FramedStream,
    connection: Connection,
    admitted: Admitted,
    handlers: MemberHandlers
  ) {
    this.peerId = connection.remotePeer.toString()
    this.#admitted = admitted
    this.connection = connection
    this.#context = context
    this.#stream = stream
    this.#handlers = handlers
    const { scheduler, limits } = context
    this.#neighborNews = new GatheredNews(scheduler, limits.neighborGatherMs, () => this.#sendNeighbors())
    this.#acknowledge()
    if (this.#isReachable) this.#introduce()
    else context.scheduler.after(context.limits.dialBackPatienceMs, () => this.#introduce())
  }

  onRequest(request: DirectorRequest): void {
    const { peerId } = this
    const { publish, limits, leaseMs } = this.#context
    publish({ kind: 'touched', peerId, leaseMs: leaseMs() })
    if (request.kind === 'renew') this.#renew(request)
    else if (request.kind === 'leave') this.#leave('ended')
    else if (request.kind === 'catalog') this.#takeCatalog(request)
    else if (request.kind === 'register') this.#move(request)
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
   * Hears what is known by now of the node's addresses. Returns those at which it was not found where
   * it was told of them just now.
   */
  onVerdict({ reached, open, failed }: Verdict): Unreached[] | undefined {
    const isAll = open.length === 0
    if (isAll) this.#tellVerdict(reached, failed)
    const told = isAll ? this.#tellUnreached(reached, failed) : undefined
    if (isAll || this.#isReachable) this.#introduce()
    return told
  }

  /** Tells the node whom to measure and who else is linked to it, if that changed. */
  pushNeighbors(): void {
    if (!this.#isIntroduced || this.#isGone) return
    const { chosen, linked } = this.#context.registry.neighborsOf(this.peerId)
    const told = (nodes: RegisteredNode[]) => nodes.map(node => this.#peerOf(node))
    this.#tellNeighbors(told(chosen), told(linked))
  }

  /**
   * Tells the node of another that has become linked to it or is found at new addresses, for a route may
   * lead from here to there from now on: at once, or with what else comes in the same moment.
   */
  pushLinked(other: RegisteredNode): void {
    if (!this.#neighbors) return
    const { peers, linked } = this.#neighbors
    const now = this.#peerOf(other)
    const known = peers.find(({ peerId }) => peerId === now.peerId)
    if (known && this.#isReachable && known.addresses.join() === now.addresses.join()) return
    const put = (list: PeerAddresses[]) => list.map(peer => (peer.peerId === now.peerId ? now : peer))
    const told = this.#isReachable ? [...peers, ...linked] : linked
    const isKnown = told.some(({ peerId }) => peerId === now.peerId)
    this.#tellNeighbors(put(peers), isKnown ? put(linked) : [...linked, now])
  }

  /** Tells what is still gathered of neighbours: a client is about to be told of a route over this node. */
  tellGathered(): void {
    this.#neighborNews.tellNow()
  }

  notify(status: number, message: string): void {
    this.#send({ kind: 'notice', status, message })
  }

  /** Ends the stream, because the lease ended or the node came back on another stream. */
  drop(reason: string): void {
    this.#isGone = true
    this.#neighborNews.stop()
    this.#stream.abort(new Error(reason))
  }

  /** Sends the node away unless these rules let it in on the same terms; it may register anew. */
  judge(access: AccessRules): void {
    if (isStillAdmitted(access, this.#admitted)) return
    this.#leave('ended')
    this.drop('the access rules changed')
  }

  /**
   * Tells the node at which addresses it was not found, and returns them; undefined where there is
   * nothing to tell, or nothing that was not told before.
   */
  #tellUnreached(reached: readonly string[], failed: Unreached[]): Unreached[] | undefined {
    const isNowhere = reached.length === 0
    const worthTelling = isNowhere ? failed : failed.filter(({ isExpected }) => !isExpected)
    const unreached = JSON.stringify([isNowhere, worthTelling.map(({ address }) => address)])
    const isNews = unreached !== this.#toldUnreached
    this.#toldUnreached = unreached
    if (!isNews || !(isNowhere || worthTelling.length > 0)) return undefined
    const message = isNowhere ? messageOfNowhere(worthTelling) : messageOfUnreached(worthTelling)
    this.notify(WireStatus.nextHopUnreachable, message)
    return worthTelling
  }

  #tellVerdict(reached: string[], failed: readonly Unreached[]): void {
    const unreached = failed
      .slice(0, DIRECTOR_WIRE_LIMITS.maxUnreached)
      .map(({ address, reason }) => ({ address, reason }))
    const verdict: VerdictReply = { kind: 'verdict', reached, unreached }
    const told = JSON.stringify(verdict)
    if (told === this.#toldVerdict) return
    this.#toldVerdict = told
    this.#send(verdict)
  }

  get #isReachable(): boolean {
    return this.#context.registry.node(this.peerId)!.reachable.length > 0
  }

  /**
   * Has the node told of its neighbours from now on. That is done as soon as others are told of the
   * node, so that both ends of a link know each other; else once nothing more is to be found out
   * about its addresses, or the patience is over.
   */
  #introduce(): void {
    if (this.#isIntroduced || this.#isGone) return
    this.#isIntroduced = true
    this.pushNeighbors()
  }

  #tellNeighbors(peers: PeerAddresses[], allLinked: PeerAddresses[]): void {
    const linked = allLinked.slice(-DIRECTOR_WIRE_LIMITS.maxNeighbors)
    this.#neighbors = { peers, linked, attach: !this.#isReachable }
    this.#neighborNews.add()
  }

  #sendNeighbors(): void {
    if (this.#isGone || !this.#neighbors) return
    const told = JSON.stringify(this.#neighbors)
    if (told === this.#toldNeighbors) return
    this.#toldNeighbors = told
    this.#send({ kind: 'neighbors', ...this.#neighbors })
  }

  /** The addresses of another node that are true for this one. */
  #peerOf({ peerId, whereabouts }: RegisteredNode): PeerAddresses {
    const { standpoint } = this.#context.registry.node(this.peerId)!.whereabouts
    return { peerId, addresses: addressesFor(standpoint, whereabouts) }
  }

  /** The node has other addresses, or says something else anew of itself. Its contents stay. */
  #move(request: RegisterRequest): void {
    const { guest, admission } = this.#admitted
    if (request.role !== guest.party) throw new UnexpectedRequestError(request.kind)
    this.#handlers.onMoved(registrationOf(request, this.peerId, admission))
    this.#acknowledge()
  }

  #renew({ draining, load, indexing }: RenewRequest): void {
    const { peerId } = this
    const { publish, leaseMs } = this.#context
    publish({ kind: 'renewed', peerId, draining, load, indexing, leaseMs: leaseMs() })
    this.#acknowledge()
  }

  #acknowledge(): void {
    this.#send({
      kind: 'registered',
      leaseMs: this.#context.leaseMs(),
      capabilities: [...OWN_CAPABILITIES],
      observed: placeOf(this.connection.remoteAddr.toString()),
      timeMs: this.#context.utcMs()
    })
  }

  #takeCatalog({ put, remove, complete }: CatalogRequest): void {
    const { peerId } = this
    const { publish, registry } = this.#context
    publish({ kind: 'contentsRemoved', peerId, names: remove })
    const isAllowed = ({ name }: CatalogItem) => mayRegister(this.#admitted.admission, name)
    const allowed = put.filter(isAllowed)
    const { leftOut } = publish({ kind: 'contentsPut', peerId, entries: allowed.map(toEntry) })
    if (complete) publish({ kind: 'contentsComplete', peerId })
    this.#send({ kind: 'catalogStored', entries: registry.contentCountOf(peerId) })
    this.#isListed ||= complete
    this.#namesTaken.add(registry.namesTaken(peerId, allowed.map(nameOf)))
    this.#namesForbidden.add(put.filter(item => !isAllowed(item)).map(nameOf))
    this.#tellOfNames()
    if (leftOut === 0) return
    const message = `${leftOut} contents were left out: the director's limit of catalog entries is reached`
    this.notify(WireStatus.refusedSessions, message)
  }

  #tellOfNames(): void {
    const taken = this.#namesTaken.take(this.#isListed)
    if (taken) this.notify(WireStatus.taken, takenMessage(taken))
    const forbidden = this.#namesForbidden.take(this.#isListed)
    if (forbidden) this.notify(WireStatus.notAdmitted, forbiddenMessage(forbidden, this.#admitted.admission))
  }

  #leave(reason: LeftReason): void {
    if (this.#isGone) return
    this.#isGone = true
    this.#neighborNews.stop()
    const { peerId } = this
    const { publish, owner, limits } = this.#context
    if (reason === 'ended') publish({ kind: 'gone', owner, peerId })
    else publish({ kind: 'disconnected', owner, peerId, graceMs: limits.lostConnectionGraceMs })
    this.#handlers.onLeft(this, reason)
  }

  #send(reply: DirectorReply): void {
    this.#stream.send(encodeDirectorReply(reply))
  }
}

/**
 * Returns what a node says of itself, under its connection's identity and without its token. Throws
 * ForeignIdentityError, and MalformedMessageError for an address that is too long with the identity
 * in it: others could not read it.
 */
export function registrationOf(
  { kind: _, token: __, ...request }: RegisterRequest,
  peerId: string,
  { vouchedBy }: Admission
): Registration {
  return {
    ...request,
    peerId,
    addresses: request.addresses.map(address => withPeerId(address, peerId)),
    ...(vouchedBy === undefined ? {} : { vouchedBy })
  }
}

function messageOfUnreached(unreached: readonly Unreached[]): string {
  return `this node was not found at ${listOf(unreached)}; nobody is led to it there: check the addresses that it announces and the firewall`
}

function messageOfNowhere(unreached: readonly Unreached[]): string {
  const tried =
    unreached.length === 0
      ? 'it has no address that others could be told'
      : `it was not found at ${listOf(unreached)}`
  return (
    `nobody can dial this node: ${tried}; others come to it over the relays to which it attaches itself. To be ` +
    'dialled, open its port in the firewall and forward it in the router, or give the address at which others ' +
    'reach it'
  )
}

function listOf(unreached: readonly Unreached[]): string {
  return unreached.map(({ address, reason }) => `${placeOf(address)} (${reason})`).join(', ')
}

function takenMessage({ names, count }: NamesToTell): string {
  const held = count === 1 ? 'is held by another source' : 'are held by other sources'
  return `${names} ${held} with other bytes; queries by name lead there`
}

function forbiddenMessage({ names, count }: NamesToTell, { vouchedBy }: Admission): string {
  const left = count === 1 ? 'was left out' : 'were left out'
  return `${names} ${left}: the director's rule ${vouchedBy} does not let this source register such names; ask its operator`
}

function nameOf({ name }: CatalogItem): string {
  return name
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
