import type {
  ConnectionGater,
  MessageStream,
  MultiaddrConnection,
  PeerId,
  StreamMuxer
} from '@libp2p/interface'
import { type Multiaddr, multiaddr } from '@multiformats/multiaddr'
import { type Scheduler, systemScheduler } from '../scheduler.ts'
import { InboundPlaces, type Visit } from './inbound-places.ts'
import { hostOf, unmapped } from './ip-ranges.ts'
import { KnownPeers } from './known-peers.ts'
import type { InboundLimits } from './limits.ts'
import { adaptStreams } from './yamux-streams.ts'

export interface VisitorsInit {
  /** Tells whether a director has named a peer, for whom places are kept. Default: none. */
  isNamed?: (peerId: string) => boolean
  /** Identifies the host of a multiaddr, as hostOf does, which is the default. */
  hostOf?: (address: string) => string | undefined
  /** Default: INBOUND_LIMITS. */
  limits?: InboundLimits
  scheduler?: Scheduler
}

/** A peer's connection was closed since somebody else needed its place. */
const GIVEN_AWAY = new Error('the connection was idle, and its place is needed')

/** Follows the connections that peers open through their handshakes, and lets InboundPlaces decide on them. */
export class Visitors {
  readonly #hostOf: (address: string) => string | undefined
  readonly #scheduler: Scheduler
  readonly #known: KnownPeers
  readonly #places: InboundPlaces
  /** By the connection in each of its states: as it came, and encrypted. */
  readonly #visits = new WeakMap<object, ConnectionVisit>()

  constructor(init: VisitorsInit) {
    const { isNamed = () => false } = init
    this.#hostOf = init.hostOf ?? hostOf
    this.#scheduler = init.scheduler ?? systemScheduler
    this.#known = new KnownPeers()
    this.#places = new InboundPlaces(peerId => this.#known.has(peerId) || isNamed(peerId), init.limits)
  }

  /** Asks, on behalf of libp2p, whether an inbound connection may begin its handshake, and go on after it. */
  readonly gater: ConnectionGater = {
    denyInboundConnection: connection => !this.#knock(connection),
    denyInboundEncryptedConnection: (peerId, connection) => !this.#enter(connection, peerId)
  }

  /** A handshake has turned `connection` into `encrypted`, whichever side has dialled. */
  secured(connection: MessageStream, encrypted: MessageStream, peerId: PeerId): void {
    if (connection.direction === 'outbound') this.#known.add(peerId.toString())
    const visit = this.#visits.get(connection)
    if (visit) this.#visits.set(encrypted, visit)
  }

  /** An encrypted connection has got its muxer. Peers that are served on a stream become known. */
  muxed(encrypted: MessageStream, muxer: StreamMuxer): void {
    const visit = this.#visits.get(encrypted)
    if (!visit) return
    visit.muxer = muxer
    adaptStreams(muxer, stream => {
      stream.addEventListener('close', ({ error }) => {
        visit.usedAtMs = this.#scheduler.nowMs()
        if (!error && visit.peerId !== undefined) this.#known.served(visit.peerId, stream.protocol)
      })
    })
  }

  /** The peer of an encrypted connection has broken its limits: its host is taken nothing from for a while. */
  abused(encrypted: MessageStream): void {
    const visit = this.#visits.get(encrypted)
    if (visit) this.#places.bar(visit, this.#scheduler.nowMs())
  }

  #knock(connection: MultiaddrConnection): boolean {
    const nowMs = this.#scheduler.nowMs()
    connection.remoteAddr = unmappedAddress(connection.remoteAddr)
    const visit = new ConnectionVisit(connection, this.#hostOf(connection.remoteAddr.toString()), nowMs)
    if (!this.#places.knock(visit, nowMs)) return false
    this.#visits.set(connection, visit)
    connection.addEventListener('close', () => this.#places.left(visit))
    return true
  }

  #enter(connection: MultiaddrConnection, peerId: PeerId): boolean {
    const visit = this.#visits.get(connection)
    return visit !== undefined && this.#places.enter(visit, peerId.toString())
  }
}

/**
 * A listener for both families gives IPv4 peers mapped addresses: all that goes by hosts and networks is to know them
 * by the address that they have.
 */
function unmappedAddress(address: Multiaddr): Multiaddr {
  const [first] = address.getComponents()
  if (first?.name !== 'ip6' || unmapped(first.value!) === first.value) return address
  return multiaddr(address.toString().replace(/^\/ip6\/[^/]+/, `/ip4/${unmapped(first.value!)}`))
}

class ConnectionVisit implements Visit {
  readonly host: string | undefined
  peerId: string | undefined
  muxer: StreamMuxer | undefined
  usedAtMs: number
  readonly #connection: MultiaddrConnection

  constructor(connection: MultiaddrConnection, host: string | undefined, nowMs: number) {
    this.#connection = connection
    this.host = host
    this.usedAtMs = nowMs
  }

  idleSinceMs(): number | undefined {
    return this.muxer && this.muxer.streams.length > 0 ? undefined : this.usedAtMs
  }

  giveWay(): void {
    this.muxer?.abort(GIVEN_AWAY)
    this.#connection.abort(GIVEN_AWAY)
  }
}
