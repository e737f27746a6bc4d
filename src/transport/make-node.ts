import { type ICryptoInterface, noise } from '@chainsafe/libp2p-noise'
import { yamux } from '@chainsafe/libp2p-yamux'
import type { ConnectionEncrypter, PrivateKey, StreamMuxerFactory, Transport } from '@libp2p/interface'
import { ping } from '@libp2p/ping'
import type { Multiaddr } from '@multiformats/multiaddr'
import { createLibp2p } from 'libp2p'
import { AnabranchError, ExitCode } from '../errors.ts'
import { systemScheduler } from '../scheduler.ts'
import { type LookUp, raceAddresses } from './address-race.ts'
import { encryptEarly, openEarly } from './early-protocol.ts'
import { watchFrames } from './frame-watch.ts'
import { LANE_LIMITS, type LaneLimits, type Lanes } from './lanes.ts'
import { INBOUND_LIMITS, NODE_LIMITS, PING_LIMITS } from './limits.ts'
import { Listening, type NodeParts } from './listening.ts'
import { noteEnding, tellEnding } from './loss-reason.ts'
import { limitNegotiation } from './negotiation-limit.ts'
import { answerPings } from './ping-answers.ts'
import { takePulse } from './pulse.ts'
import { relayedHandshakes } from './relayed-handshake.ts'
import { signing } from './signing.ts'
import { endWhenSilent } from './silence-watch.ts'
import { SpareConnections } from './spare-connections.ts'
import { takeTurns } from './stream-turns.ts'
import { Visitors, type VisitorsInit } from './visitors.ts'
import { readWholeMessages } from './whole-messages.ts'
import { updateWindowsSparsely } from './window-updates.ts'

/** A listen address is taken by another program or does not exist on this host. */
export class ListenError extends AnabranchError {
  constructor(addresses: string[], cause: unknown) {
    const reason = /EADDRINUSE/.test(String(cause))
      ? 'the port is in use; choose another, or port 0 for any free one'
      : `${refusalOf(cause)}; check the address`
    super('ERR_LISTEN', `Cannot listen on ${addresses.join(', ')}: ${reason}`, {
      cause,
      exitCode: ExitCode.network
    })
  }
}

export interface NodeOptions {
  /** Multiaddrs to listen on; none for a node that only dials. */
  listen: string[]
  /** Multiaddrs to tell others instead of those listened on. */
  announce?: string[]
  /** The key of the node's identity; a fresh one when absent. */
  privateKey?: PrivateKey
  /** The transports that carry connections, at least one. Default: the platform's. */
  transports?: TransportMaker[]
  /** When lanes are asked for; false for a node without any. For tests and measurements. Default LANE_LIMITS. */
  lanes?: Partial<LaneLimits> | false
  /**
   * Tells whether a director has named this peer: places are kept for its connections. Default:
   * none.
   */
  isNamed?: (peerId: string) => boolean
  /** Connections that others may have open at this node. Default: INBOUND_LIMITS.maxConnections. */
  maxInbound?: number
  /** Looks names up. For tests. Default: the platform's. */
  lookUp?: LookUp
}

const YAMUX_OPTIONS: Parameters<typeof yamux>[0] = {
  maxEarlyStreams: NODE_LIMITS.maxEarlyStreams,
  maxInboundStreams: NODE_LIMITS.maxStreamsPerConnection,
  maxOutboundStreams: NODE_LIMITS.maxStreamsPerConnection,
  keepAliveInterval: NODE_LIMITS.keepAliveIntervalMs,
  streamOptions: {
    initialStreamWindowSize: NODE_LIMITS.firstWindowBytes,
    maxStreamWindowSize: NODE_LIMITS.maxStreamWindowBytes,
    maxReadBufferLength: NODE_LIMITS.maxReadBufferBytes
  }
}

export type TransportMaker = (parts: NodeParts) => Transport

/** The parts of a node that differ between Node.js (node.ts) and browsers. */
export interface Platform {
  /** The transports of a node whose options name none. */
  transports: TransportMaker[]
  /** Noise's cryptography. Default: noise's own for the platform. */
  noiseCrypto?: ICryptoInterface
  /** Changes a connection before it is encrypted; connections of foreign transports stay as they are. */
  tuneConnection?(connection: object): void
  /** Makes a node's lanes. Default: it has none. */
  makeLanes?(limits: LaneLimits): Lanes
  /** Chooses the addresses to tell others from those listened on, best first. Default: all of them. */
  addressesToTell?(listening: Multiaddr[]): Multiaddr[]
  /** The IP addresses by which this host stands in networks. Default: none. */
  ownIps?(): string[]
  /** Looks names up. Default: the transports do. */
  lookUp?: LookUp
  /** How hosts are told apart, and what each may have. Default: by their IP addresses, INBOUND_LIMITS. */
  visitors?: Pick<VisitorsInit, 'hostOf' | 'limits'>
}

/**
 * Starts a libp2p node over noise and yamux with this project's limits. Its `getMultiaddrs` gives
 * the addresses to tell others, best first; its dials race the addresses of a peer. Throws
 * ListenError where one address cannot be listened on.
 */
export async function makeNode(options: NodeOptions, platform: Platform) {
  const { listen, announce = [], transports = platform.transports } = options
  const lanes =
    options.lanes === false ? undefined : platform.makeLanes?.({ ...LANE_LIMITS, ...options.lanes })
  const listening = new Listening(platform.addressesToTell)
  const visitors = new Visitors({ ...platform.visitors, isNamed: options.isNamed })
  try {
    const node = await createLibp2p({
      ...(options.privateKey ? { privateKey: options.privateKey } : {}),
      addresses: {
        listen,
        announce,
        announceFilter: verified => (announce.length > 0 ? verified : listening.addressesToTell())
      },
      transports: transports.map(makeTransport => listening.watch(makeTransport)),
      connectionGater: visitors.gater,
      connectionProtector: encryptEarly,
      connectionEncrypters: [tunedEncrypter(noise({ crypto: platform.noiseCrypto }), platform, visitors)],
      streamMuxers: [tunedMuxer(yamux(YAMUX_OPTIONS), visitors)],
      services: {
        ping: ping({ maxOutboundStreams: PING_LIMITS.maxStreams, timeout: PING_LIMITS.timeoutMs }),
        handshakes: relayedHandshakes({ crypto: platform.noiseCrypto }),
        signing: signing()
      },
      connectionManager: {
        inboundConnectionThreshold: NODE_LIMITS.inboundConnectionsPerSecond,
        maxIncomingPendingConnections: INBOUND_LIMITS.maxHandshakes,
        inboundUpgradeTimeout: NODE_LIMITS.handshakeTimeoutMs,
        maxConnections: Math.max(NODE_LIMITS.maxConnections, options.maxInbound ?? 0),
        dialTimeout: NODE_LIMITS.dialTimeoutMs,
        // Addresses keep the order in which they were told: a peer knows best.
        addressSorter: () => 0
      },
      connectionMonitor: { enabled: false }
    })
    await answerPings(node)
    useOneConnection(listening.parts)
    raceAddresses(listening.parts, options.lookUp ?? platform.lookUp)
    const extras = { lanes, ownIps: platform.ownIps ?? (() => []) }
    if (listening.refusals.length === 0) return Object.assign(node, extras)
    await node.stop()
    throw listening.refusals[0]
  } catch (error) {
    if (listen.length > 0) throw new ListenError(listen, rootCause(error))
    throw error
  }
}

/** Lets whoever asks for a peer's connections have the one to be used. */
function useOneConnection({ connectionManager, peerId, events }: NodeParts): void {
  const spares = new SpareConnections({ own: peerId, events, scheduler: systemScheduler })
  const getConnections = connectionManager.getConnections.bind(connectionManager)
  connectionManager.getConnections = peer => (peer ? spares.inUse(getConnections(peer)) : getConnections())
}

/** A node with all that libp2p gives it; the roles need an OverlayNode only. */
export type Libp2pNode = Awaited<ReturnType<typeof makeNode>>

/**
 * Wraps an encrypter so that its connections get this project's changes, before and after they are
 * encrypted.
 */
function tunedEncrypter<C>(
  makeEncrypter: (components: C) => ConnectionEncrypter,
  platform: Platform,
  visitors: Visitors
): (components: C) => ConnectionEncrypter {
  return components => {
    const encrypter = makeEncrypter(components)
    for (const side of ['secureInbound', 'secureOutbound'] as const) {
      const secure = encrypter[side].bind(encrypter)
      encrypter[side] = async (connection, options) => {
        platform.tuneConnection?.(connection)
        const keepEnding = noteEnding(connection)
        const secured = await secure(connection, options)
        keepEnding(secured.connection)
        visitors.secured(connection, secured.connection, secured.remotePeer)
        readWholeMessages(connection, secured.connection)
        return secured
      }
    }
    return encrypter
  }
}

/** Wraps a muxer factory so that its muxers get this project's changes. */
function tunedMuxer<C>(
  makeFactory: (components: C) => StreamMuxerFactory,
  visitors: Visitors
): (components: C) => StreamMuxerFactory {
  return components => {
    const factory = makeFactory(components)
    const createStreamMuxer = factory.createStreamMuxer.bind(factory)
    factory.createStreamMuxer = connection => {
      const muxer = createStreamMuxer(connection)
      visitors.muxed(connection, muxer)
      watchFrames(connection, muxer, () => visitors.abused(connection))
      limitNegotiation(muxer)
      updateWindowsSparsely(muxer)
      takeTurns(muxer)
      openEarly(muxer)
      tellEnding(connection, muxer)
      endWhenSilent(connection, muxer)
      takePulse(connection, muxer)
      return muxer
    }
    return factory
  }
}

/** Extracts what the system said from libp2p's error, which has several lines with a stack in them. */
function refusalOf(cause: unknown): string {
  const text = cause instanceof Error ? cause.message : String(cause)
  return /\bE[A-Z]+: [^\n]+/.exec(text)?.[0] ?? text
}

function rootCause(error: unknown): unknown {
  if (error instanceof AggregateError && error.errors.length > 0) return rootCause(error.errors[0])
  if (error instanceof Error && error.cause !== undefined) return rootCause(error.cause)
  return error
}
