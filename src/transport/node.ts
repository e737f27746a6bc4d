import { noise } from '@chainsafe/libp2p-noise'
import { yamux } from '@chainsafe/libp2p-yamux'
import type { ConnectionEncrypter, PrivateKey, StreamMuxerFactory } from '@libp2p/interface'
import { ping } from '@libp2p/ping'
import { tcp } from '@libp2p/tcp'
import { createLibp2p } from 'libp2p'
import { AnabranchError, ExitCode } from '../errors.ts'
import { raceAddresses } from './address-race.ts'
import { encryptEarly, openEarly } from './early-protocol.ts'
import { NODE_LIMITS } from './limits.ts'
import { Listening } from './listening.ts'
import { noiseCrypto } from './noise-crypto.ts'
import { endWhenSilent } from './silence-watch.ts'
import { batchWrites } from './socket-batches.ts'
import { takeTurns } from './stream-turns.ts'
import { readWholeMessages } from './whole-messages.ts'
import { updateWindowsSparsely } from './window-updates.ts'

/** A listen address is taken by another program or does not exist on this host. */
export class ListenError extends AnabranchError {
  constructor(addresses: string[], cause: unknown) {
    const reason = /EADDRINUSE/.test(String(cause))
      ? 'the port is in use; choose another with --listen, or port 0 for any free one'
      : `${refusalOf(cause)}; check --listen`
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
  /** Identity; a fresh one when absent. */
  privateKey?: PrivateKey
}

/**
 * Starts a libp2p node over TCP, noise and yamux with this project's limits. Its `getMultiaddrs` gives what to tell others,
 * best first; its dials race the addresses of a peer. Throws ListenError where one address cannot be listened on.
 */
export async function createNode(options: NodeOptions) {
  const { listen, announce = [] } = options
  const listening = new Listening()
  try {
    const node = await createLibp2p({
      ...(options.privateKey ? { privateKey: options.privateKey } : {}),
      addresses: {
        listen,
        announce,
        announceFilter: verified => (announce.length > 0 ? verified : listening.addressesToTell())
      },
      transports: [
        listening.watch(
          tcp({
            inboundSocketInactivityTimeout: NODE_LIMITS.socketInactivityTimeoutMs,
            outboundSocketInactivityTimeout: NODE_LIMITS.socketInactivityTimeoutMs,
            dialOpts: { noDelay: true },
            listenOpts: { noDelay: true }
          })
        )
      ],
      connectionProtector: encryptEarly,
      connectionEncrypters: [tunedEncrypter(noise({ crypto: noiseCrypto }))],
      streamMuxers: [
        tunedMuxer(
          yamux({
            maxEarlyStreams: NODE_LIMITS.maxEarlyStreams,
            keepAliveInterval: NODE_LIMITS.keepAliveIntervalMs,
            streamOptions: {
              maxStreamWindowSize: NODE_LIMITS.maxStreamWindowBytes,
              maxReadBufferLength: NODE_LIMITS.maxReadBufferBytes
            }
          })
        )
      ],
      services: { ping: ping({ maxInboundStreams: 16, maxOutboundStreams: 16, timeout: 10_000 }) },
      connectionManager: {
        inboundConnectionThreshold: NODE_LIMITS.inboundConnectionsPerSecond,
        maxIncomingPendingConnections: NODE_LIMITS.maxIncomingPendingConnections,
        maxConnections: NODE_LIMITS.maxConnections,
        dialTimeout: NODE_LIMITS.dialTimeoutMs,
        // The order in which they were told: a peer knows best.
        addressSorter: () => 0
      },
      connectionMonitor: { enabled: false }
    })
    raceAddresses(listening.parts)
    if (listening.refusals.length === 0) return node
    await node.stop()
    throw listening.refusals[0]
  } catch (error) {
    if (listen.length > 0) throw new ListenError(listen, rootCause(error))
    throw error
  }
}

export type OverlayNode = Awaited<ReturnType<typeof createNode>>

/** An encrypter whose connections have what this project adds to them, before and after they are encrypted. */
function tunedEncrypter<C>(
  makeEncrypter: (components: C) => ConnectionEncrypter
): (components: C) => ConnectionEncrypter {
  return components => {
    const encrypter = makeEncrypter(components)
    for (const side of ['secureInbound', 'secureOutbound'] as const) {
      const secure = encrypter[side].bind(encrypter)
      encrypter[side] = async (connection, options) => {
        batchWrites(connection)
        const secured = await secure(connection, options)
        readWholeMessages(connection, secured.connection)
        return secured
      }
    }
    return encrypter
  }
}

/** A factory whose muxers have what this project adds to them. */
function tunedMuxer<C>(
  makeFactory: (components: C) => StreamMuxerFactory
): (components: C) => StreamMuxerFactory {
  return components => {
    const factory = makeFactory(components)
    const createStreamMuxer = factory.createStreamMuxer.bind(factory)
    factory.createStreamMuxer = connection => {
      const muxer = createStreamMuxer(connection)
      updateWindowsSparsely(muxer)
      takeTurns(muxer)
      openEarly(muxer)
      endWhenSilent(connection, muxer)
      return muxer
    }
    return factory
  }
}

/** What the system said, out of what libp2p makes of it: several lines with a stack in them. */
function refusalOf(cause: unknown): string {
  const text = cause instanceof Error ? cause.message : String(cause)
  return /\bE[A-Z]+: [^\n]+/.exec(text)?.[0] ?? text
}

function rootCause(error: unknown): unknown {
  if (error instanceof AggregateError && error.errors.length > 0) return rootCause(error.errors[0])
  if (error instanceof Error && error.cause !== undefined) return rootCause(error.cause)
  return error
}
