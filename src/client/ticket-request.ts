import type { PeerAddresses } from '../protocol/director-messages.ts'
import type { Ticket } from '../protocol/ticket.ts'
import type { RoutePath } from './route-table.ts'

/** What a ticket says of a fetch. */
export interface TicketRequest {
  name: string
  rootHash: Uint8Array
  /** Multiaddrs. */
  otherDirectors: string[]
  /** Absent where only the directors know the way. */
  paths?: RoutePath[]
  source?: PeerAddresses
}

/** The request that a ticket stands for: straight to the holder where it has addresses, and over each relay. Pure. */
export function requestOf({ name, rootHash, holders, relays, directors }: Ticket): TicketRequest {
  const source = holders[0]!
  const direct = source.addresses.length > 0 ? [{ relays: [], source }] : []
  const paths = [...direct, ...relays.map(relay => ({ relays: [relay], source }))]
  return { name, rootHash, otherDirectors: directors, ...(paths.length > 0 ? { paths, source } : {}) }
}
