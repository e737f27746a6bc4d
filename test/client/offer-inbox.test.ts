import { describe, expect, it, onTestFinished } from 'vitest'
import { type Offer, OfferInbox } from '../../src/client/offer-inbox.ts'
import { WireStatus } from '../../src/errors.ts'
import { OFFER_PROTOCOL } from '../../src/protocol/offer-codec.ts'
import { encodeTicket } from '../../src/protocol/ticket.ts'
import { systemScheduler } from '../../src/scheduler.ts'
import { sendOffer } from '../../src/source/offer-sender.ts'
import { FramedStream } from '../../src/transport/framed-stream.ts'
import type { Libp2pNode } from '../../src/transport/node.ts'
import { startNode } from '../transport/started-node.ts'

const NEVER = new AbortController().signal

function ticketOf(node: Libp2pNode, name: string): string {
  return encodeTicket({
    ...{ rootHash: new Uint8Array(32), sizeBytes: 1, segmentBytes: 1, name },
    ...{ relays: [], directors: [] },
    holders: [{ peerId: node.peerId.toString(), addresses: ['/ip4/198.51.100.7/tcp/4002'] }]
  })
}

async function make(onOffer: (offer: Offer, answer: (isTaken: boolean) => void) => Promise<void>) {
  const [receiver, sender] = [await startNode(), await startNode([])]
  const inbox = new OfferInbox({ node: receiver, onOffer, scheduler: systemScheduler })
  await inbox.start()
  onTestFinished(() => inbox.stop())
  const to = { peerId: receiver.peerId.toString(), addresses: receiver.getMultiaddrs().map(String) }
  const send = (name: string, { from = sender, signal = NEVER } = {}) =>
    sendOffer(from, to, ticketOf(sender, name), signal)
  return { receiver, sender, send }
}

describe('what is offered', () => {
  it('is asked about, one after the other, and answered', async () => {
    const asked: string[] = []
    const { sender, send } = await make(async ({ ticket, peerId }, answer) => {
      asked.push(`${ticket.name} of ${peerId}`)
      answer(ticket.name === 'wanted')
    })
    expect(await send('wanted')).toMatchObject({ status: WireStatus.ok })
    expect(await send('other')).toMatchObject({ status: WireStatus.notServed })
    expect(asked).toEqual([`wanted of ${sender.peerId}`, `other of ${sender.peerId}`])
  })

  it('is held by whoever offers it, or is no offer', async () => {
    const { send } = await make(async () => expect.unreachable())
    const other = await startNode([])
    await expect(send('a', { from: other })).rejects.toThrow()
  })

  it('is refused where many wait', async () => {
    const first = Promise.withResolvers<void>()
    const { send } = await make(async (_, answer) => {
      await first.promise
      answer(true)
    })
    const answers = Promise.all(Array.from({ length: 12 }, (_, at) => send(`file${at}`)))
    setTimeout(first.resolve, 300)
    const statuses = (await answers).map(({ status }) => status)
    expect(statuses.filter(status => status === WireStatus.ok)).toHaveLength(8)
    expect(statuses.filter(status => status === WireStatus.refusedSessions)).toHaveLength(4)
  })

  it('is not asked about any more once its sender has gone', async () => {
    const asked: string[] = []
    const first = Promise.withResolvers<void>()
    const { send, receiver } = await make(async ({ ticket }, answer) => {
      asked.push(ticket.name)
      if (ticket.name === 'first') await first.promise
      answer(true)
    })
    const answered = send('first')
    await expect.poll(() => asked).toEqual(['first'])
    const gone = new AbortController()
    const second = expect(send('second', { signal: gone.signal })).rejects.toThrow()
    const third = send('third')
    const streams = () => receiver.getConnections().flatMap(({ streams }) => streams).length
    await expect.poll(streams).toBe(3)
    gone.abort(new Error('it has gone'))
    await second
    await expect.poll(streams).toBe(2)
    first.resolve()
    await Promise.all([answered, third])
    expect(asked).toEqual(['first', 'third'])
  })

  it('that is no ticket ends its stream', async () => {
    const { receiver, sender } = await make(async () => expect.unreachable())
    const raw = await sender.dialProtocol(receiver.getMultiaddrs(), OFFER_PROTOCOL)
    const closed = Promise.withResolvers<Error | undefined>()
    const stream = new FramedStream(raw, {
      maxFrameBytes: 100,
      handlers: { onFrame: () => expect.unreachable(), onClose: closed.resolve }
    })
    stream.send(new TextEncoder().encode('anabranch1'))
    expect(await closed.promise).toBeInstanceOf(Error)
  })
})
