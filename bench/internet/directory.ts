import { DIRECTOR_LIMITS } from '../../src/director/limits.ts'
import { Registry } from '../../src/director/registry.ts'
import { ROUTE_PROTOCOL } from '../../src/protocol/route-codec.ts'
import { createRandom, type Random } from '../../src/simulation/index.ts'
import { type Internet, roundTripMs } from './network.ts'

/** Of the links of a source, those over which an answer may go: the rules that are compared choose by it. */
export type Offer = (source: string, linked: string[]) => string[]

const OWNER = 'director'
const HERE = '/ip4/127.0.0.1/tcp/1'
const FOREVER_MS = 1e12
/** Round trips of other relays that one tells: of each pair that are linked one tells it, to save memory. */
const LINKS_OF_RELAY = DIRECTOR_LIMITS.maxNeighbors / 2

/**
 * The registry of a director at which a whole internet has registered, with the round trips that nodes would have measured.
 * Neighbours are chosen at random, which is what a director's hash of two ids comes to.
 */
export class Directory extends Registry {
  /** Absent: the director's own choice. */
  offer: Offer | undefined
  readonly #isSource: (peerId: string) => boolean = peerId => peerId.startsWith(SOURCE)

  constructor(internet: Internet, seed: number) {
    const relays = internet.relayRates.length
    const sources = internet.sourceRates.length
    super({ ...DIRECTOR_LIMITS, maxNodes: relays + sources })
    const random = createRandom(seed ^ 0x5bd1e995)
    for (let at = 0; at < relays; at++)
      this.#join(relayId(at), 'relay', internet.relayAddresses[at]!, internet.relayRates[at]!)
    for (let at = 0; at < sources; at++) this.#join(sourceId(at), 'source', internet.sourceAddresses[at]!)
    internet.contents.forEach(({ firstSource, holders }, content) => {
      const entries = [{ name: contentName(content), rootHash: `root of ${content}`, record: '' }]
      for (let at = firstSource; at < firstSource + holders; at++) {
        this.apply({ kind: 'contentsBegun', peerId: sourceId(at) }, 0)
        this.apply({ kind: 'contentsPut', peerId: sourceId(at), entries }, 0)
      }
    })
    for (let at = 0; at < relays; at++)
      this.#measure(relayId(at), someOf(relays, LINKS_OF_RELAY, random), other =>
        roundTripMs(internet.relays, at, internet.relays, other)
      )
    for (let at = 0; at < sources; at++)
      this.#measure(sourceId(at), someOf(relays, DIRECTOR_LIMITS.maxNeighbors, random), other =>
        roundTripMs(internet.sources, at, internet.relays, other)
      )
  }

  override linkedTo(peerId: string): string[] {
    const linked = super.linkedTo(peerId)
    return this.offer && this.#isSource(peerId) ? this.offer(peerId, linked) : linked
  }

  /** A relay tells its load, from 0 to 1. */
  report(relay: number, load: number): void {
    this.apply(
      {
        kind: 'renewed',
        peerId: relayId(relay),
        draining: false,
        load,
        indexing: false,
        leaseMs: FOREVER_MS
      },
      0
    )
  }

  leave(relay: number): void {
    this.apply({ kind: 'gone', owner: OWNER, peerId: relayId(relay) }, 0)
  }

  #join(peerId: string, role: 'relay' | 'source', address: string, capacityBytesPerSecond?: number): void {
    const node = {
      ...{ peerId, role, addresses: [address], labels: [], restricted: false, capabilities: [] },
      ...{ routeProtocol: ROUTE_PROTOCOL, ...(capacityBytesPerSecond ? { capacityBytesPerSecond } : {}) }
    }
    this.apply({ kind: 'registered', owner: OWNER, node, from: HERE, leaseMs: FOREVER_MS }, 0)
    this.apply({ kind: 'reached', owner: OWNER, peerId, addresses: [address] }, 0)
  }

  #measure(peerId: string, others: number[], rttMsTo: (other: number) => number): void {
    const peers = others.map(other => ({ peerId: relayId(other), rttMs: rttMsTo(other) }))
    this.apply({ kind: 'measured', peerId, peers, ttlMs: FOREVER_MS }, 0)
  }
}

const RELAY = 'relay-'
const SOURCE = 'source-'

export const relayId = (at: number) => `${RELAY}${at}`
export const relayAt = (peerId: string) => Number(peerId.slice(RELAY.length))
export const sourceId = (at: number) => `${SOURCE}${at}`
export const sourceAt = (peerId: string) => Number(peerId.slice(SOURCE.length))
export const contentName = (at: number) => `content-${at}`

function someOf(all: number, count: number, random: Random): number[] {
  const chosen = new Set<number>()
  while (chosen.size < Math.min(count, all)) chosen.add(Math.floor(random() * all))
  return [...chosen]
}
