import type { Connection, PeerId } from '@libp2p/interface'
import type { Multiaddr } from '@multiformats/multiaddr'
import { systemScheduler } from '../scheduler.ts'
import { alternateFamilies } from './address-families.ts'
import { raceDials } from './dial-race.ts'
import { isWebSocket } from './endpoint.ts'
import { NODE_LIMITS } from './limits.ts'
import type { NodeParts } from './listening.ts'

/**
 * A dial that libp2p's queue has begun. A further dial of the same peer joins it, and adds
 * addresses to it.
 */
interface DialJob {
  peerId?: PeerId
  /**
   * Addresses to try; each is taken out when it is taken up. Where there are none from the start,
   * those of the peer store are tried.
   */
  multiaddrs: Set<string>
}

/** Undocumented members of libp2p 3.3.11's dial queue, of which this file replaces `dialPeer`. */
interface DialQueue {
  dialPeer(job: DialJob, signal: AbortSignal): Promise<Connection>
  /**
   * Gives the addresses to dial: names are resolved, and those that the connection gater refuses
   * are left out.
   */
  calculateMultiaddrs(
    peerId: PeerId | undefined,
    addresses: Set<string>,
    options: object
  ): Promise<{ multiaddr: Multiaddr }[]>
}

/**
 * Lets every dial of a node race the addresses of the peer. libp2p tries them one after the other, each for seconds, so that
 * one dead address makes a peer look dead.
 */
export function raceAddresses(parts: NodeParts): void {
  const { connectionManager, transportManager, peerStore } = parts
  const { dialQueue } = connectionManager as unknown as { dialQueue: DialQueue }
  dialQueue.dialPeer = async (job, signal) => {
    const addresses = new JobAddresses(dialQueue, job, signal)
    const connection = await raceDials<Multiaddr, Connection>({
      next: () => addresses.next(),
      dial: (address, attempt) => transportManager.dial(address, { ...job, signal: attempt }),
      discard: late => late.abort(new Error('another address was faster')),
      timeoutMs: NODE_LIMITS.addressDialTimeoutMs,
      scheduler: systemScheduler,
      signal
    })
    // The address is kept for later dials of the bare peer id: of one that was meant, not of whoever
    // was found.
    if (job.peerId !== undefined)
      await peerStore.merge(connection.remotePeer, { multiaddrs: [connection.remoteAddr] }).catch(() => {})
    return connection
  }
}

/**
 * Gives the addresses of a dial one by one, each once, in the order in which the peer told them but
 * both families in turn, and those of WebSockets, which carry less, last.
 */
class JobAddresses {
  readonly #queue: DialQueue
  readonly #job: DialJob
  readonly #signal: AbortSignal
  readonly #known = new Set<string>()
  #waiting: Multiaddr[] | undefined

  constructor(queue: DialQueue, job: DialJob, signal: AbortSignal) {
    this.#queue = queue
    this.#job = job
    this.#signal = signal
  }

  async next(): Promise<Multiaddr | undefined> {
    const { multiaddrs } = this.#job
    if (this.#waiting === undefined || multiaddrs.size > 0) {
      this.#waiting ??= []
      const asked = new Set(multiaddrs)
      multiaddrs.clear()
      this.#add(await this.#resolve(asked))
    }
    return this.#waiting.shift()
  }

  async #resolve(addresses: Set<string>): Promise<Multiaddr[]> {
    const options = { ...this.#job, signal: this.#signal }
    const found = await this.#queue.calculateMultiaddrs(this.#job.peerId, addresses, options)
    const { plain = [], webSocket = [] } = Object.groupBy(
      found.map(({ multiaddr }) => multiaddr),
      address => (isWebSocket(address) ? 'webSocket' : 'plain')
    )
    return [...alternateFamilies(plain), ...alternateFamilies(webSocket)]
  }

  #add(addresses: Multiaddr[]): void {
    for (const address of addresses) {
      if (this.#known.has(address.toString()) || this.#known.size >= NODE_LIMITS.maxAddressesPerDial) continue
      this.#known.add(address.toString())
      this.#waiting!.push(address)
    }
  }
}
