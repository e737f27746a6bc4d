import { connect, createServer, type Server, type Socket } from 'node:net'
import { multiaddr } from '@multiformats/multiaddr'
import { Backoff } from '../../src/discovery/backoff.ts'
import { OWN_CAPABILITIES } from '../../src/protocol/capabilities.ts'
import { decodeDirectorReply, encodeDirectorRequest } from '../../src/protocol/director-codec.ts'
import {
  type CatalogItem,
  DIRECTOR_PROTOCOL,
  type DirectorReply,
  type DirectorRequest,
  type MeasuredPeer,
  type NeighborsReply
} from '../../src/protocol/director-messages.ts'
import { ROUTE_PROTOCOL } from '../../src/protocol/route-codec.ts'
import { LightConnection, type LightStream } from './light-connection.ts'
import { type LightIdentity, newIdentity } from './light-identity.ts'

/** As real nodes have it: see NODE_LIMITS.keepAliveIntervalMs, and STEADY_INTERVAL_MS of the prober. */
const PING_INTERVAL_MS = 10_000
const MEASURE_INTERVAL_MS = 30_000
/** Milliseconds after which a dial, and a registration that is not confirmed, are given up. */
const PATIENCE_MS = 6_000
const ITEMS_PER_DELTA = 100

/** Where a director is. */
export interface Target {
  host: string
  port: number
}

export function targetOf(address: string): Target {
  const parts = multiaddr(address).getComponents()
  return { host: parts[0]!.value!, port: Number(parts[1]!.value) }
}

/** Dials a director from an address of the loopback network. Throws where no connection comes about in time. */
export async function dialLight(
  { host, port }: Target,
  from: string,
  identity: LightIdentity
): Promise<LightConnection> {
  const connection = new LightConnection(connect({ host, port, localAddress: from }), true, identity)
  const timer = setTimeout(() => connection.destroy(), PATIENCE_MS)
  try {
    await connection.opened
    return connection
  } finally {
    clearTimeout(timer)
  }
}

/** Asks the connection's other side for a sign of life as often as a real node does. */
export function keepAlive(connection: LightConnection): () => void {
  const timer = setInterval(() => connection.ping(), PING_INTERVAL_MS * (0.9 + 0.2 * Math.random()))
  return () => clearInterval(timer)
}

/** One socket that listens at all addresses of the loopback network, for as many nodes as there are. */
export class LightListener {
  readonly #identities = new Map<string, LightIdentity>()
  readonly #server: Server
  port = 0

  constructor() {
    this.#server = createServer((socket: Socket) => {
      const identity = this.#identities.get(socket.localAddress!)
      if (identity) new LightConnection(socket, false, identity)
      else socket.destroy()
    })
  }

  async start(): Promise<void> {
    await new Promise<void>(resolve => this.#server.listen(0, '0.0.0.0', 4_096, resolve))
    this.port = (this.#server.address() as { port: number }).port
  }

  add(ip: string, identity: LightIdentity): void {
    this.#identities.set(ip, identity)
  }
}

/** How far a member has come with its director. */
export type MemberStage = 'registered' | 'found' | 'introduced' | 'listed'

export interface LightMemberInit {
  role: 'source' | 'relay'
  ip: string
  listener: LightListener
  target: Target
  /** Told of each stage once for each registration. */
  onStage(stage: MemberStage): void
  onLost(): void
}

/**
 * A relay or source as a director sees it: it registers, renews its lease, tells its catalog and round
 * trips to the neighbours that it is told. It makes the round trips up from places on a square that takes
 * 150 ms across, and dials nobody but the director.
 */
export class LightMember {
  readonly identity = newIdentity()
  readonly #init: LightMemberInit
  readonly #backoff = new Backoff(Math.random)
  #items: readonly CatalogItem[] = []
  #connection: LightConnection | undefined
  #stream: LightStream | undefined
  #stages = new Set<MemberStage>()
  #neighbors: string[] = []
  #told = new Set<string>()
  #itemsTold = 0
  #measuredAtMs = 0
  #timer: NodeJS.Timeout | undefined
  isAway = false
  requests = 0
  replies = 0
  replyBytes = 0

  constructor(init: LightMemberInit) {
    this.#init = init
    init.listener.add(init.ip, this.identity)
  }

  setCatalog(items: readonly CatalogItem[]): void {
    this.#items = items
  }

  /** Dials once; resolves with whether the node is registered. */
  async register(): Promise<boolean> {
    const { target, ip, role, listener } = this.#init
    try {
      const connection = await dialLight(target, ip, this.identity)
      const stopPings = keepAlive(connection)
      const registered = Promise.withResolvers<boolean>()
      const timer = setTimeout(() => connection.destroy(), PATIENCE_MS)
      this.#stages = new Set()
      this.#neighbors = []
      this.#told = new Set()
      this.#itemsTold = 0
      this.#connection = connection
      connection.onClose = () => {
        clearTimeout(timer)
        clearTimeout(this.#timer)
        stopPings()
        registered.resolve(false)
        if (this.#stages.has('registered')) this.#init.onLost()
      }
      this.#stream = connection.open(DIRECTOR_PROTOCOL, {
        onFrame: frame => {
          this.replies++
          this.replyBytes += frame.length
          const reply = decodeDirectorReply(frame)
          if (reply.kind === 'registered') {
            clearTimeout(timer)
            this.#onRegistered(reply.leaseMs)
            registered.resolve(true)
          } else this.#onReply(reply)
        },
        onEnd: () => connection.destroy()
      })
      this.#send({
        ...{ kind: 'register', role, addresses: [`/ip4/${ip}/tcp/${listener.port}`], labels: [] },
        ...{ restricted: false, capabilities: [...OWN_CAPABILITIES], routeProtocol: ROUTE_PROTOCOL }
      })
      return await registered.promise
    } catch {
      return false
    }
  }

  /** Milliseconds to wait before the next attempt, as real nodes wait. */
  nextAttemptMs(): number {
    return this.#backoff.next(performance.now())
  }

  drop(): void {
    this.#connection?.destroy()
  }

  #onRegistered(leaseMs: number): void {
    clearTimeout(this.#timer)
    this.#timer = setTimeout(() => {
      this.#measure()
      this.#send({ kind: 'renew', draining: false, load: Math.random() / 2, indexing: false })
    }, leaseMs / 3)
    if (this.#stages.has('registered')) return
    this.#reach('registered')
    this.#backoff.succeeded(performance.now())
    if (this.#init.role === 'source') this.#tellCatalog()
  }

  #onReply(reply: DirectorReply): void {
    if (reply.kind === 'verdict' && reply.reached.length > 0) this.#reach('found')
    else if (reply.kind === 'neighbors') this.#onNeighbors(reply)
    else if (reply.kind === 'catalogStored') this.#tellCatalog()
    else if (reply.kind === 'notice') process.send!({ notice: reply.message })
  }

  #onNeighbors({ peers }: NeighborsReply): void {
    this.#neighbors = peers.map(({ peerId }) => peerId)
    const fresh = this.#neighbors.filter(peerId => !this.#told.has(peerId))
    if (fresh.length > 0) this.#send({ kind: 'measurements', peers: fresh.map(id => this.#measured(id)) })
    this.#told = new Set(this.#neighbors)
    this.#reach('introduced')
  }

  /** A real node gathers the round trips that it has measured again, and tells them when it renews. */
  #measure(): void {
    if (performance.now() - this.#measuredAtMs < MEASURE_INTERVAL_MS || this.#neighbors.length === 0) return
    this.#measuredAtMs = performance.now()
    this.#send({ kind: 'measurements', peers: this.#neighbors.map(id => this.#measured(id)) })
  }

  #measured(peerId: string): MeasuredPeer {
    const [a, b] = [placeOf(this.identity.peerId), placeOf(peerId)]
    return { peerId, rttMs: 2 + 150 * Math.hypot(a.x - b.x, a.y - b.y) + Math.random() }
  }

  #tellCatalog(): void {
    if (this.#itemsTold > this.#items.length) {
      this.#reach('listed')
      return
    }
    const put = this.#items.slice(this.#itemsTold, this.#itemsTold + ITEMS_PER_DELTA)
    this.#itemsTold += ITEMS_PER_DELTA
    const complete = this.#itemsTold >= this.#items.length
    if (complete) this.#itemsTold = this.#items.length + 1
    this.#send({ kind: 'catalog', put: [...put], remove: [], complete })
  }

  #reach(stage: MemberStage): void {
    if (this.#stages.has(stage)) return
    this.#stages.add(stage)
    this.#init.onStage(stage)
  }

  #send(request: DirectorRequest): void {
    this.requests++
    this.#stream?.send(encodeDirectorRequest(request))
  }
}

function placeOf(peerId: string): { x: number; y: number } {
  let value = 0x811c9dc5
  for (let at = 0; at < peerId.length; at++) value = Math.imul(value ^ peerId.charCodeAt(at), 0x01000193)
  return { x: (value & 0xffff) / 0xffff, y: (value >>> 16) / 0xffff }
}
