import { setTimeout as delay } from 'node:timers/promises'
import { multiaddr } from '@multiformats/multiaddr'
import { Pattern } from '../../src/pattern/pattern.ts'
import type { PeerAddresses } from '../../src/protocol/director-messages.ts'
import { ROUTE_LIMITS } from '../../src/protocol/limits.ts'
import { encodeRouteFrame } from '../../src/protocol/route-codec.ts'
import type { Control, Hop, Open, Request, RouteMessage } from '../../src/protocol/route-messages.ts'
import { FramedStream } from '../../src/transport/framed-stream.ts'
import type { OverlayNode } from '../../src/transport/node.ts'
import { Sockets, STREAM_ATTACKS, YAMUX_ATTACKS } from '../../test/hostile/attacks.ts'
import { dialRoute } from '../../test/hostile/hostile-relay.ts'
import { RawPeer } from '../../test/hostile/raw-peer.ts'
import { control, open } from '../../test/protocol/messages.ts'
import { hostileHost, nodeAt } from './hosts.ts'

/** Whom an attack meets: a relay, and a source to which routes over it lead. */
export interface Target {
  relay: PeerAddresses
  source: PeerAddresses
  content: string
}

/** Gets an attack ready. Returns what does it once, from other hosts in each turn where hosts can be barred. */
export type Attack = (target: Target) => Promise<(turn: number) => Promise<unknown>>

/** How long connections that were opened are held. */
const HOLD_MS = 3_000
const BATCH = 200

const ROUTE_ATTACKS: Record<string, Attack> = {
  '10,000 `open`s to nowhere, one identity': async target => {
    const node = await nodeAt(hostileHost(0))
    return () => openMany([node], target, 10_000, () => first([nowhere(target)]))
  },
  '10,000 `open`s to nowhere, 200 identities of one host': async target => {
    const nodes = await identities(200, () => hostileHost(0))
    return () => openMany(nodes, target, 10_000, () => first([nowhere(target)]))
  },
  '10,000 `open`s to nowhere, 200 identities and hosts': async target => {
    const nodes = await identities(200, hostileHost)
    return () => openMany(nodes, target, 10_000, () => first([nowhere(target)]))
  },
  '10,000 `open`s to the source, 200 identities and hosts': async target => {
    const nodes = await identities(200, hostileHost)
    const handshake = new Uint8Array(48).fill(9)
    return () => openMany(nodes, target, 10_000, at => first([target.source], { ...session(at), handshake }))
  },
  'streams that say nothing, 200 identities and hosts': async target => {
    const nodes = await identities(200, hostileHost)
    return () => openMany(nodes, target, 10_000)
  },
  'paths to the relay itself, in circles, to strangers’ ports': async target => {
    const nodes = await identities(20, hostileHost)
    const { relay, source } = target
    const paths: Hop[][] = [
      [relay],
      [source, relay, source],
      [source, source],
      [{ ...source, addresses: relay.addresses.map(bare) }],
      [{ ...source, addresses: ['/ip4/127.0.0.1/tcp/22', '/ip4/169.254.169.254/tcp/80'] }],
      [{ ...source, addresses: ['/ip4/10.66.200.1/tcp/22'] }],
      Array.from({ length: ROUTE_LIMITS.maxHops }, (_, at) => ({ ...(at % 2 ? relay : source) }))
    ]
    return () => openMany(nodes, target, 2_000, at => first(paths[at % paths.length]!))
  }
}

const SESSION_ATTACKS: Record<string, Attack> = {
  'test requests: 256 KiB back for each': inSession(
    () => ({ testBytes: ROUTE_LIMITS.maxTestBytes }),
    nonce => ({ kind: 'test', nonce, replyBytes: ROUTE_LIMITS.maxTestBytes })
  ),
  'orders with huge ranges': inSession(
    () => ({ control: control({ patterns: [change(1, 0, 'A')], horizon: 2 ** 40 }) }),
    at => orders({ reassignments: [copyOf(at + 1, [{ from: 0, to: Number.MAX_SAFE_INTEGER }])] })
  ),
  'orders with 4,096 ranges': inSession(
    () => ({ control: control({ patterns: [change(1, 0, 'AB')], horizon: 2 ** 40 }) }),
    at =>
      orders({
        reassignments: [
          copyOf(
            at + 1,
            Array.from({ length: ROUTE_LIMITS.maxRangesPerMessage - 1 }, (_, i) => ({
              from: 2 * i,
              to: 2 * i + 1
            }))
          )
        ]
      })
  ),
  'orders with patterns of 16 KiB': inSession(
    () => ({}),
    at => orders({ patterns: [change(at + 1, at * 7, '[AB]'.repeat(4_000))], done: at })
  ),
  'orders with endless credit, answers not read': inSession(
    () => everything(),
    at => orders({ done: at }),
    { isRead: false }
  ),
  'takes the content over 32 routes': async target => {
    const node = await nodeAt(hostileHost(0))
    return async () => {
      const opens = Array.from({ length: 32 }, (_, at) => ask(node, target, everything(), session(at)))
      const streams = await Promise.all(opens)
      await Promise.all(streams.map(({ closed }) => closed))
    }
  }
}

const CONNECTION_ATTACKS: Record<string, Attack> = {
  '2,200 connections of 20 peers of one host': async ({ relay }) => {
    return turn => connectMany(relay, 2_200, () => hostileHost(turn))
  },
  '2,200 connections of 20 peers and hosts': async ({ relay }) => {
    return turn => connectMany(relay, 2_200, peer => hostileHost(turn * 20 + peer))
  },
  '3,000 connections of one host that never speak': async ({ relay }) => {
    return turn => socketsThat(relay, 3_000, () => hostileHost(turn))
  },
  '3,000 connections of 200 hosts that never speak': async ({ relay }) => {
    return turn => socketsThat(relay, 3_000, at => hostileHost(turn * 200 + (at % 200)))
  },
  '600 handshakes of 20 hosts, a byte a second': async ({ relay }) => {
    const hello = Buffer.from('\x13/multistream/1.0.0\n')
    return turn =>
      socketsThat(
        relay,
        600,
        at => hostileHost(turn * 20 + (at % 20)),
        (socket, second) => socket.write(hello.subarray(second, second + 1))
      )
  },
  'handshakes cut off half-way': async ({ relay }) => {
    const half = Buffer.concat([
      Buffer.from('\x13/multistream/1.0.0\n\x07/noise\n\x00\x20'),
      Buffer.alloc(32, 9),
      Buffer.from('\x00\x60half')
    ])
    return async turn => {
      const sockets = new Sockets()
      const opened = await Promise.all(
        Array.from({ length: 100 }, (_, at) =>
          sockets.connect(addressOf(relay), hostileHost(turn * 20 + (at % 20)))
        )
      )
      for (const socket of opened) socket.end(half)
      await delay(20)
      sockets.stop()
    }
  }
}

export const ATTACKS: Record<string, Attack> = {
  ...Object.fromEntries(
    Object.entries({ ...YAMUX_ATTACKS, ...STREAM_ATTACKS }).map(([name, attack]): [string, Attack] => [
      name,
      async ({ relay }) =>
        async turn => {
          const peer = await RawPeer.start(hostileHost(turn))
          try {
            await attack(await peer.connect(addressOf(relay)))
          } finally {
            await peer.stop()
          }
        }
    ])
  ),
  ...CONNECTION_ATTACKS,
  ...ROUTE_ATTACKS,
  ...SESSION_ATTACKS
}

function addressOf({ addresses }: PeerAddresses) {
  return multiaddr(addresses[0]!)
}

function bare(address: string): string {
  return address.replace(/\/p2p\/.*/, '')
}

/** A port of a host that the relay may dial, and where nobody listens. */
function nowhere({ source }: Target): Hop {
  return { peerId: source.peerId, addresses: ['/ip4/10.66.250.1/tcp/9'] }
}

function session(at: number): Pick<Open, 'sessionId'> {
  const sessionId = new Uint8Array(16)
  new DataView(sessionId.buffer).setUint32(0, at)
  return { sessionId: sessionId.fill(process.pid & 0xff, 4) }
}

function first(hops: Hop[], changes: Partial<Open> = {}): Uint8Array {
  return encodeRouteFrame({ kind: 'open', ...open(hops, changes) })
}

function orders(changes: Partial<Control>): RouteMessage {
  return { kind: 'control', ...control(changes) }
}

const change = (version: number, from: number, text: string) => ({
  version,
  from,
  pattern: Pattern.parse(text)
})

function copyOf(id: number, ranges: { from: number; to: number }[]) {
  return { id, fromRoute: 1, toRoute: 0, copy: true, ranges }
}

/** A wish for all of the content at once. */
function everything(): Partial<Request> {
  const credits = [{ route: 0, limitBytes: Number.MAX_SAFE_INTEGER }]
  return { control: control({ patterns: [change(1, 0, 'A')], credits, horizon: 2 ** 40 }) }
}

async function identities(count: number, hostOf: (at: number) => string): Promise<OverlayNode[]> {
  const nodes: OverlayNode[] = []
  for (let at = 0; at < count; at++) nodes.push(await nodeAt(hostOf(at)))
  return nodes
}

/** Opens so many streams from the nodes in turn, and says `first` on each. */
async function openMany(
  nodes: OverlayNode[],
  { relay }: Target,
  count: number,
  first?: (at: number) => Uint8Array
): Promise<void> {
  for (let from = 0; from < count; from += BATCH) {
    await Promise.all(
      Array.from({ length: BATCH }, async (_, i) => {
        try {
          const stream = await dialRoute(nodes[(from + i) % nodes.length]!, relay)
          const framed = framedOf(stream)
          if (first) framed.send(first(from + i))
        } catch {
          // The relay has ended the connection, or takes none of this host.
        }
      })
    )
  }
}

function framedOf(stream: ConstructorParameters<typeof FramedStream>[0], onClose = () => {}) {
  const handlers = { onFrame: () => {}, onEnd: () => {}, onClose }
  return new FramedStream(stream, { maxFrameBytes: ROUTE_LIMITS.maxFrameBytes, handlers })
}

/** Asks the source for its content over the relay, in clear. */
async function ask(
  node: OverlayNode,
  { relay, source, content }: Target,
  wishes: Partial<Request>,
  changes = {}
) {
  const raw = await dialRoute(node, relay)
  const closed = Promise.withResolvers<void>()
  const stream = framedOf(raw, closed.resolve)
  const asked = open([source], changes, { name: content, rootHash: new Uint8Array(), ...wishes })
  stream.send(encodeRouteFrame({ kind: 'open', ...asked }))
  return { raw, stream, closed: closed.promise }
}

/** Asks for the content and then says one message after the other, as fast as they are taken, until the route is ended. */
function inSession(
  wishes: () => Partial<Request>,
  message: (at: number) => RouteMessage,
  { isRead = true } = {}
): Attack {
  return async target => {
    const node = await nodeAt(hostileHost(0))
    return async turn => {
      const { raw, stream, closed } = await ask(node, target, wishes(), session(turn))
      if (!isRead) raw.pause()
      for (let at = 0; !stream.closed; at++) {
        stream.send(encodeRouteFrame(message(at)))
        if (stream.writable) await new Promise(resolve => setImmediate(resolve))
        else await Promise.race([closed, delay(1)])
      }
    }
  }
}

async function connectMany(
  relay: PeerAddresses,
  count: number,
  hostOf: (peer: number) => string
): Promise<void> {
  const peers = await Promise.all(Array.from({ length: 20 }, (_, at) => RawPeer.start(hostOf(at))))
  for (let at = 0; at < count; at += peers.length) {
    await Promise.all(peers.map(peer => peer.connect(addressOf(relay)).catch(() => {})))
  }
  await delay(HOLD_MS)
  for (const peer of peers) await peer.stop()
}

type Spoken = Awaited<ReturnType<Sockets['connect']>>

/** Opens sockets, holds them, and has something done with each of them every second. */
async function socketsThat(
  relay: PeerAddresses,
  count: number,
  hostOf: (at: number) => string,
  everySecond: (socket: Spoken, second: number) => unknown = () => {}
): Promise<void> {
  const sockets = new Sockets()
  const opened: Spoken[] = []
  for (let from = 0; from < count; from += 100) {
    const batch = Array.from({ length: 100 }, (_, i) => sockets.connect(addressOf(relay), hostOf(from + i)))
    opened.push(...(await Promise.all(batch)))
  }
  for (let second = 0; second * 1_000 < HOLD_MS; second++) {
    for (const socket of opened) if (!socket.destroyed) everySecond(socket, second)
    await delay(1_000)
  }
  sockets.stop()
}
