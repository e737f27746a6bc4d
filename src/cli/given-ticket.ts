import { UsageError } from '../errors.ts'
import type { Ticket } from '../protocol/ticket.ts'

/**
 * Reads a ticket that stands in place of a name; undefined where there is none. Throws UsageError for
 * a ticket among others, and InvalidTicketError.
 */
export async function onlyTicket(texts: readonly string[]): Promise<Ticket | undefined> {
  // The module is loaded here, as most commands are given no ticket.
  if (!texts.some(text => text.toLowerCase().startsWith('anabranch'))) return undefined
  const { decodeTicket, isTicket } = await import('../protocol/ticket.ts')
  const tickets = texts.filter(isTicket)
  if (tickets.length === 0) return undefined
  if (texts.length > 1) throw new UsageError('A ticket is fetched alone; give one command for each')
  return decodeTicket(tickets[0]!)
}
