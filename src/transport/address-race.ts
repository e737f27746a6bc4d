import type { Connection, PeerId } from '@libp2p/interface'
import { type Multiaddr, multiaddr } from '@multiformats/multiaddr'
import { systemScheduler } from '../scheduler.ts'
import { alternateFamilies } from './address-families.ts'
import { DIAL_STAGGER_MS, DialRaceLostError, raceDials } from './dial-race.ts'
import { isWebSocket, tailOf } from './endpoint.ts'
import { NameError, UnreachableError } from './failure-reasons.ts'
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

/** Looks up the IP addresses of a name, of both families where `family` is 0, best first; rejects where there are none. */
export type LookUp = (name: string, family: 0 | 4 | 6) => Promise<string[]>

/**
 * Lets every dial of a node race the addresses of the peer, and all those that a name stands for at the time. libp2p
 * tries them one after the other, each for seconds, so that one dead address makes a peer look dead. Dials then fail
 * with UnreachableError. Without `lookUp` names are left to the transports.
 */
export function raceAddresses(parts: NodeParts, lookUp?: LookUp): void {
  const { connectionManager, transportManager, peerStore } = parts
  const { dialQueue } = connectionManager as unknown as { dialQueue: DialQueue }
  dialQueue.dialPeer = async (job, signal) => {
    const addresses = new JobAddresses(dialQueue, job, signal, lookUp)
    const connection = await raceDials<Multiaddr, Connection>({
      next: () => addresses.next(),
      dial: (address, attempt) => transportManager.dial(address, { ...job, signal: attempt }),
      discard: late => late.abort(new Error('another address was faster')),
      timeoutMs: NODE_LIMITS.addressDialTimeoutMs,
      scheduler: systemScheduler,
      signal
    }).catch(error => {
      throw error instanceof DialRaceLostError ? new UnreachableError(error.failures) : error
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
 * both families in turn, and those of WebSockets, which carry less, last. Names are looked up
 * meanwhile, and hold up no other address.
 */
class JobAddresses {
  readonly #queue: DialQueue
  readonly #job: DialJob
  readonly #signal: AbortSignal
  readonly #lookUp: LookUp | undefined
  readonly #aborted: Promise<void>
  readonly #known = new Set<string>()
  readonly #lookups = new Set<Promise<void>>()
  readonly #faults: unknown[] = []
  #waiting: Multiaddr[] = []
  #hasBegun = false

  constructor(queue: DialQueue, job: DialJob, signal: AbortSignal, lookUp: LookUp | undefined) {
    this.#queue = queue
    this.#job = job
    this.#signal = signal
    this.#lookUp = lookUp
    this.#aborted = new Promise(resolve => signal.addEventListener('abort', () => resolve(), { once: true }))
  }

  /** Rejects with the fault of a name, each once. */
  async next(): Promise<Multiaddr | undefined> {
    for (;;) {
      await this.#takeAsked()
      if (this.#waiting.length > 0) return this.#waiting.shift()
      if (this.#faults.length > 0) throw this.#faults.shift()
      if (this.#lookups.size === 0) return undefined
      // Another dial of the same peer may add addresses meanwhile.
      await this.#stagger()
      this.#signal.throwIfAborted()
    }
  }

  /** Waits for a stagger; returns early when a name has been looked up, or the dial is aborted. */
  async #stagger(): Promise<void> {
    const over = Promise.withResolvers<void>()
    const cancel = systemScheduler.after(DIAL_STAGGER_MS, over.resolve)
    await Promise.race([...this.#lookups, this.#aborted, over.promise])
    cancel()
  }

  async #takeAsked(): Promise<void> {
    const { multiaddrs } = this.#job
    if (this.#hasBegun && multiaddrs.size === 0) return
    this.#hasBegun = true
    const asked = [...multiaddrs]
    multiaddrs.clear()
    const names = asked.filter(isName)
    const others = asked.filter(address => !isName(address))
    for (const name of names) this.#begin(this.#resolve(new Set([name])))
    if (others.length > 0 || asked.length === 0)
      await this.#resolve(new Set(others)).catch(error => this.#faults.push(error))
  }

  #begin(lookup: Promise<void>): void {
    const ended = lookup
      .catch(error => void this.#faults.push(error))
      .then(() => void this.#lookups.delete(ended))
    this.#lookups.add(ended)
  }

  async #resolve(addresses: Set<string>): Promise<void> {
    const options = { ...this.#job, signal: this.#signal }
    const found = await this.#queue.calculateMultiaddrs(this.#job.peerId, addresses, options)
    const resolved = found.map(({ multiaddr }) => multiaddr)
    this.#add(resolved.filter(address => !this.#isToLookUp(address)))
    await Promise.all(
      resolved.filter(address => this.#isToLookUp(address)).map(each => this.#resolveName(each))
    )
  }

  async #resolveName(address: Multiaddr): Promise<void> {
    const [host, ...rest] = address.getComponents()
    const ips = await this.#lookUp!(host!.value!, FAMILIES[host!.name]!).catch(error => {
      throw new NameError(host!.value!, error)
    })
    const tail = tailOf(host!.value!, rest)
    this.#add(ips.map(ip => multiaddr(`/${ip.includes(':') ? 'ip6' : 'ip4'}/${ip}${tail}`)))
  }

  #isToLookUp(address: Multiaddr): boolean {
    return this.#lookUp !== undefined && address.getComponents()[0]!.name in FAMILIES
  }

  #add(addresses: Multiaddr[]): void {
    for (const address of addresses) {
      if (this.#known.has(address.toString()) || this.#known.size >= NODE_LIMITS.maxAddressesPerDial) continue
      this.#known.add(address.toString())
      this.#waiting.push(address)
    }
    const { plain = [], webSocket = [] } = Object.groupBy(this.#waiting, address =>
      isWebSocket(address) ? 'webSocket' : 'plain'
    )
    this.#waiting = [...alternateFamilies(plain), ...alternateFamilies(webSocket)]
  }
}

const FAMILIES: Record<string, 0 | 4 | 6> = { dns: 0, dns4: 4, dns6: 6 }

function isName(address: string): boolean {
  return address.startsWith('/dns')
}
