import { expect, it } from 'vitest'
import { onlyTicket } from '../../src/cli/given-ticket.ts'
import { InvalidTicketError } from '../../src/protocol/ticket.ts'

it('a ticket may have blanks around it, and a name is none', async () => {
  await expect(onlyTicket([` anabranch1${'a'.repeat(80)} \n`])).rejects.toThrow(InvalidTicketError)
  expect(await onlyTicket(['films/a.mkv'])).toBeUndefined()
})
