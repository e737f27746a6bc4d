import { AnabranchError, ExitCode } from '../errors.ts'
import type { Scheduler } from '../scheduler.ts'
import { raceWays } from './dial-race.ts'
import { NODE_LIMITS } from './limits.ts'
import type { OverlayNode } from './overlay-node.ts'
import type { UplinkChange } from './uplink-change.ts'

/** None of the uplinks that are to be used is there. */
export class NoUplinkError extends AnabranchError {
  constructor() {
    super('ERR_NO_UPLINK', 'none of the uplinks is up', { exitCode: ExitCode.network })
  }
}

/** An uplink that can be used now. */
export interface UplinkNow {
  name: string
  /** It carries something only while no other uplink can. */
  isBackup: boolean
  /** What a byte over it costs, by that of others; absent where that was not said. */
  price?: number
  /** What dials by this uplink. */
  node: OverlayNode
}

/** The uplinks of a client, each with a node of its own under the client's one identity. */
export interface UplinkSet {
  /** Those that can be used now. */
  readonly now: readonly UplinkNow[]
  /** The client's node: it dials by whichever of the uplinks is fastest. */
  readonly node: OverlayNode
  /** Calls back after each change; returns how to end that. */
  watch(onChange: (change: UplinkChange) => void): () => void
  stop(): Promise<void>
}

/** A node with the identity of `base` that dials over whichever of `nodes` answers first. */
export function nodeOver(base: OverlayNode, nodes: () => OverlayNode[], scheduler: Scheduler): OverlayNode {
  const race = async <C>(
    dial: (node: OverlayNode, signal: AbortSignal) => Promise<C>,
    discard: (late: C) => void,
    signal = new AbortController().signal
  ): Promise<C> => {
    const waiting = nodes()
    if (waiting.length === 0) throw new NoUplinkError()
    return await raceWays({
      next: async () => waiting.shift(),
      dial,
      discard,
      timeoutMs: NODE_LIMITS.dialTimeoutMs,
      scheduler,
      signal
    })
  }
  return {
    peerId: base.peerId,
    services: base.services,
    dial: (peer, options = {}) =>
      // A connection that came second is as good as the first one: routes by its uplink will use it.
      race(
        (node, signal) => node.dial(peer, { ...options, signal }),
        () => {},
        options.signal
      ),
    dialProtocol: (peer, protocols, options = {}) =>
      race(
        (node, signal) => node.dialProtocol(peer, protocols, { ...options, signal }),
        late => late.abort(new Error('another uplink was faster')),
        options.signal
      ),
    handle: (...given) => base.handle(...given),
    unhandle: (...given) => base.unhandle(...given),
    getMultiaddrs: () => base.getMultiaddrs(),
    ownIps: () => base.ownIps(),
    getConnections: peerId => nodes().flatMap(node => node.getConnections(peerId)),
    stop: () => base.stop()
  }
}
