import type { Fault, PeerAddresses } from '../protocol/director-messages.ts'
import type { RouteMessage } from '../protocol/route-messages.ts'
import type { FetchEvent } from './fetch-events.ts'
import type { WantedRecord } from './record-check.ts'
import type { RoutePath } from './route-table.ts'

/** One thing to do for a session; actions are to be done in the order in which they come. */
export type SessionAction =
  /** Dial the first hop; `dialled` or `closed` then tells the outcome. The last hop is the source. */
  | { type: 'open'; route: number; path: RoutePath; hops: PeerAddresses[] }
  | { type: 'send'; route: number; message: RouteMessage }
  /** Close the route's stream. The session counts the route as closed already. */
  | { type: 'end'; route: number; reason: Error }
  /**
   * Check the signed record that came over the route; `recordRefused` tells that it is not the
   * wanted one.
   */
  | { type: 'verify'; route: number; record: Uint8Array; wanted: WantedRecord }
  /** Write these payloads, which are next in order; `consumed` then tells that the output has taken them. */
  | { type: 'output'; payloads: Uint8Array[] }
  | { type: 'tell'; event: FetchEvent }
  /** Tell the directors that named the path what one of its relays, of which there are some, has done. */
  | { type: 'complain'; path: RoutePath; fault: Fault }
  /** All segments have arrived: the session is to be closed. */
  | { type: 'finished' }
  /** The fetch cannot go on: the session is to be closed. */
  | { type: 'failed'; error: Error }
