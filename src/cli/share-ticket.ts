import { toHex } from '../protocol/bytes.ts'
import type { ContentRecord } from '../protocol/content-record.ts'
import type { PeerAddresses } from '../protocol/director-messages.ts'
import { TICKET_LIMITS } from '../protocol/limits.ts'
import { encodeTicket, type Ticket } from '../protocol/ticket.ts'
import type { Scheduler } from '../scheduler.ts'
import { formatBytes } from '../units/units.ts'
import type { Reporter } from './reporter.ts'

/** Milliseconds that the ticket waits for directors and relays that do not answer. */
const PATIENCE_MS = 5_000

export interface ShareTicketInit {
  reporter: Reporter
  /** The holder's. */
  peerId: string
  /** Multiaddrs at which the holder can be dialled, best first, as they are now. */
  addresses(): string[]
  /** The relays that the user has named. */
  relays: readonly PeerAddresses[]
  /** Multiaddrs of a relay that a director has named. */
  addressesOf(peerId: string): string[]
  /** Multiaddrs. */
  directors: readonly string[]
  /** A ticket was printed. */
  onTicket?(ticket: string): void
  scheduler: Scheduler
}

/**
 * Prints the ticket of a shared file once it is hashed, the directors know it and the relays lead to
 * it; and another one each time that the file has become another content.
 */
export class ShareTicket {
  readonly #init: ShareTicketInit
  #record: ContentRecord | undefined
  #isRegistered: boolean
  #attached: string[] = []
  #toAttach: number

  constructor(init: ShareTicketInit) {
    this.#init = init
    this.#isRegistered = init.directors.length === 0
    this.#toAttach = init.relays.length
    init.scheduler.after(PATIENCE_MS, () => this.#giveUpWaiting())
  }

  registered(): void {
    this.#isRegistered = true
    this.#printIfReady()
  }

  /** The relays to which the holder is attached, as a director finds it nowhere else. */
  attached(peerIds: string[]): void {
    this.#attached = peerIds
  }

  /** Those of the user's relays to which the holder is attached. */
  attachedByHand(peerIds: string[]): void {
    this.#toAttach = Math.min(this.#toAttach, this.#init.relays.length - peerIds.length)
    this.#printIfReady()
  }

  offered(record: ContentRecord): void {
    this.#record = record
    this.#printIfReady()
  }

  #giveUpWaiting(): void {
    this.#isRegistered = true
    this.#toAttach = 0
    this.#printIfReady()
  }

  #printIfReady(): void {
    if (!this.#record || !this.#isRegistered || this.#toAttach > 0) return
    const { reporter } = this.#init
    const parts = this.#partsOf(this.#record)
    if (!leadsSomewhere(parts)) {
      const message = 'no ticket leads here: this host has no address to tell; give --relay or --director'
      reporter.tell({ event: 'problem', message }, message)
      return
    }
    this.#record = undefined
    const ticket = encodeTicket(parts)
    const { rootHash, sizeBytes, name, holders, relays, directors } = parts
    const event = { event: 'ticket' as const, ticket, name, bytes: sizeBytes, rootHash: toHex(rootHash) }
    reporter.data({ ...event, holders, relays, directors }, ticket)
    const what = `${JSON.stringify(name)}, ${formatBytes(sizeBytes)}`
    reporter.note(`${what}: fetch it with anabranch client fetch and this ticket, for as long as this runs`)
    this.#init.onTicket?.(ticket)
  }

  #partsOf({ rootHash, sizeBytes, segmentBytes, name }: ContentRecord): Ticket {
    const { peerId, addresses, relays, addressesOf, directors } = this.#init
    const { maxAddresses, maxRelays, maxDirectors } = TICKET_LIMITS
    const byDirectors = this.#attached
      .filter(attached => !relays.some(relay => relay.peerId === attached))
      .map(attached => ({ peerId: attached, addresses: addressesOf(attached) }))
    const within = (peer: PeerAddresses) => ({ ...peer, addresses: peer.addresses.slice(0, maxAddresses) })
    return {
      rootHash,
      sizeBytes,
      segmentBytes,
      name,
      holders: [within({ peerId, addresses: addresses() })],
      relays: [...relays, ...byDirectors.filter(relay => relay.addresses.length > 0)]
        .slice(0, maxRelays)
        .map(within),
      directors: directors.slice(0, maxDirectors)
    }
  }
}

function leadsSomewhere({ holders, relays, directors }: Ticket): boolean {
  return relays.length + directors.length > 0 || holders.some(({ addresses }) => addresses.length > 0)
}
