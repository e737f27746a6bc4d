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
}

/** The request that a ticket stands for: straight to each holder that has addresses, and to each over every relay. Pure. */
export function requestOf({ name, rootHash, holders, relays, directors }: Ticket): TicketRequest {
  const direct = holders
    .filter(({ addresses }) => addresses.length > 0)
    .map(source => ({ relays: [], source }))
  const relayed = relays.flatMap(relay => holders.map(source => ({ relays: [relay], source })))
  const paths = [...direct, ...relayed]
  return { name, rootHash, otherDirectors: directors, ...(paths.length > 0 ? { paths } : {}) }
}
