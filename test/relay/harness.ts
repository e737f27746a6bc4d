import type { Connection, Stream } from '@libp2p/interface'
import { ROUTE_LIMITS } from '../../src/protocol/limits.ts'
import { decodeRouteMessage, encodeRouteMessage, ROUTE_PROTOCOL } from '../../src/protocol/route-codec.ts'
import type { Hop, Open, Request, RouteMessage } from '../../src/protocol/route-messages.ts'
import type { RelayLimits } from '../../src/relay/limits.ts'
import { Relay, type RelayEvent, type RelayOptions } from '../../src/relay/relay.ts'
import { type Scheduler, systemScheduler } from '../../src/scheduler.ts'
import { FramedStream } from '../../src/transport/framed-stream.ts'
import { createNode, type OverlayNode } from '../../src/transport/node.ts'
import { open, opened } from '../protocol/messages.ts'

/** Time that moves only when told to. */
export class ManualScheduler implements Scheduler {
  #nowMs = 0
  readonly #timers = new Set<{ atMs: number; task: () => void }>()

  nowMs(): number {
    return this.#nowMs
  }

  after(delayMs: number, task: () => void): () => void {
    const timer = { atMs: this.#nowMs + delayMs, task }
    this.#timers.add(timer)
    return () => this.#timers.delete(timer)
  }

  advance(ms: number): void {
    const untilMs = this.#nowMs + ms
    for (;;) {
      const due = [...this.#timers].filter(({ atMs }) => atMs <= untilMs).sort((a, b) => a.atMs - b.atMs)[0]
      if (!due) break
      this.#timers.delete(due)
      this.#nowMs = Math.max(this.#nowMs, due.atMs)
      due.task()
    }
    this.#nowMs = untilMs
  }
}

/** One end of a route that keeps what it receives. */
export class Peer {
  readonly stream: Stream
  readonly framed: FramedStream
  readonly received: RouteMessage[] = []
  readonly closed: Promise<Error | undefined>
  ended = false
  #changed = Promise.withResolvers<void>()

  /** `endWithPeer`: closes as soon as the other side does, as a source and a relay do. */
  constructor(stream: Stream, { endWithPeer = true, onMessage = (_: RouteMessage) => {} } = {}) {
    this.stream = stream
    const closed = Promise.withResolvers<Error | undefined>()
    this.closed = closed.promise
    this.framed = new FramedStream(stream, {
      maxFrameBytes: ROUTE_LIMITS.maxFrameBytes,
      handlers: {
        onFrame: frame => {
          const message = decodeRouteMessage(frame)!
          this.received.push(message)
          onMessage(message)
          this.#change()
        },
        onEnd: () => {
          this.ended = true
          if (endWithPeer) void this.framed.close()
          this.#change()
        },
        onDrain: () => this.#change(),
        onClose: error => {
          closed.resolve(error)
          this.#change()
        }
      }
    })
  }

  /** How many segments have come. On a busy machine `held` comes between them, for they do come at once then. */
  get segmentCount(): number {
    return this.received.filter(({ kind }) => kind === 'segment').length
  }

  send(message: RouteMessage): boolean {
    return this.framed.send(...encodeRouteMessage(message))
  }

  /** Sends all, as fast as the stream takes them. */
  async sendAll(messages: Iterable<RouteMessage>): Promise<void> {
    for (const message of messages) {
      if (!this.send(message)) await this.until(() => this.framed.writable || this.framed.closed)
    }
  }

  /** The first message of that kind, once it is there. Throws when the stream closes before. */
  async first<K extends RouteMessage['kind']>(kind: K): Promise<Extract<RouteMessage, { kind: K }>> {
    const find = () => this.received.find(message => message.kind === kind)
    await this.until(() => find() !== undefined || this.framed.closed)
    const found = find()
    if (!found) throw new Error(`closed before a '${kind}' came`)
    return found as Extract<RouteMessage, { kind: K }>
  }

  async until(condition: () => boolean): Promise<void> {
    while (!condition()) await this.#changed.promise
  }

  #change(): void {
    this.#changed.resolve()
    this.#changed = Promise.withResolvers()
  }
}

/** Resolves once `condition` holds, looked at on every turn of the event loop. */
export async function eventually(condition: () => boolean): Promise<void> {
  while (!condition()) await new Promise(resolve => setImmediate(resolve))
}

/** A source without contents: it keeps the routes that reach it. */
export class SourceStub {
  readonly node: OverlayNode
  readonly #accepted: Peer[] = []
  readonly #waiting: Array<(peer: Peer) => void> = []
  /** Connections over which routes came. */
  readonly connections = new Set<string>()

  constructor(node: OverlayNode) {
    this.node = node
  }

  async start(): Promise<void> {
    await this.node.handle(ROUTE_PROTOCOL, (stream, connection) => this.#accept(stream, connection), {
      maxInboundStreams: 1_000
    })
  }

  /** The next route that reaches the source, its `open` not answered. */
  async next(): Promise<Peer> {
    return this.#accepted.shift() ?? (await new Promise(resolve => this.#waiting.push(resolve)))
  }

  /** The next route, answered. */
  async opened(): Promise<Peer> {
    const peer = await this.next()
    await peer.first('open')
    peer.send(opened(Uint8Array.of(1, 2, 3)))
    return peer
  }

  #accept(stream: Stream, connection: Connection): void {
    this.connections.add(connection.id)
    const peer = new Peer(stream)
    const waiting = this.#waiting.shift()
    if (waiting) waiting(peer)
    else this.#accepted.push(peer)
  }
}

/** Nodes on loopback, all stopped by `stop`. */
export class Network {
  readonly #nodes: OverlayNode[] = []
  readonly events: RelayEvent[] = []

  async node(listen = true): Promise<OverlayNode> {
    const node = await createNode({ listen: listen ? ['/ip4/127.0.0.1/tcp/0'] : [] })
    this.#nodes.push(node)
    return node
  }

  async relay(options: Omit<RelayOptions, 'node'> = {}): Promise<{ relay: Relay; node: OverlayNode }> {
    const node = await this.node()
    const relay = new Relay({ node, onEvent: event => this.events.push(event), ...options })
    await relay.start()
    return { relay, node }
  }

  /** A route through one relay with its source's answer on the way. */
  async openRoute(limits: Partial<RelayLimits> = {}, scheduler: Scheduler = systemScheduler) {
    const source = await this.source()
    const { relay, node } = await this.relay({ limits, scheduler })
    const client = await ask(await this.node(false), node, [hopOf(source.node)])
    const far = await source.opened()
    await client.first('opened')
    return { source, relay, node, client, far }
  }

  ended() {
    return this.events.filter(event => event.kind === 'routeEnded')
  }

  async source(): Promise<SourceStub> {
    const source = new SourceStub(await this.node())
    await source.start()
    return source
  }

  async stop(): Promise<void> {
    // One after the other: two ends that close one connection at the same time wait for each other.
    for (const node of this.#nodes.splice(0).reverse()) await node.stop()
    this.events.length = 0
  }
}

export function hopOf(node: OverlayNode): Hop {
  return { peerId: node.peerId.toString(), addresses: node.getMultiaddrs().map(String) }
}

/** A client's stream to `via`, nothing asked yet. */
export async function dial(client: OverlayNode, via: OverlayNode, init = {}): Promise<Peer> {
  return new Peer(await client.dialProtocol(via.getMultiaddrs()[0]!, ROUTE_PROTOCOL), init)
}

/** A client's stream to `via` on which the route over `hops` was asked for. */
export async function ask(
  client: OverlayNode,
  via: OverlayNode,
  hops: Hop[],
  changes: Partial<Open> = {},
  wishes: Partial<Request> = {}
): Promise<Peer> {
  const peer = await dial(client, via)
  peer.send({ kind: 'open', ...open(hops, changes, wishes) })
  return peer
}
