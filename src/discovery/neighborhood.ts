import type { ComponentLogger, Logger, PeerDiscovery, Startable } from '@libp2p/interface'
import type { PeerAddresses } from '../protocol/director-messages.ts'
import { type Scheduler, systemScheduler } from '../scheduler.ts'
import type { OverlayNode } from '../transport/overlay-node.ts'
import { HeardPeers, type HeardRole } from './heard-peers.ts'

/** Milliseconds between two questions to the network. */
const ASK_MS = 1_000
/** Milliseconds after the first question for which answers are awaited; and the most, while nobody has answered. */
const FIRST_ANSWERS_MS = 400
const LAST_ANSWER_MS = 2_000
/** Milliseconds between two looks at whether somebody has answered. */
const LOOK_MS = 50
/** The longest time in milliseconds that a timer takes: those who announce themselves have nothing to ask. */
const NEVER_MS = 2 ** 31 - 1

/** The services as they are named in multicast DNS. */
const SERVICES: Record<HeardRole, string> = {
  director: '_anabranch-dir._udp.local',
  source: '_anabranch-src._udp.local'
}

/** Who has been heard. */
export interface Heard {
  directors: PeerAddresses[]
  sources: PeerAddresses[]
}

/** Listens, by multicast DNS, for the directors and sources that announce themselves on this host's networks. */
export class Neighborhood {
  readonly #ownIps: () => string[]
  readonly #scheduler: Scheduler
  readonly #peers = new HeardPeers()
  #listening: Promise<(PeerDiscovery & Startable)[]> | undefined
  #startedAtMs = 0

  /** `ownIps`: returns the IP addresses by which this host stands in networks. */
  constructor(ownIps: () => string[], scheduler: Scheduler = systemScheduler) {
    this.#ownIps = ownIps
    this.#scheduler = scheduler
  }

  /** Who has been heard by now; the first call starts to listen, and gives the others time to answer. */
  async heard(signal: AbortSignal): Promise<Heard> {
    if (!this.#listening) this.#startedAtMs = this.#scheduler.nowMs()
    this.#listening ??= this.#listen()
    await this.#listening
    while (!this.#hasListened()) await pause(LOOK_MS, this.#scheduler, signal)
    return { directors: this.#peers.of('director'), sources: this.#peers.of('source') }
  }

  async stop(): Promise<void> {
    for (const service of (await this.#listening) ?? []) await service.stop()
  }

  #hasListened(): boolean {
    const listenedMs = this.#scheduler.nowMs() - this.#startedAtMs
    return listenedMs >= (this.#peers.isEmpty ? LAST_ANSWER_MS : FIRST_ANSWERS_MS)
  }

  async #listen(): Promise<(PeerDiscovery & Startable)[]> {
    const roles = Object.keys(SERVICES) as HeardRole[]
    return await Promise.all(
      roles.map(async role => {
        const service = await makeService(role, { broadcast: false, interval: ASK_MS }, () => [])
        service.addEventListener('peer', ({ detail: { id, multiaddrs } }) => {
          const peer = { peerId: id.toString(), addresses: multiaddrs.map(String) }
          this.#peers.add(role, peer, this.#ownIps())
        })
        await service.start()
        return service
      })
    )
  }
}

/** Announces a node on this host's networks. Returns a function that ends this. */
export async function announceNearby(node: OverlayNode, role: HeardRole): Promise<() => Promise<void>> {
  const service = await makeService(role, { interval: NEVER_MS }, () => node.getMultiaddrs())
  await service.start()
  return async () => await service.stop()
}

async function makeService(
  role: HeardRole,
  options: { broadcast?: boolean; interval: number },
  getAddresses: OverlayNode['getMultiaddrs']
): Promise<PeerDiscovery & Startable> {
  // The module is loaded here, as few nodes need it.
  const { mdns } = await import('@libp2p/mdns')
  const make = mdns({ ...options, serviceTag: SERVICES[role] })
  // It asks its node for no more than this.
  const parts = { addressManager: { getAddresses }, logger: SILENT } as unknown as Parameters<typeof make>[0]
  return make(parts) as PeerDiscovery & Startable
}

const say: Logger = Object.assign(() => {}, {
  enabled: false,
  error: () => {},
  trace: () => {},
  newScope: () => say
})
const SILENT: ComponentLogger = { forComponent: () => say }

async function pause(delayMs: number, scheduler: Scheduler, signal: AbortSignal): Promise<void> {
  signal.throwIfAborted()
  const over = Promise.withResolvers<void>()
  scheduler.after(delayMs, over.resolve)
  await over.promise
}
