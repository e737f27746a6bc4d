import type { TicketRequest } from '../client/ticket-request.ts'
import { UsageError } from '../errors.ts'

/**
 * Reads a ticket that stands in place of a name; undefined where there is none. Throws UsageError for
 * a ticket among others, and InvalidTicketError.
 */
export async function onlyTicket(texts: readonly string[]): Promise<TicketRequest | undefined> {
  // The modules are loaded here, as most commands are given no ticket.
  if (!texts.some(text => text.toLowerCase().startsWith('anabranch'))) return undefined
  const { decodeTicket, isTicket } = await import('../protocol/ticket.ts')
  const { requestOf } = await import('../client/ticket-request.ts')
  const tickets = texts.filter(isTicket)
  if (tickets.length === 0) return undefined
  if (texts.length > 1) throw new UsageError('A ticket is fetched alone; give one command for each')
  return requestOf(decodeTicket(tickets[0]!))
}
